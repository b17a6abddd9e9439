import Control
import Payloads
import Rollouts
import Testing

/// Answers of stable and the candidate to one request are brought together, and nothing else is.
@Suite struct PairTests {
  private static let other = #"{"predictions": [0.75]}"#

  private static func desk(_ limits: IntakeLimits = IntakeLimits()) async -> Desk {
    let desk = await Desk(limits: limits)
    await desk.intake.follow([Desk.deployment: Desk.comparing()])
    return desk
  }

  /// Whoever answers first, the pair is the candidate's, and each answer is counted as any other.
  @Test func anyOrder() async {
    let desk = await Self.desk()
    desk.take(pair: "a", (.stable, Desk.answer), (.candidate, Desk.answer))
    desk.take(pair: "b", (.candidate, Self.other), (.stable, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 2, differing: 1))
    #expect(await desk.pairs(of: Desk.revision) == nil)
    let revisions = await desk.samples?.revisions
    #expect(revisions?[Desk.revision]?.outputs == [[2, 0, 0]])
    #expect(revisions?[Desk.candidate]?.outputs == [[1, 1, 0]])
    #expect(
      revisions?.values.allSatisfy { $0.requests == 2 && $0.features[0] == [0, 0, 2, 0] } == true)
    let statistics = await desk.intake.statistics()
    #expect(statistics.pairs == PairCounts(same: 1, different: 1) && statistics.replayed == 0)
  }

  @Test func aReplayIsNoPair() async {
    let desk = await Self.desk()
    desk.take(pair: "a", (.stable, Desk.answer), (.stable, Self.other), (.stable, Desk.answer))
    #expect(await desk.pairs() == nil)
    for _ in 0..<3 { desk.take(pair: "a", (.candidate, Self.other), (.stable, Desk.answer)) }
    #expect(await desk.pairs() == .init(compared: 1, differing: 1))
    desk.clock.advance(by: .seconds(300))
    desk.take(pair: "a", (.candidate, Self.other), (.stable, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 1))
    #expect(await desk.intake.statistics().replayed == 9)
    let revisions = await desk.samples?.revisions
    #expect(revisions?.values.allSatisfy { $0.requests == 1 } == true)
  }

  /// Also when so many came meanwhile that the first is forgotten, an answer is not compared with itself.
  @Test func aReplayOfWhatIsForgottenIsNoPair() async {
    let desk = await Self.desk(IntakeLimits(predictions: 1))
    for id in ["a", "b", "a"] { desk.take(pair: id, (.stable, Desk.answer)) }
    #expect(await desk.intake.statistics().pairs == PairCounts())
    desk.take(pair: "a", (.candidate, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 0))
  }

  /// Errors are another promise's, and what cannot be compared says nothing, and is said.
  @Test func whatIsNotCompared() async {
    let desk = await Self.desk()
    desk.take(pair: "a", (.stable, Desk.answer), (.candidate, nil))
    desk.take(pair: "b", (.candidate, Desk.answer), (.stable, nil))
    desk.take(pair: "c", (.candidate, "nothing"), (.stable, "else"))
    desk.take(pair: "", (.candidate, Desk.answer), (.stable, Desk.answer))
    desk.take(
      bytes: nil, Desk.answer, id: "d", revision: Revision.ID("baseline"))
    desk.take(pair: "d", (.candidate, Desk.answer))
    #expect(await desk.pairs() == nil)
    #expect(await desk.intake.statistics().pairs == PairCounts(incomparable: 3))
    // Unreadable on one side alone is a difference, and no sample is lost by any of it.
    desk.take(pair: "e", (.candidate, "nothing"), (.stable, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 1))
    #expect(await desk.samples?.revisions[Desk.candidate]?.dropped == 0)
  }

  /// A request that one revision alone refuses is answered differently; one that both refuse tells nothing.
  @Test(
    arguments: [
      (200, 422, PairCounts(different: 1)), (400, 200, PairCounts(different: 1)),
      (422, 400, PairCounts(incomparable: 1)), (200, 500, PairCounts(incomparable: 1)),
      (422, 503, PairCounts(incomparable: 1)), (200, 200, PairCounts(same: 1)),
    ])
  func refusalsAreAnswers(stable: Int, candidate: Int, expected: PairCounts) async {
    let desk = await Self.desk()
    for (revision, status) in [(Desk.revision, stable), (Desk.candidate, candidate)] {
      desk.intake.take(
        PayloadEvent(
          deployment: Desk.deployment, revision: revision, requestID: "a", at: desk.clock.now,
          request: nil, response: Array(Desk.answer.utf8), status: status))
    }
    _ = await desk.pairs()
    #expect(await desk.intake.statistics().pairs == expected)
  }

  @Test func anAnswerWaitsForAMinute() async {
    let desk = await Self.desk()
    for id in ["a", "b"] { desk.take(pair: id, (.stable, Desk.answer)) }
    desk.take(pair: "c", (.candidate, Desk.answer))
    desk.clock.advance(by: .seconds(59))
    desk.take(pair: "a", (.candidate, Desk.answer))
    desk.clock.advance(by: .seconds(1))
    desk.take(pair: "b", (.candidate, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 0))
    #expect(await desk.intake.statistics().pairs.alone == [.stable: 1, .candidate: 1])
    #expect(await desk.samples?.revisions[Desk.candidate]?.dropped == 0)
  }

  /// The oldest leaves when there are too many, and one that is too large waits without its body.
  @Test func roomIsBounded() async {
    let desk = await Self.desk(IntakeLimits(answers: 3, answerBytes: 50))
    for id in ["a", "b", "c", "d"] { desk.take(pair: id, (.stable, Desk.answer)) }
    for id in ["a", "b"] { desk.take(pair: id, (.candidate, Desk.answer)) }
    #expect(await desk.pairs() == nil)
    let large = #"{"predictions": [0.25], "x": "\#(String(repeating: "x", count: 50))"}"#
    desk.take(pair: "e", (.stable, large), (.candidate, large))
    #expect(await desk.intake.statistics().pairs.incomparable == 1)
    desk.take(pair: "f", (.stable, Desk.answer), (.candidate, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 0))
  }

  /// A deployment that fills its room takes nothing from another one.
  @Test func aFloodPushesOutItsOwn() async {
    let desk = await Desk(limits: IntakeLimits(answers: 20))
    let flood = DeploymentName(namespace: "other", name: "flood")
    await desk.intake.follow([Desk.deployment: Desk.comparing(), flood: Desk.comparing()])
    desk.take(pair: "mine", (.stable, Desk.answer))
    for number in 0..<1000 {
      desk.intake.take(
        PayloadEvent(
          deployment: flood, revision: Desk.revision, requestID: "\(number)", at: desk.clock.now,
          request: nil, response: Array(Desk.answer.utf8), status: 200))
    }
    desk.take(pair: "mine", (.candidate, Desk.answer))
    #expect(await desk.pairs() == .init(compared: 1, differing: 0))
    #expect(await desk.intake.statistics().pairs.alone == [.stable: 990])
  }

  /// A label says how wrong both answers were.
  @Test func labelsJudgeBoth() async {
    let desk = await Self.desk()
    desk.take(pair: "a", (.stable, Desk.answer))
    desk.label("a", .number(1))
    desk.take(pair: "a", (.candidate, Self.other))
    desk.clock.advance(by: .seconds(60))
    let revisions = await desk.samples?.revisions
    #expect(revisions?[Desk.revision]?.wrong == 562_500)
    #expect(revisions?[Desk.candidate]?.wrong == 62_500)
  }
}

