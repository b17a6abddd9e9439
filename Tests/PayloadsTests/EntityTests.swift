import Control
import Payloads
import Profiles
import Randomness
import Rollouts
import Testing

/// Whom each revision of an A/B test answered, and who reached its goal: each counts once.
@Suite struct EntityTests {
  typealias Entities = SampleCounts.Entities

  /// What happened, in this order: stable or the candidate answers somebody (`sa`, `ca`), or somebody converts (`!a`).
  @Test(
    arguments: [
      ("sa", Entities(seen: 1, reached: 0), nil, ConversionCounts()),
      ("sa sa sb", Entities(seen: 2, reached: 0), nil, ConversionCounts()),
      ("sa ca ca", Entities(seen: 1, reached: 0), Entities.none, ConversionCounts()),
      ("sa ca !a", Entities(seen: 1, reached: 1), Entities.none, ConversionCounts(joined: 1)),
      ("ca !a sa !a", Entities.none, Entities(seen: 1, reached: 1), .init(joined: 1, doubled: 1)),
      ("!a ca", nil, Entities(seen: 1, reached: 1), ConversionCounts(joined: 1)),
      ("!a !a sa !a", Entities(seen: 1, reached: 1), nil, .init(joined: 1, doubled: 2)),
      (
        "sa sb cc !b !d !c", Entities(seen: 2, reached: 1), Entities(seen: 1, reached: 1),
        ConversionCounts(joined: 2, waiting: 1)
      ),
    ] as [(String, Entities?, Entities?, ConversionCounts)])
  func everyOrder(
    script: String, stable: Entities?, candidate: Entities?, counts: ConversionCounts
  ) async {
    let desk = await Desk.testing()
    desk.play(script)
    #expect(await desk.entities(.stable) == stable)
    #expect(await desk.entities(.candidate) == candidate)
    #expect(await desk.intake.statistics().conversions == counts)
  }

  /// Whatever comes in whatever order, the counts are those of a list that never forgets, and every report is in one
  /// of them.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func countsAreThoseOfAList(seed: UInt64) async {
    let desk = await Desk.testing()
    var random = SplitMix64(seed: seed)
    var first: [String: Arm] = [:]
    var (reports, reached): ([String: Instant], Set<String>) = ([:], [])
    var sent = 0
    for _ in 0..<400 {
      let name = "user-\(Int.random(in: 0..<60, using: &random))"
      if Bool.random(using: &random) {
        sent += 1
        desk.convert(name)
        if first[name] != nil { reached.insert(name) }
        let isWaiting = reports[name].map { desk.clock.now.since($0) < .seconds(60) } ?? false
        if !isWaiting { reports[name] = desk.clock.now }
      } else {
        let arm: Arm = Int.random(in: 0..<3, using: &random) == 0 ? .candidate : .stable
        desk.answer(name, by: arm)
        if first[name] == nil {
          first[name] = arm
          if let came = reports[name], desk.clock.now.since(came) < .seconds(60) {
            reached.insert(name)
          }
        }
      }
      desk.clock.advance(by: .milliseconds(Int.random(in: 0..<2000, using: &random)))
    }
    for arm in [Arm.stable, .candidate] {
      let seen = first.filter { $0.value == arm }.keys
      let expected = Entities(seen: seen.count, reached: seen.count { reached.contains($0) })
      #expect(await desk.entities(arm) == expected)
    }
    let counts = await desk.intake.statistics().conversions
    #expect(counts.joined + counts.waiting + counts.unknown + counts.doubled == sent)
  }

  /// What was captured comes up to a second after the answer, so a report may come first; one for somebody who is
  /// never seen is not kept.
  @Test func aReportWaitsForAMinute() async {
    let desk = await Desk.testing()
    desk.play("!a !b")
    desk.clock.advance(by: .milliseconds(59_999))
    desk.play("sa")
    desk.clock.advance(by: .milliseconds(1))
    desk.play("sb")
    #expect(await desk.entities(.stable) == Entities(seen: 2, reached: 1))
    #expect(await desk.intake.statistics().conversions == .init(joined: 1, unknown: 1))
  }

  /// A revision that fails, or whose answer was too long to keep, was met all the same; also where no profile says
  /// what is in a payload.
  @Test(arguments: [true, false])
  func everyAnswerCounts(hasProfile: Bool) async {
    let none = DataProfile(rows: 0, source: "", features: [], outputs: [])
    let desk = await Desk.testing(profile: hasProfile ? Desk.plan().profile : none)
    let answers: [(request: String?, response: String?, status: Int)] = [
      (nil, nil, 200), (nil, nil, 503), ("nothing", "else", 200), (Desk.request, nil, 500),
      (Desk.request, Desk.answer, 404), (Desk.request, Desk.answer, 200),
    ]
    for (index, answer) in answers.enumerated() {
      desk.intake.take(
        PayloadEvent(
          deployment: Desk.deployment, revision: Desk.candidate, requestID: "\(index)",
          at: desk.clock.now, request: answer.request.map { Array($0.utf8) },
          response: answer.response.map { Array($0.utf8) }, status: answer.status,
          entity: "user-\(index)"))
    }
    #expect(await desk.entities(.candidate) == Entities(seen: 6, reached: 0))
  }

  /// Requests without a name, or with one that is too long, are nobody's; and another revision has no part in the test.
  @Test func whoIsNotCounted() async {
    let desk = await Desk.testing()
    for name in [nil, "", String(repeating: "x", count: 257)] { desk.answer(name, by: .stable) }
    #expect(await desk.entities(.stable) == Entities.none)
    desk.answer(String(repeating: "x", count: 256), by: .stable)
    #expect(await desk.entities(.stable) == Entities(seen: 1, reached: 0))
    let other = Revision.ID("baseline")
    desk.answer("a", by: other)
    #expect(await desk.samples?.revisions[other]?.requests == 1)
    #expect(await desk.samples?.revisions[other]?.entities == nil)
  }

  @Test func othersMetricsAreDropped() async {
    let desk = await Desk.testing()
    desk.play("sa")
    desk.convert("a", metric: "churn")
    desk.convert("b", metric: "churn")
    await desk.intake.follow([Desk.deployment: Desk.plan()])
    desk.convert("a")
    #expect(await desk.intake.statistics().conversions == .init(otherMetric: 3))
    await desk.intake.follow([:])
    desk.convert("a")
    #expect(await desk.intake.statistics().ignored == 1)
  }
}

