package import Encoding
import Ledger
package import Rollouts

/// Every decision of a period, with a statement of whether that is all of them.
///
/// Think of a drawer of numbered cheques: which of them are of this quarter is read from their
/// dates, and that none was torn out from their numbers, on the whole branch. Decisions that were
/// recorded late stand among those of a later day, and belong to their own.
package struct Population: Sendable {
  private let period: Period
  package private(set) var decisions: [CommittedDecision] = []
  private var missing: [Completeness.Numbers] = []
  private var repeated: [Int] = []
  /// The numbers behind the first of the period that are of decisions of other days.
  private var elsewhere: [Int] = []
  /// What is numbered behind the first of the period and is no decision.
  private var milestones: [NumberedMilestone] = []
  private var last: CommittedDecision?
  private var highest = 0

  package init(of period: Period) { self.period = period }

  /// Takes over the next decision of the branch, in the order of its commits.
  package mutating func add(_ decision: CommittedDecision) {
    let record = decision.record
    checkNumber(of: record)
    if period.contains(record.decidedAt) {
      decisions.append(decision)
    } else if !decisions.isEmpty {
      elsewhere.append(record.ledgerSeq)
    }
    highest = max(highest, record.ledgerSeq)
    last = decision
  }

  /// Takes over a number of the branch that is no decision's, such as an epoch's.
  package mutating func pass(_ milestone: NumberedMilestone) {
    guard milestone.ledgerSeq == highest + 1 else { return }
    highest = milestone.ledgerSeq
    if !decisions.isEmpty { milestones.append(milestone) }
  }

  private mutating func checkNumber(of record: Record) {
    let seq = record.ledgerSeq
    guard seq != highest + 1, period.overlaps(last?.record.decidedAt, record.decidedAt) else {
      return
    }
    if seq <= highest {
      repeated.append(seq)
    } else {
      missing.append(Completeness.Numbers(first: highest + 1, last: seq - 1))
    }
  }

  /// Whether these are all decisions of the period that the branch can have.
  package var completeness: Completeness {
    let numbers = decisions.map(\.record.ledgerSeq)
    let (first, last) = (numbers.min(), numbers.max())
    return Completeness(
      count: decisions.count, first: first, last: last, missing: missing, repeated: repeated,
      elsewhere: elsewhere.filter { $0 < last ?? 0 }.sorted(),
      milestones: milestones.filter { $0.ledgerSeq < last ?? 0 },
      end: self.last.map(Completeness.End.init), isPast: isPast)
  }

  private var isPast: Bool {
    guard let until = period.until, let last else { return false }
    return last.record.decidedAt >= until
  }
}

/// What can be said of a population: how many, from which number to which, and what is missing.
package struct Completeness: Equatable, Sendable, Encodable {
  /// Numbers that follow each other.
  package struct Numbers: Equatable, Sendable, Codable {
    package let first: Int
    package let last: Int
  }

  /// The newest decision of the branch.
  package struct End: Equatable, Sendable, Codable {
    package let commit: String
    package let ledgerSeq: Int
    package let decidedAt: Instant

    init(_ decision: CommittedDecision) {
      commit = decision.commit
      ledgerSeq = decision.record.ledgerSeq
      decidedAt = decision.record.decidedAt
    }
  }

  package let count: Int
  /// The lowest and the highest number on the branch; null when there is no decision.
  @SpeltOut package var first: Int?
  @SpeltOut package var last: Int?
  /// Numbers that no decision of the branch has, and that may have been of the period.
  package let missing: [Numbers]
  /// Numbers that come again after a higher one, or a second time.
  package let repeated: [Int]
  /// The numbers between the first and the last of decisions of days outside the period.
  package let elsewhere: [Int]
  /// What is numbered between the first and the last and is no decision, such as an epoch.
  package let milestones: [NumberedMilestone]
  @SpeltOut package var end: End?
  /// Whether the branch goes on behind the period, so that nothing of it can still be to come.
  package let isPast: Bool

  /// Whether the numbers have neither a hole nor a repetition.
  package var isComplete: Bool { missing.isEmpty && repeated.isEmpty }
}