/// What goes on to count when the plan changes.
@Suite struct PairPlanTests {
  private static func both(_ desk: Desk, _ id: String) {
    desk.take(pair: id, (.stable, Desk.answer), (.candidate, Desk.answer))
  }

  /// A mirror that begins or ends takes nothing from the other counts.
  @Test func aMirrorBeginsAndEnds() async {
    let desk = await Desk()
    let plans = [nil, Agreement.standard, nil, Agreement(usual: .exact)].map { Desk.comparing($0) }
    var epochs: Set<String?> = []
    for (index, plan) in plans.enumerated() {
      await desk.intake.follow([Desk.deployment: plan])
      Self.both(desk, "\(index)")
      epochs.insert(await desk.samples?.epoch)
    }
    #expect(epochs.count == 1)
    #expect(await desk.pairs() == .init(compared: 2, differing: 0))
    #expect(await desk.counts.requests == 4)
  }

  /// By other rules it is another promise: what was compared before must not speak for or against it.
  @Test func otherRulesStartAgain() async {
    let desk = await Desk()
    await desk.intake.follow([Desk.deployment: Desk.comparing()])
    Self.both(desk, "a")
    let epoch = await desk.samples?.epoch
    await desk.intake.follow([Desk.deployment: Desk.comparing(Agreement(usual: .argMax))])
    #expect(await desk.samples?.epoch != epoch)
    #expect(await desk.pairs() == nil)
  }

  /// The answers of another candidate are not compared with what was answered before it came.
  @Test func otherArmsMeetNothing() async {
    let desk = await Desk()
    await desk.intake.follow([Desk.deployment: Desk.comparing()])
    desk.take(pair: "a", (.stable, Desk.answer))
    let next = Revision.ID("next")
    let arms: [Arm: Revision] = [
      .stable: Desk.served(Desk.revision, version: "1"),
      .candidate: Desk.served(next, version: "3"),
    ]
    await desk.intake.follow([Desk.deployment: Desk.comparing(arms: arms)])
    desk.take(bytes: nil, Desk.answer, id: "a", revision: next)
    #expect(await desk.pairs(of: next) == nil)
    Self.both(desk, "b")
    #expect(await desk.pairs() == nil)
    #expect(await desk.intake.statistics().pairs.alone == [.stable: 1])
  }
}
