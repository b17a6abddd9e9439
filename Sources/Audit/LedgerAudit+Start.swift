package import Ledger

extension LedgerAudit {
  /// Starts behind a commit that is believed, or at the root; nil when history does not lead through it.
  ///
  /// - Parameters:
  ///   - base: The commit, by its name or the beginning of it.
  ///   - line: The history that is to be verified.
  ///   - signers: The trust root.
  ///   - replays: Whether every decision is made again.
  /// - Throws: What reading throws.
  package init?(
    after base: String?, in line: any LedgerLine, signers: AllowedSigners, replays: Bool
  ) async throws {
    guard let base else {
      self.init(signers: signers, replays: replays)
      return
    }
    guard let (commit, seconds) = try await line.ancestor(base) else { return nil }
    let reader = try await line.reader(at: commit)
    self.init(
      signers: signers, tip: commit, seconds: seconds, newest: try await reader.newestDecisions(),
      end: try await reader.end(),
      states: replays ? try await reader.resume().rollouts.map(\.rollout) : nil)
  }
}
