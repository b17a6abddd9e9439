import Encoding
import Ledger

/// What one commit says by itself, before anybody asks whether it follows from the one before.
///
/// Reading takes half the time of an audit and knows nothing of the chain, so that the next commits are read while
/// the last ones are followed. What is wrong waits here until `Inspection` gets there, which tells it in the order
/// of `Finding.Kind`.
struct CommitReading: Sendable {
  let reader: CommitReader
  let object: Result<CommitObject, Finding>
  /// The key that signed it, if it may sign this one at all.
  let key: Result<PublicKey, Finding>
  /// What it says of a decision; it is read only when the key is right.
  let decision: Result<ReadDecision, Finding>
}

/// A record, and what was found of the parts that follow from it.
struct ReadDecision: Sendable {
  let decision: RecordedDecision
  /// The path of the record.
  let path: String
  /// What is wrong with the commit's message.
  let message: Finding?
  /// What the decision is to be derived from again; nil inside when that cannot be read, or is not asked for.
  let replay: Result<Replay?, Finding>
  /// What is wrong with the status file.
  let status: Finding?
}

extension LedgerHistory {
  /// Reads the next commits, of which the first has this number; none behind the newest.
  func readings(
    from seq: Int, _ signers: AllowedSigners, forReplay replays: Bool
  ) async throws -> [CommitReading] {
    var (readings, bytes): ([CommitReading], Int) = ([], 0)
    while readings.count < CommitReading.mostAhead.commits,
      bytes < CommitReading.mostAhead.bytes, let commit = try await next()
    {
      bytes += commit.changes.reduce(commit.object.count) { $0 + $1.contents.count }
      let reader = CommitReader(
        commit: commit, seq: seq + readings.count, signers: signers, replays: replays)
      readings.append(reader.read())
    }
    return readings
  }
}

extension CommitReading {
  /// Enough that two cores seldom wait for each other, and little beside what an audit remembers.
  fileprivate static let mostAhead = (commits: 64, bytes: 1 << 20)
}
