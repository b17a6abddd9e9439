package import Encoding
package import Rollouts

/// A statement of completeness: these are all records of the branch up to the end of a day.
///
/// The signed chain of commits already shows what was changed. A seal is what to keep of a day: with
/// its root, each record of the day can be checked years later, without the branch.
package struct Seal: Milestone {
  package let schema: String
  package let ledgerSeq: Int
  package let controller: RecordedController
  package let sealedAt: Instant
  /// The days that end with it: usually one, and several after a controller was away.
  package let from: Day
  package let to: Day
  /// The numbers of the first and the last record since the seal before.
  ///
  /// `first` is `last + 1` when there is none. A controller's claim of a later day can be among them,
  /// but no decision of one.
  package let first: Int
  package let last: Int
  /// How many records there are of each kind.
  package let verdicts: [String: Int]
  /// The numbers of the records that say that a decision was lost; empty means complete.
  package let gaps: [Int]
  /// The root of the Merkle tree over the records' digests, in the order of their numbers.
  package let root: Digest
  /// The digest of the seal before.
  @SpeltOut package var prev: String?

  package static let schema = "serin.dev/seal-v1"
  package static let word = "seal"

  package var moment: Instant { sealedAt }
  package var path: String { LedgerPaths.seal(to) }
  package var records: Int { last - first + 1 }
  package var days: String { from == to ? "\(to)" : "\(from) to \(to)" }
  package var title: String { "seal \(days)" }

  package var sentence: String {
    guard records > 0 else { return "Nothing was recorded" }
    let counts = verdicts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    let lost = gaps.isEmpty ? "no decision was lost" : "decisions were lost before \(gaps)"
    return CommitMessage.line(
      "Records \(first) to \(last) are all there are: \(counts.joined(separator: ", ")); \(lost)")
  }

  package var trailers: [(String, String)] {
    [
      ("From", "\(from)"), ("To", "\(to)"), ("First-Record", "\(first)"),
      ("Last-Record", "\(last)"), ("Merkle-Root", root.description),
      ("Previous-Seal", prev ?? "none"),
    ]
  }
}

/// A record as a seal counts it.
package struct SealedEntry: Equatable, Sendable {
  let ledgerSeq: Int
  let digest: Digest
  let word: String
  let moment: Instant

  package init(_ decision: RecordedDecision) {
    let record = decision.record
    self.init(record.ledgerSeq, decision.digest, record.verdict.rawValue, record.decidedAt)
  }

  package init<Kind: Milestone>(_ milestone: Kind, digest: String) {
    self.init(milestone.ledgerSeq, digest, Kind.word, milestone.moment)
  }

  private init(_ ledgerSeq: Int, _ digest: String, _ word: String, _ moment: Instant) {
    // Whoever has computed a digest has one.
    self.digest = Digest(digest) ?? Digest(of: [])
    (self.ledgerSeq, self.word, self.moment) = (ledgerSeq, word, moment)
  }
}

/// The records since the last seal.
///
/// Not the records: their number, their root, and how many there are of each kind.
package struct Unsealed: Equatable, Sendable {
  /// The first day that is not sealed; nil before the first record.
  package private(set) var day: Day?
  private var last = 0
  private var tree = MerkleTree()
  private var verdicts: [String: Int] = [:]
  private var gaps: [Int] = []
  private var prev: String?

  mutating func add(_ entry: SealedEntry) {
    day = day ?? Day(of: entry.moment)
    last = entry.ledgerSeq
    tree.append(entry.digest.bytes)
    verdicts[entry.word, default: 0] += 1
    if entry.word == Decision.Verdict.gap.rawValue { gaps.append(entry.ledgerSeq) }
  }

  /// Goes on behind a seal, which is a record itself: the next seal has it as its `prev`.
  mutating func follow(_ seal: Seal, digest: String) {
    self = Unsealed()
    (day, last, prev) = (seal.to.next, seal.ledgerSeq, digest)
  }

  /// How many there are.
  package var records: Int { tree.leaves }

  /// Whether a decision of this moment has to wait for a seal of the days before.
  package func isDue(at moment: Instant) -> Bool { day.map { $0 < Day(of: moment) } ?? false }

  /// Returns the seal of the days that are over; nil when none is.
  package func seal(by controller: RecordedController, at now: Instant) -> Seal? {
    guard let day, isDue(at: now) else { return nil }
    return Seal(
      schema: Seal.schema, ledgerSeq: last + 1, controller: controller, sealedAt: now, from: day,
      to: Day(of: now).previous, first: last - tree.leaves + 1, last: last, verdicts: verdicts,
      gaps: gaps, root: tree.root, prev: prev)
  }
}