/// How many are kept, and for whom.
@Suite struct EntityRoomTests {
  typealias Entities = SampleCounts.Entities
  private static let other = DeploymentName(namespace: "search", name: "ranker")

  /// What is full takes no new ones, of neither revision; those that it holds go on.
  @Test func whatIsFullTurnsBothAway() async {
    let desk = await Desk.testing(limits: IntakeLimits(entities: 3))
    desk.play("sa cb sc sd ce cd !c !d sa cb")
    #expect(await desk.entities(.stable) == Entities(seen: 2, reached: 1))
    #expect(await desk.entities(.candidate) == Entities(seen: 1, reached: 0))
    #expect(
      await desk.intake.statistics().conversions == .init(joined: 1, waiting: 1, turnedAway: 3))
  }

  /// A test that begins gets its part of the room from one that had all of it.
  ///
  /// Nobody counts again who gave way.
  @Test func twoTestsShareTheRoom() async {
    let desk = await Desk.testing(limits: IntakeLimits(entities: 400))
    let names = (0..<400).map { "user-\($0)" }
    for name in names { desk.answer(name, by: .stable) }
    #expect(await desk.entities(.stable) == Entities(seen: 400, reached: 0))
    let plan = Desk.testPlan()
    await desk.intake.follow([Desk.deployment: plan, Self.other: plan])
    for name in names { desk.answer(name, by: .candidate, of: Self.other) }
    let counts = await desk.intake.samples()[Self.other]?.revisions[Desk.candidate]?.entities
    #expect(counts == Entities(seen: 200, reached: 0))
    for name in names + names { desk.answer(name, by: .candidate) }
    #expect(await desk.entities(.stable) == Entities(seen: 400, reached: 0))
    #expect(await desk.entities(.candidate) == Entities.none)
    for name in names { desk.convert(name) }
    // By their hashes about half are kept.
    let reached = await desk.entities(.stable)?.reached ?? 0
    #expect((1...200).contains(reached))
  }

  /// Reports for nobody fill their own room, and push out no more than each other.
  @Test func reportsForNobodyAreBounded() async {
    let desk = await Desk.testing(limits: IntakeLimits(reports: 10))
    for index in 0..<100 { desk.convert("nobody-\(index)") }
    #expect(await desk.intake.statistics().conversions == .init(waiting: 10, unknown: 90))
    for index in 0..<100 { desk.answer("nobody-\(index)", by: .stable) }
    #expect(await desk.entities(.stable) == Entities(seen: 100, reached: 10))
  }

  /// What does not fit into the queue is counted, and is nobody's loss of samples.
  @Test func whatDoesNotFitIsSaid() async {
    let desk = await Desk.testing(limits: IntakeLimits(bytes: 200))
    desk.play("sa")
    #expect(await desk.entities(.stable)?.seen == 1)
    desk.convert(String(repeating: "x", count: 256))
    #expect(await desk.intake.statistics().conversions == .init(dropped: 1))
    #expect(await desk.counts.dropped == 0)
  }
}

