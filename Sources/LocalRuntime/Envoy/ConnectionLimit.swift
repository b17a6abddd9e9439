import Foundation
import Glibc
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

  private var prefix: String { "serin_\(listen.port)_" }

  /// The name says what is in the table, so that one that is there needs not be read.
  private func name(of count: Int) -> String {
    prefix + RuntimeFolder.digits(of: rules(count, ""))
  }

  /// Returns the names of what this or an earlier controller has made for the port.
  private func tables() throws -> [String] {
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

  private typealias Family = (set: String, source: String, destination: String)

  /// Those of IP in which clients come, and to which address; it is not asked where Envoy listens on all of them.
  private var families: [Family] {
    let host = listen.host
    let (four, six) = ("ip saddr", "ip6 saddr & ffff:ffff:ffff:ffff::")
    return switch host {
    case "0.0.0.0": [("clients4", four, "")]
    case "::": [("clients4", four, ""), ("clients6", six, "")]
    default:
      host.contains(":")
        ? [("clients6", six, "ip6 daddr \(host) ")] : [("clients4", four, "ip daddr \(host) ")]
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
    return Self.refusal("nft: \(said)", "give the controller CAP_NET_ADMIN")
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
    let limit = ConnectionLimit(on: setup.local.listen, stage: folder.stage)
    if let count = setup.local.clients.connectionsPerAddress {
      guard let limit else { throw ConnectionLimit.missing }
      try limit.set(count)
    } else {
      endConnectionLimit()
    }
  }

  /// Takes an earlier controller's limit away; one without the right to do so has made none.
  func endConnectionLimit() {
    try? ConnectionLimit(on: setup.local.listen, stage: folder.stage)?.remove()
  }
}
