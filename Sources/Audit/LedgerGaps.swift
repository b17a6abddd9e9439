package import Encoding
package import Ledger
package import Rollouts
import Wording

/// Holes in the numbers of a ledger and in its time, found in one pass over a branch.
///
/// A hole in the numbers is a lost decision. A hole in time may be nothing: without anything to
/// decide, nothing is written. It is where to ask whether the controller was away.
package struct LedgerGaps: Sendable {
  package enum Kind: String, Sendable, Encodable, CaseIterable {
    /// A number of the branch or of a deployment is missing or comes again.
    case number
    /// The runtime was ahead of the ledger: a decision was lost.
    case lost
    /// Another life of a controller went on.
    case restart
    /// Nothing was decided for long.
    case silence
  }

  /// One hole, which ends with a decision.
  package struct Gap: Equatable, Sendable, Encodable {
    package let kind: Kind
    /// The decision behind the hole.
    package let ledgerSeq: Int
    /// When the decision before it was made; null at the beginning of the ledger.
    @SpeltOut package var from: Instant?
    package let until: Instant
    package let detail: String
  }

  package private(set) var gaps: [Gap] = []
  private let period: Period
  private let longest: Duration
  private var last: Record?
  private var highest = 0
  private var numbers: [DeploymentName: Int] = [:]
  /// Where each deployment stands that is under way.
  private var underWay: [DeploymentName: String] = [:]

  /// Looks for holes in a period; a silence is one that lasts `longest` or more.
  package init(in period: Period, longest: Duration) {
    self.period = period
    self.longest = longest
  }

  /// Takes over the next decision of the branch, in the order of its commits.
  package mutating func add(_ record: Record) {
    let found = [number(record), chain(record), lost(record), restart(record), silence(record)]
    if period.overlaps(last?.decidedAt, record.decidedAt) {
      gaps += found.compactMap(\.self).map { kind, detail in
        Gap(
          kind: kind, ledgerSeq: record.ledgerSeq, from: last?.decidedAt,
          until: record.decidedAt, detail: detail)
      }
    }
    follow(record)
  }

  /// Takes over a number of the branch that is no decision's, such as an epoch's.
  package mutating func pass(_ seq: Int) { if seq == highest + 1 { highest = seq } }

  private mutating func follow(_ record: Record) {
    last = record
    highest = max(highest, record.ledgerSeq)
    numbers[record.deployment] = max(numbers[record.deployment] ?? 0, record.seq)
    let isAtRest = [.healthy, .idle, .retired].contains(record.to)
    underWay[record.deployment] = isAtRest ? nil : record.to.words
  }

  private func number(_ record: Record) -> (Kind, String)? {
    Self.hole(before: record.ledgerSeq, after: highest, of: "the branch")
  }

  private func chain(_ record: Record) -> (Kind, String)? {
    let name = record.deployment
    return Self.hole(before: record.seq, after: numbers[name] ?? 0, of: "\(name)")
  }

  private static func hole(
    before number: Int, after highest: Int, of whom: String
  ) -> (Kind, String)? {
    switch number {
    case highest + 1: nil
    case ...highest: (.number, "decision \(number) of \(whom) comes after decision \(highest)")
    case highest + 2: (.number, "decision \(highest + 1) of \(whom) is missing")
    default: (.number, "decisions \(highest + 1) to \(number - 1) of \(whom) are missing")
    }
  }

  private func lost(_ record: Record) -> (Kind, String)? {
    record.verdict == .gap ? (.lost, record.text) : nil
  }

  private func restart(_ record: Record) -> (Kind, String)? {
    guard let last, last.controller.epoch != record.controller.epoch else { return nil }
    let (old, new) = (last.controller, record.controller)
    let names = underWay.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }
    let what = names.isEmpty ? "nothing" : names.joined(separator: ", ")
    return (
      .restart,
      "\(new.instance) \(new.version), life \(new.epoch), followed \(old.instance) \(old.version), "
        + "life \(old.epoch); under way: \(what)"
    )
  }

  private func silence(_ record: Record) -> (Kind, String)? {
    guard let last, record.decidedAt.since(last.decidedAt) >= longest else { return nil }
    return (.silence, "nothing was decided")
  }
}
