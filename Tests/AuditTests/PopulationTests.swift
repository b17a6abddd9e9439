import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Which decisions are of a period, whether that is all, and which of them are drawn.
@Suite struct PopulationTests {
  private static let all = CommittedDecision.small

  private static func population(
    _ decisions: [CommittedDecision], in period: Period = Period()
  ) -> Population {
    var population = Population(of: period)
    population.pass(NumberedMilestone(ledgerSeq: 1, word: "epoch"))
    for decision in decisions { population.add(decision) }
    return population
  }

  private static func completeness(
    _ decisions: [CommittedDecision], in period: Period = Period()
  ) -> Completeness { population(decisions, in: period).completeness }

  @Test func wholeLedgerIsComplete() {
    let whole = Self.completeness(Self.all)
    #expect(whole.count == Self.all.count && whole.first == 2 && whole.last == Self.all.count + 1)
    #expect(whole.isComplete && whole.elsewhere.isEmpty && !whole.isPast)
    #expect(whole.end?.ledgerSeq == Self.all.count + 1)
    let none = Self.completeness([])
    #expect(none.count == 0 && none.first == nil && none.isComplete && none.end == nil)
  }

  /// A period ends before its last moment, so that two that follow each other share nothing.
  @Test func periodsDivideTheLedger() throws {
    // Not in the middle of decisions that were made together.
    let first = (5..<Self.all.count).first { index in
      Self.all[index].record.decidedAt > Self.all[index - 1].record.decidedAt
    }
    let index = try #require(first)
    let moment = Self.all[index].record.decidedAt
    let before = Self.population(Self.all, in: Period(until: moment))
    let after = Self.population(Self.all, in: Period(from: moment))
    #expect(before.decisions + after.decisions == Self.all)
    #expect(after.decisions.first == Self.all[index])
    #expect(before.completeness.isPast && !after.completeness.isPast)
  }

  /// Whichever decision is taken away, in the middle: its number is named.
  @Test(arguments: 0..<9)
  func missingDecisionIsNamed(index: Int) {
    var decisions = Self.all
    let seq = decisions.remove(at: index).record.ledgerSeq
    let found = Self.completeness(decisions)
    #expect(found.missing.map(\.first) == [seq] && found.missing.map(\.last) == [seq])
    #expect(!found.isComplete)
    let later = Self.completeness(decisions, in: Period(from: Self.all[9].record.decidedAt))
    #expect(later.isComplete == (index < 8), "a hole of days before says nothing of these")
  }

  @Test func repeatedNumberIsNamed() {
    let found = Self.completeness(Self.all + [Self.all[3]])
    #expect(found.repeated == [5] && !found.isComplete)
  }

  /// What was recorded late belongs to the day of its decision.
  @Test func lateDecisionBelongsToItsDay() throws {
    var decisions = Self.all
    let moment = decisions[2].record.decidedAt
    decisions[7] = try decisions[7].changed { $0["decidedAt"] = .int(moment.milliseconds) }
    let population = Self.population(decisions, in: Period(until: Self.all[5].record.decidedAt))
    #expect(population.decisions.map(\.record.ledgerSeq) == [2, 3, 4, 5, 6, 9])
    #expect(population.completeness.elsewhere == [7, 8])
    #expect(population.completeness.isComplete)
  }

  /// An epoch and a seal are no decisions of other days, wherever their numbers are.
  @Test func milestonesAreNoDecisionsOfOtherDays() throws {
    var population = Self.population(Array(Self.all.prefix(3)))
    let milestones = [(5, "epoch"), (6, "seal")].map(NumberedMilestone.init)
    for milestone in milestones { population.pass(milestone) }
    population.add(try Self.all[3].changed { $0["ledgerSeq"] = 7 })
    population.pass(NumberedMilestone(ledgerSeq: 8, word: "epoch"))
    let found = population.completeness
    #expect(found.isComplete && found.elsewhere.isEmpty && found.count == 4)
    #expect(found.milestones == milestones)
  }

  // MARK: Sample

  /// The rule of the manual, with the words of another tool: sort by the hash, take the lowest.
  @Test(arguments: ["1", "2026-q4", "'\"$x"])
  func sampleFollowsTheRule(seed: String) {
    let ranked = Self.all.sorted {
      sha256Hex("\(seed) \($0.record.ledgerSeq)".utf8)
        < sha256Hex("\(seed) \($1.record.ledgerSeq)".utf8)
    }
    for count in [1, 4, 10, 11] {
      let drawn = Sample.draw(count, of: Self.all, seed: seed)
      #expect(Set(drawn.map(\.commit)) == Set(ranked.prefix(count).map(\.commit)))
      #expect(drawn.map(\.record.ledgerSeq) == drawn.map(\.record.ledgerSeq).sorted())
    }
  }

  /// Written down once, and not by this program: `printf 'q4 %s'` of 1 to 10, through sha256sum.
  @Test func sampleIsTheSameAnywhere() {
    let drawn = Sample.draw(3, of: Self.all, seed: "q4")
    #expect(drawn.map(\.record.ledgerSeq) == [2, 3, 5])
  }

  @Test(
    arguments: [
      ("7", true), ("a-b_c", true), ("", false), ("a b", false), ("ä", false), ("a\n", false),
      (String(repeating: "x", count: 101), false),
    ] as [(String, Bool)])
  func seeds(text: String, isSeed: Bool) { #expect(Sample.isSeed(text) == isSeed) }
}
