import Audit
package import Ledger
package import Rollouts
import Threads

/// A ledger whose commits are verified before anything obeys them.
///
/// Whoever can push to the ledger's branch can write an epoch that ends this controller, and records that say
/// what serves. So every commit behind those that are known to be right is verified first, with keys that the
/// operator names and never with those on the branch: as an audit does, but for the replay. What is wrong is no
/// epoch and no news. It is an alarm, and stops neither retreats nor what serves.
package final class VerifyingStore: AdoptingStore {
  private let store: any VerifiableStore
  private let signers: @Sendable () -> AllowedSigners
  /// The commit up to which an operator believes the branch.
  private let trustedSince: String?
  /// What was found of the remote's tip the last time, which is asked for every few seconds.
  private let judged = Lock<Judgement?>(nil)

  /// What was found of a tip by some signers; others may find something else.
  private struct Judgement {
    let remote: String
    let signers: AllowedSigners
    let distrust: Distrust?
  }

  /// Creates a ledger of which commits by certain signers are obeyed.
  ///
  /// - Parameters:
  ///   - store: Where the commits are.
  ///   - signers: Returns those who may sign, as their file says now.
  ///   - trustedSince: The commit up to which an operator believes the branch.
  package init(
    _ store: any VerifiableStore, signers: @escaping @Sendable () -> AllowedSigners,
    trustedSince: String? = nil
  ) {
    self.store = store
    self.signers = signers
    self.trustedSince = trustedSince
  }

  // MARK: Ours

  /// Verifies the branch that is here behind what was verified before.
  ///
  /// - Throws: `UnverifiedLedger`, and what the store throws.
  @concurrent package func verify() async throws {
    let tips = try await store.tips()
    guard let local = tips.local, local != tips.verified else { return }
    let bases = [tips.verified, trustedSince].compactMap(\.self)
    if let distrust = try await distrust(of: local, after: bases, signers()) {
      throw UnverifiedLedger(tip: local, distrust: distrust)
    }
    try await store.noteVerified(local)
  }

  // MARK: The remote's

  package func compare() async throws -> Standing { try await judged(store.compare()) }

  package func publish() async throws -> Publication {
    switch try await store.publish() {
    case .moved(let standing): return .moved(try await judged(standing))
    case .published(let commits):
      if let known = try await store.tips().known { try await store.noteVerified(known) }
      return .published(commits: commits)
    case let outcome: return outcome
    }
  }

  /// Takes over what was verified; what was fetched since then is not.
  package func catchUp() async throws {
    let remote = try await store.tips().remote
    guard let remote, isVerified(remote) else { return }
    try await store.catchUp()
    try await store.noteVerified(remote)
  }

  private func isVerified(_ remote: String) -> Bool {
    judgement(of: remote).map { $0.distrust == nil } ?? false
  }

  /// Returns what was found of a tip, unless the signers are others by now.
  private func judgement(of remote: String) -> Judgement? {
    let signers = signers()
    guard let known = judged.withLock({ $0 }), known.remote == remote, known.signers == signers
    else { return nil }
    return known
  }

  /// Returns a standing in which nothing that cannot be verified is to be obeyed.
  private func judged(_ standing: Standing) async throws -> Standing {
    guard let remote = standing.remote, standing.distrust == nil,
      [.behind, .foreign].contains(standing.relation)
    else { return standing }
    if let known = judgement(of: remote) {
      return known.distrust.map(standing.distrusted) ?? standing
    }
    let signers = signers()
    let distrust = try await distrust(ofRemote: remote, signers)
    judged.withLock { $0 = Judgement(remote: remote, signers: signers, distrust: distrust) }
    return distrust.map(standing.distrusted) ?? standing
  }

  /// Everything that leads to our tip is right: it was verified at the start, or is ours.
  private func distrust(
    ofRemote remote: String, _ signers: AllowedSigners
  ) async throws -> Distrust? {
    let tips = try await store.tips()
    let bases = [tips.local, tips.known, trustedSince].compactMap(\.self)
    return try await distrust(of: remote, after: bases, signers)
  }

  // MARK: Verifying

  /// Verifies what leads to a commit behind the newest of some bases, or from the root.
  ///
  /// - Returns: What is wrong first; nil when all is right.
  @concurrent private func distrust(
    of tip: String, after bases: [String], _ signers: AllowedSigners
  ) async throws -> Distrust? {
    do {
      try await check(tip, after: bases, signers)
      return nil
    } catch let finding as Finding {
      return Distrust(finding)
    } catch let error as any LedgerRepositoryError {
      guard let excess = error.excess else { throw error }
      return .tooLarge(excess, at: tip)
    }
  }

  /// - Throws: A `Finding`, and what the store throws.
  private func check(
    _ tip: String, after bases: [String], _ signers: AllowedSigners
  ) async throws {
    let line = try await store.line(to: tip)
    let base = try await newest(of: bases, on: line)
    if base == nil, let trustedSince { throw Finding(noWayFrom: trustedSince, to: tip) }
    guard
      var audit = try await LedgerAudit(
        after: base, in: line, signers: signers, replays: false)
    else { throw Finding(noWayFrom: base ?? "", to: tip) }
    _ = try await line.begin(after: base)
    try await audit.check(line) { _, _ in }
  }

  /// Returns the base behind which the fewest commits are; nil when none is on the line.
  private func newest(of bases: [String], on line: any LedgerLine) async throws -> String? {
    var found: (commit: String, count: Int)?
    for base in bases {
      guard let (commit, _) = try await line.ancestor(base) else { continue }
      let count = try await line.begin(after: commit)
      if count < found?.count ?? .max { found = (commit, count) }
    }
    return found?.commit
  }
}

