import Foundation
import Glibc
import Logging
package import Manifests
import Processes

/// A limit of the connections that each address of a client may keep: the kernel's, since Envoy has none.
///
/// It is a table of nftables for the address on which clients are answered, and touches no other rule. What it refuses
/// never reaches Envoy. The table stays while Envoy serves without a controller, and goes with Envoy.
package struct ConnectionLimit {
  private let listen: ListenAddress
  /// Where the program lies.
  private let program: String
  /// Where the program's input and its last words lie.
  private let stage: String

  /// Creates the value; nil when no nft is in these folders.
  package init?(
    on listen: ListenAddress, stage: String, folders: [String] = Self.folders
  ) {
    let programs = folders.map { "\($0)/nft" }
    guard let program = programs.first(where: { access($0, X_OK) == 0 }) else {
      return nil
    }
    (self.listen, self.program, self.stage) = (listen, program, stage)
  }

  /// The path of the controller, and where nft lies that not every user's path names.
  package static var folders: [String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
  }

  /// Lets each address have so many connections; the ones that are open count on when the limit is as before.
  ///
  /// - Throws: `LocalRuntimeError` with nft's own words.
  package func set(_ count: Int) throws {
    let table = name(of: count)
    let others = try tables()
    guard !others.contains(table) else { return try remove(others.filter { $0 != table }) }
    try run(Self.deletion(others) + rules(count, table))
  }

  /// Takes the limit away, whatever it was.
  package func remove() throws { try remove(tables()) }

  private func remove(_ names: [String]) throws {
    if !names.isEmpty { try run(Self.deletion(names)) }
  }

  private static func deletion(_ names: [String]) -> String {
    names.map { "delete table inet \($0)\n" }.joined()
  }

  /// Another host's port is another limit.
  private var prefix: String {
    "serin_\(listen.port)_\(RuntimeFolder.digits(of: "\(host)").prefix(8))_"
  }

  /// The name says what is in the table, so that one that is there needs not be read.
  private func name(of count: Int) -> String {
    prefix + RuntimeFolder.digits(of: rules(count, "")).prefix(8)
  }

  /// Returns the names of what this or an earlier controller has made for the port.
  package func tables() throws -> [String] {
    try run("list tables inet\n").split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init)
    }.filter { $0.hasPrefix(prefix) }
  }

  /// A network of IPv6 is one client: each of its machines has 2^64 addresses to choose from.
  private func rules(_ count: Int, _ table: String) -> String {
    let counting = families.map { family in
      "\(family.destination)tcp dport \(listen.port) ct state new add @\(family.set) "
        + "{ \(family.source) ct count over \(count) } counter reject with tcp reset"
    }
    return """
      table inet \(table) {
        set clients4 { type ipv4_addr; size 65535; flags dynamic; }
        set clients6 { type ipv6_addr; size 65535; flags dynamic; }
        chain input {
          type filter hook input priority filter - 10; policy accept;
          \(counting.joined(separator: "\n    "))
        }
      }

      """
  }

  /// On which addresses Envoy listens.
  private enum Host: Hashable {
    /// By the system's own spelling, of which each address has one.
    case four(String), six(String)
    /// All of the machine, by version 4 alone or by both.
    case allFour, all
    /// A name: which addresses it stands for is Envoy's to find.
    case named(String)
  }

  private var host: Host {
    if let four = spelt(AF_INET, 4) { return four == "0.0.0.0" ? .allFour : .four(four) }
    guard let six = spelt(AF_INET6, 16) else { return .named(listen.host) }
    let mapped = "::ffff:"
    if six.hasPrefix(mapped), six.contains(".") {
      return .four(String(six.dropFirst(mapped.count)))
    }
    return six == "::" ? .all : .six(six)
  }

  /// Returns the address as the system spells it; nil when it is none of this family, of so many bytes.
  private func spelt(_ family: Int32, _ size: Int) -> String? {
    var bytes = [UInt8](repeating: 0, count: size)
    guard inet_pton(family, listen.host, &bytes) == 1 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    return inet_ntop(family, &bytes, &text, socklen_t(text.count)).map { String(cString: $0) }
  }

  private typealias Family = (set: String, source: String, destination: String)

  /// The families in which clients come, and to which address; it is not asked where Envoy listens on all of them.
  private var families: [Family] {
    let (four, six) = ("ip saddr", "ip6 saddr & ffff:ffff:ffff:ffff::")
    return switch host {
    case .four(let address): [("clients4", four, "ip daddr \(address) ")]
    case .six(let address): [("clients6", six, "ip6 daddr \(address) ")]
    case .allFour: [("clients4", four, "")]
    case .all, .named: [("clients4", four, ""), ("clients6", six, "")]
    }
  }

  /// Runs nft with these lines, and returns what it prints.
  @discardableResult
  private func run(_ lines: String) throws -> String {
    let files = ["in", "out", "err"].map { "\(stage)/nft-\(UUID().uuidString).\($0)" }
    defer { files.forEach { unlink($0) } }
    try Data(lines.utf8).write(to: URL(filePath: files[0]))
    let process = ChildProcess(
      [program, "--file", files[0]], environment: [:],
      streams: [
        .nothing, .file(files[1], O_WRONLY | O_CREAT), .file(files[2], O_WRONLY | O_CREAT),
      ], belonging: .ownGroup, capability: .networkAdministration)
    guard try process.run(within: .seconds(10)) == 0 else {
      throw refusal((try? String(contentsOfFile: files[2], encoding: .utf8)) ?? "")
    }
    return try String(contentsOfFile: files[1], encoding: .utf8)
  }

  private func refusal(_ words: String) -> LocalRuntimeError {
    let said = words.split(separator: "\n").first.map(String.init) ?? "no answer within 10s"
    return Self.refusal(
      "nft: \(said)", "give the controller CAP_NET_ADMIN as an ambient capability")
  }

  private static func refusal(_ why: String, _ remedy: String) -> LocalRuntimeError {
    LocalRuntimeError(
      .missingTool, "limit the connections of each address, as clients.connectionsPerAddress says",
      "\(why)\n\(remedy), or leave the setting out and count in front of Envoy")
  }

  static var missing: LocalRuntimeError {
    refusal("nft is missing", "apt-get install nftables")
  }
}

