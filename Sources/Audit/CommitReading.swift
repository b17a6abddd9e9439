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
  /// Reads the next commits, of which the first has this number, on several cores; none behind the newest.
  func readings(
    from seq: Int, _ signers: AllowedSigners, forReplay replays: Bool
  ) async throws -> [CommitReading] {
    let readers = try await commits().enumerated().map { index, commit in
      CommitReader(commit: commit, seq: seq + index, signers: signers, replays: replays)
    }
    return await withTaskGroup(of: (start: Int, readings: [CommitReading]).self) { group in
      for start in stride(from: 0, to: readers.count, by: CommitReading.part) {
        let part = readers[start...].prefix(CommitReading.part)
        group.addTask { (start, part.map { $0.read() }) }
      }
      return await group.reduce(into: [:]) { $0[$1.start] = $1.readings }
        .sorted { $0.key < $1.key }.flatMap(\.value)
    }
  }

  private func commits() async throws -> [LedgerCommit] {
    var (commits, bytes): ([LedgerCommit], Int) = ([], 0)
    while commits.count < CommitReading.mostAhead.commits,
      bytes < CommitReading.mostAhead.bytes, let commit = try await next()
    {
      bytes += commit.changes.reduce(commit.object.count) { $0 + $1.contents.count }
      commits.append(commit)
    }
    return commits
  }
}

extension CommitReading {
  /// Enough that cores seldom wait for each other, and little beside what an audit remembers.
  fileprivate static let mostAhead = (commits: 64, bytes: 1 << 20)
  /// What one core reads at a time: some milliseconds of work, and four times as often as there is a batch.
  fileprivate static let part = 16
}
