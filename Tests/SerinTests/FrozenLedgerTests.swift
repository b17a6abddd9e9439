import Foundation
import Git
import Ledger
import Rollouts
import SimulationKit
import TestKit
import Testing

/// Ledgers that were written once, by each version of the rules, and are never written again.
///
/// What a ledger says must be verified and decided again for years. Where one of these fails, a rule was
/// changed in place: it belongs into `Engine`, as a property with its old value in the old versions.
///
/// `SERIN_FREEZE_LEDGERS=1` adds those of the present version; it writes none that is there.
@Suite struct FrozenLedgerTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "frozen")

  private static let kinds: [(name: String, changes: @Sendable (PublicKey) -> [LedgerChange])] = [
    ("small", { SmallLedger.changes(signer: $0, start: SmallLedger.lateEvening) }),
    ("drift", { DriftLedger.changes(signer: $0) }),
    ("faulty", { FaultyLedger.changes(signer: $0) }),
    ("arms", { ArmsLedger.changes(signer: $0) }),
    ("drawn", { ArmsLedger.drawn(signer: $0) }),
    ("compared", { ComparedLedger.changes(signer: $0) }),
    ("together", { TogetherLedger.changes(signer: $0) }),
    ("windows", { WindowsLedger.changes(signer: $0) }),
  ]

  @Test(
    .temporaryFolder, .timeLimit(.minutes(5)), arguments: Engine.all.map(\.decisionVersion),
    kinds.indices)
  func isVerifiedForEver(version: Int, kind: Int) async throws {
    try await freeze(kind, version)
    let frozen = Self.folder.appending(path: "v\(version)/\(Self.kinds[kind].name)")
    let bundle = frozen.appendingPathExtension("bundle").path
    try shell(
      ["git", "clone", "-q", "--bare", bundle, "ledger.git"], in: TemporaryFolder.current)
    let verified = try Command(
      "audit", "verify", "--repo", "ledger.git", "--allowed-signers",
      frozen.appendingPathExtension("signers").path)
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    let replayed = try Command("audit", "replay", "--repo", "ledger.git")
    #expect(replayed.status == 0, "\(replayed.output)\(replayed.errors)")
    #expect(replayed.output.contains("all as recorded"), "\(replayed.output)")
  }

  /// Writes a ledger of the present rules, when that is asked for and it is not there.
  private func freeze(_ kind: Int, _ version: Int) async throws {
    let folder = Self.folder.appending(path: "v\(version)")
    let bundle = folder.appending(path: "\(Self.kinds[kind].name).bundle")
    guard ProcessInfo.processInfo.environment["SERIN_FREEZE_LEDGERS"] != nil,
      version == Engine.current.decisionVersion,
      !FileManager.default.fileExists(atPath: bundle.path)
    else { return }
    let key = SigningKey(comment: "")
    try await write(Self.kinds[kind].changes(key.publicKey), signedWith: key)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try shell(
      ["git", "-C", "ledger.git", "bundle", "create", "-q", bundle.path, "serin/ledger"],
      in: TemporaryFolder.current)
    try FileManager.default.copyItem(
      at: TemporaryFolder.current.appending(path: "trusted"),
      to: folder.appending(path: "\(Self.kinds[kind].name).signers"))
    try FileManager.default.removeItem(at: TemporaryFolder.current.appending(path: "ledger.git"))
  }
}