/// What goes on to count when the plan changes.
@Suite struct EntityPlanTests {
  typealias Entities = SampleCounts.Entities

  /// A test that begins or ends takes nothing from the other counts, and counts never go back.
  @Test func aTestBeginsAndEnds() async {
    let desk = await Desk()
    var epochs: Set<String?> = []
    for plan in [Desk.plan(), Desk.testPlan(), Desk.plan(), Desk.testPlan()] {
      await desk.intake.follow([Desk.deployment: plan])
      desk.play("sa !a")
      epochs.insert(await desk.samples?.epoch)
    }
    #expect(epochs.count == 1)
    #expect(await desk.counts.requests == 4)
    // Of both tests together: each of them counted the one that it saw.
    #expect(await desk.entities(.stable) == Entities(seen: 2, reached: 2))
  }

  /// What waits for a test that ended waits in vain.
  @Test func reportsEndWithTheirTest() async {
    let desk = await Desk.testing()
    desk.play("!a !b")
    await desk.intake.follow([Desk.deployment: Desk.plan()])
    #expect(await desk.intake.statistics().conversions == .init(unknown: 2))
    await desk.intake.follow([Desk.deployment: Desk.testPlan()])
    desk.play("!a sb")
    await desk.intake.follow([:])
    #expect(await desk.intake.statistics().conversions == .init(unknown: 3))
  }

  /// Who reached something else says nothing about this goal; which way is better changes no count.
  @Test func anotherMetricStartsAgain() async {
    let desk = await Desk.testing()
    desk.play("sa")
    let epoch = await desk.samples?.epoch
    let turned = Goal(metric: "conversion", better: .lower)
    await desk.intake.follow([Desk.deployment: Desk.testPlan(turned)])
    desk.play("sa")
    #expect(await desk.entities(.stable) == Entities(seen: 1, reached: 0))
    #expect(await desk.samples?.epoch == epoch)
    await desk.intake.follow([Desk.deployment: Desk.testPlan(Goal(metric: "churn"))])
    #expect(await desk.samples?.epoch != epoch)
    #expect(await desk.entities(.stable) == nil)
    desk.play("sa")
    #expect(await desk.entities(.stable) == Entities(seen: 1, reached: 0))
  }

  /// Another candidate is another test: whoever met stable before may be its first.
  @Test func anotherCandidateStartsAgain() async {
    let desk = await Desk.testing()
    desk.play("sa sb")
    let next = Revision.ID("next")
    var arms = Desk.arms
    arms[.candidate] = Desk.served(next, version: "3")
    await desk.intake.follow([Desk.deployment: Desk.testPlan(arms: arms)])
    desk.answer("a", by: next)
    desk.play("sa sb")
    #expect(await desk.samples?.revisions[next]?.entities == Entities(seen: 1, reached: 0))
    #expect(await desk.entities(.stable) == Entities(seen: 3, reached: 0))
  }

  /// Whoever is answered before the split is in force meets stable, whatever is drawn: it is seen when it comes
  /// again, and belongs to the revision that answers it then.
  @Test func nobodyIsSeenBeforeTheSplit() async {
    let desk = await Desk.testing()
    await desk.intake.follow([Desk.deployment: Desk.testPlan(since: nil)])
    desk.play("sa !a")
    await desk.intake.follow([
      Desk.deployment: Desk.testPlan(since: desk.clock.now.advanced(by: .seconds(1)))
    ])
    desk.play("sb")
    #expect(await desk.entities(.stable) == Entities.none)
    desk.clock.advance(by: .seconds(1))
    desk.play("ca sb")
    #expect(await desk.entities(.candidate) == Entities(seen: 1, reached: 1))
    #expect(await desk.entities(.stable) == Entities(seen: 1, reached: 0))
  }