extension LocalRuntime {
  /// Makes the kernel's limit of connections as the settings say.
  ///
  /// - Throws: `LocalRuntimeError` when there is to be one and the machine does not give it.
  func limitConnections() throws {
    let listen = setup.local.listen
    let count = setup.local.clients.connectionsPerAddress
    if count == nil || limitedAddress != listen { endConnectionLimit() }
    guard let count else { return }
    let limit = try limit(on: listen)
    // First: what was begun is taken away again, whoever dies in between.
    try Files.replace("\(listen)", at: folder.connectionLimit, stage: folder.stage)
    try limit.set(count)
  }

  /// Takes away the limit that this or an earlier controller has made, or says how to do so.
  func endConnectionLimit() {
    guard let listen = limitedAddress else { return }
    do {
      try limit(on: listen).remove()
      try Files.remove(folder.connectionLimit)
    } catch {
      let remedy = "nft list tables, and nft delete table inet serin_\(listen.port)_…"
      logger.warning(
        "an earlier limit of connections stays in force",
        metadata: ["error": "\(error)", "to-remove-it": "\(remedy)"])
    }
  }

  /// The address whose connections are limited, by this or an earlier controller.
  private var limitedAddress: ListenAddress? {
    let bytes = try? Files.contents(of: folder.connectionLimit)
    return bytes.flatMap { ListenAddress(String(decoding: $0, as: UTF8.self)) }
  }

  private func limit(on listen: ListenAddress) throws -> ConnectionLimit {
    guard let limit = ConnectionLimit(on: listen, stage: folder.stage) else {
      throw ConnectionLimit.missing
    }
    return limit
  }
}