// What is neither read from the remote nor obeyed.
extension VerifyingStore {
  package var branch: String { store.branch }
  package var signer: PublicKey? { store.signer }
  package func read(_ path: String) async throws -> [UInt8]? { try await store.read(path) }
  package func paths() async throws -> [String] { try await store.paths() }
  package func backlog() async throws -> [Instant] { try await store.backlog() }
  package func publishedEpoch() async throws -> Epoch? { try await store.publishedEpoch() }
  package func showLife(_ number: Int) async throws { try await store.showLife(number) }
  package func rescue(to branch: String) async throws { try await store.rescue(to: branch) }

  package func commit(_ changes: [LedgerChange]) async throws -> [String] {
    try await store.commit(changes)
  }

  /// Takes a side; the remote's only when it can be verified, whatever the operator says.
  ///
  /// - Throws: `UnverifiedLedger`, and what the store throws.
  package func take(
    _ side: Adoption.Side, keepingAt branch: String
  ) async throws -> TakenHistory? {
    if side == .remote, try await store.compare().relation != .level,
      let remote = try await store.tips().remote,
      let distrust = try await distrust(ofRemote: remote, signers())
    {
      throw UnverifiedLedger(tip: remote, distrust: distrust)
    }
    return try await store.take(side, keepingAt: branch)
  }
}

/// A ledger that may not be read: a commit on it cannot be verified.
package struct UnverifiedLedger: Error, Equatable, CustomStringConvertible {
  /// The end of the branch.
  package let tip: String
  package let distrust: Distrust

  package init(tip: String, distrust: Distrust) {
    self.tip = tip
    self.distrust = distrust
  }

  package var description: String {
    "the ledger cannot be verified at commit \(distrust.commit): \(distrust.why)"
  }
}

extension Distrust {
  fileprivate init(_ finding: Finding) {
    self.init(
      commit: finding.commit, ledgerSeq: finding.ledgerSeq,
      why: "\(finding.kind.summary): expected \(finding.expected), found \(finding.found)",
      toDo: Self.toDo(about: finding.kind))
  }

  /// What an operator of a controller can do; an auditor's advice, where that is no other.
  private static func toDo(about kind: Finding.Kind) -> String {
    switch kind {
    case .unsigned:
      "take it away at the host: somebody else wrote it; or, if the ledger began unsigned, name its last "
        + "unsigned commit in spec.ledger.trustedSince"
    case .history:
      "compare with ledger.git in the state folder: what was published is gone, or this is another ledger"
    default: kind.advice
    }
  }
}

extension Finding {
  /// The history of a tip does not lead through a commit that it must lead through.
  fileprivate init(noWayFrom base: String, to tip: String) {
    self.init(
      .history, ledgerSeq: 0, commit: tip, expected: "a history through \(base)",
      found: "one that does not know this commit")
  }
}