  /// A restart of the controller forgets whom it saw, and says so with another epoch.
  @Test func aRestartCountsAgain() async {
    let first = await Desk.testing()
    first.play("sa !a")
    let second = await Desk.testing(life: "another life")
    second.play("ca")
    #expect(await second.entities(.candidate) == Entities(seen: 1, reached: 0))
    let epochs = [await first.samples?.epoch, await second.samples?.epoch]
    #expect(epochs[0] != epochs[1])
  }

  /// When one of several candidates has left, its entities stay its own, the others go on to count, and of stable's new
  /// ones a part counts; who was left out once never counts.
  @Test func whoLeavesTakesItsEntitiesAlong() async {
    let other = Revision.ID("another")
    let all = [Desk.revision, Desk.candidate, other]
    let desk = await Desk(limits: IntakeLimits(), life: "life")
    await desk.intake.follow([Desk.deployment: Desk.testPlan(entityArms: all)])
    desk.play("sa cb")
    desk.answer("z", by: other)
    #expect(await desk.samples?.revisions[other]?.entities == Entities(seen: 1, reached: 0))

    let plan = Desk.testPlan(entityArms: all, thinning: Plan.Thinning(counted: 250, of: 500))
    await desk.intake.follow([Desk.deployment: plan])
    desk.answer("z", by: .stable)
    for user in 0..<1000 { desk.answer("user-\(user)", by: .stable) }
    let seen = await desk.entities(.stable)?.seen ?? 0
    // Six standard deviations around half of a thousand, and the one from before.
    #expect(abs(seen - 501) < 95)
    for user in 0..<1000 { desk.answer("user-\(user)", by: .candidate) }
    #expect(await desk.entities(.candidate) == Entities(seen: 1, reached: 0))
    for user in 0..<1000 { desk.convert("user-\(user)") }
    #expect(await desk.entities(.stable) == Entities(seen: seen, reached: seen - 1))
    desk.convert("z")
    #expect(await desk.samples?.revisions[other]?.entities == Entities(seen: 1, reached: 1))
  }
}

extension Desk {
  static func testPlan(
    _ goal: Goal = Goal(metric: "conversion"), profile: DataProfile = plan().profile,
    arms: [Arm: Revision] = arms, since: Instant? = Instant(milliseconds: 0),
    entityArms: [Revision.ID]? = nil, thinning: Plan.Thinning? = nil
  ) -> SamplePlan {
    SamplePlan(
      profile: profile, maturity: .seconds(60), arms: arms, goal: goal,
      goalSince: since, entityArms: entityArms, thinning: thinning)
  }

  /// A desk whose deployment runs an A/B test.
  static func testing(
    profile: DataProfile = plan().profile, limits: IntakeLimits = IntakeLimits(),
    life: String = "life"
  ) async -> Desk {
    let desk = await Desk(limits: limits, life: life)
    await desk.intake.follow([deployment: testPlan(profile: profile)])
    return desk
  }

  /// Plays a script: "sa" is an answer of stable to a, "ca" one of the candidate, "!a" a report that a converted.
  func play(_ script: String) {
    for step in script.split(separator: " ") {
      let name = String(step.dropFirst())
      guard !step.hasPrefix("!") else {
        convert(name)
        continue
      }
      answer(name, by: step.hasPrefix("s") ? .stable : .candidate)
    }
  }

  func convert(_ entity: String, metric: String = "conversion") {
    intake.take(Conversion(deployment: Self.deployment, entity: entity, metric: metric))
  }

  func answer(_ entity: String?, by arm: Arm, of deployment: DeploymentName = deployment) {
    answer(entity, by: arm == .stable ? Self.revision : Self.candidate, of: deployment)
  }

  func answer(
    _ entity: String?, by revision: Revision.ID, of deployment: DeploymentName = deployment
  ) {
    intake.take(
      PayloadEvent(
        deployment: deployment, revision: revision, requestID: "", at: clock.now,
        request: Array(Self.request.utf8), response: Array(Self.answer.utf8),
        status: 200, entity: entity))
  }

  func entities(_ arm: Arm) async -> SampleCounts.Entities? {
    await samples?.revisions[arm == .stable ? Self.revision : Self.candidate]?.entities
  }
}
