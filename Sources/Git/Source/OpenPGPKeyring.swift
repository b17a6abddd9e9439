import Foundation
import Ledger
import Processes

/// The OpenPGP keys that may sign manifests: a file as `gpg --export` writes it, read by `gpgv`.
///
/// gpgv trusts every key of the file and no other, asks no network, and is part of every Debian. What
/// it says of a signature is read from its status lines, which are made for programs.
package struct OpenPGPKeyring: Equatable, Sendable {
  /// Where the program lies.
  private let program: String
  /// The keys, as `gpg --export` writes them: what was read stays, whatever becomes of the file.
  private let keys: [UInt8]
  /// How long one signature may take.
  private let limit: Duration

  /// A signature takes milliseconds; somebody else wrote it, and decides what gpgv has to reckon.
  package static let longestCheck = Duration.seconds(5)

  /// - Returns: nil when there is no gpgv on the path.
  package init?(
    _ keys: [UInt8], path: String? = ProcessInfo.processInfo.environment["PATH"],
    within limit: Duration = Self.longestCheck
  ) {
    let programs = (path ?? "").split(separator: ":").map { "\($0)/gpgv" }
    guard let program = programs.first(where: FileManager.default.isExecutableFile) else {
      return nil
    }
    self.program = program
    self.keys = keys
    self.limit = limit
  }

  /// Returns what gpgv says of a signature.
  ///
  /// A gpgv that cannot be asked has checked nothing.
  func signer(of signature: String, over payload: [UInt8]) -> SourceSigner {
    guard let status = try? status(of: signature, over: payload) else {
      return SourceSigner(.gpgUnchecked)
    }
    let words = status.split(separator: "\n").compactMap(Self.words)
    func argument(of keyword: String, _ index: Int) -> Substring? {
      words.first { $0.first == keyword[...] }.flatMap { index < $0.count ? $0[index] : nil }
    }
    let key = argument(of: "VALIDSIG", 1) ?? argument(of: "ERRSIG", 1) ?? argument(of: "BADSIG", 1)
    if words.contains(where: { $0.first == "BADSIG" }) {
      return SourceSigner(.bad, key: key.map(String.init))
    }
    guard words.count(where: { $0.first == "GOODSIG" }) == 1, argument(of: "VALIDSIG", 1) != nil,
      let good = words.first(where: { $0.first == "GOODSIG" })
    else { return SourceSigner(.unknownKey, key: key.map(String.init)) }
    return SourceSigner(
      .good, principal: good.dropFirst(2).joined(separator: " "), key: key.map(String.init))
  }

  /// The words after "[GNUPG:]"; nil for any other line.
  private static func words(_ line: Substring) -> [Substring]? {
    let words = line.split(separator: " ")
    return words.first == "[GNUPG:]" ? Array(words.dropFirst()) : nil
  }

  private func status(of signature: String, over payload: [UInt8]) throws -> String {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "serin-gpgv-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["signature", "payload", "status", "keys"].map { folder.appending(path: $0) }
    try Data(signature.utf8).write(to: files[0])
    try Data(payload).write(to: files[1])
    try Data(keys).write(to: files[3])
    try run(
      ["--status-fd", "1", "--keyring", files[3].path, files[0].path, files[1].path], into: files[2]
    )
    return String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
  }

  /// Runs gpgv to its end, with its standard output in a file; files cannot fill up as pipes do.
  private func run(_ arguments: [String], into output: URL) throws {
    // In a group of its own, to be ended with everything that it started.
    let process = ChildProcess(
      [program] + arguments, environment: [:],
      streams: [.nothing, .file(output.path, O_WRONLY | O_CREAT), .nothing], belonging: .ownGroup)
    guard try process.run(within: limit) != nil else {
      throw GitError(.timeout, "check a signature with \(program)", "took longer than \(limit)")
    }
  }
}
