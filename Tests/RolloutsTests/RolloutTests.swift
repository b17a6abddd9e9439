import Analysis
import Foundation
import Golden
import Randomness
import Rollouts
import Testing
import Wording

@Suite struct RolloutTests {
  /// Whole stories read best as transcripts; a change of behaviour then reads as a diff.
  @Test(arguments: try Self.stories())
  func story(name: String) throws {
    let story = Story.run(try Self.script(name))
    try expectGolden(story.transcript, "\(name).txt")
  }

  /// Once nothing is left to decide, looking again at the same world changes nothing.
  @Test(arguments: try Self.stories())
  func secondLookChangesNothing(name: String) throws {
    let lines = try Self.script(name).split(separator: "\n")
    for length in lines.indices {
      let story = Story.run(lines[...length].joined(separator: "\n"))
      var rollout = story.rollout
      let world = story.observation([])
      while rollout.advance(world) != nil {}
      let settled = rollout
      #expect(rollout.advance(world) == nil, "\(name), after line \(length)")
      #expect(rollout == settled)
    }
  }

  /// A failed verdict is final: however the world goes on, the rejected revision gets no traffic, unless
  /// nothing serves and it was stable once.
  @Test(arguments: UInt64(0)..<100)
  func failedVerdictIsFinal(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var rejected: Set<Revision.ID> = []
    var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    for second in 0..<400 {
      let world = Self.randomWorld(&random, at: second, of: rollout)
      let before = rollout
      let decision = rollout.advance(world)
      if decision?.verdict == .admit, let again = rollout.candidate,
        rejected.remove(again.id) != nil
      {
        #expect(before.plan.shares.isEmpty && before.proven.contains(again.id))
      }
      if decision?.verdict == .rollback || decision?.verdict == .reject {
        rejected.insert(try #require(decision?.revision).id)
      }
      #expect(!rollout.plan.shares.contains { rejected.contains($0.revision) })
    }
  }

  /// No plan shows a candidate more traffic than the last recorded decision: the plan changes only
  /// with a decision, and then its generation grows.
  @Test(arguments: UInt64(0)..<100)
  func planChangesOnlyWithADecision(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var rollout = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    for second in 0..<400 {
      let before = rollout.plan
      let decision = rollout.advance(Self.randomWorld(&random, at: second, of: rollout))
      if decision == nil { #expect(rollout.plan == before) }
      if rollout.plan != before { #expect(rollout.plan.generation > before.generation) }
    }
  }

  /// A limit of copies is in the plan while requests are copied; a manifest that changes it alone is no decision.
  @Test func copiesAreLimited() throws {
    let lines = try Self.script("shadow-unproven").split(separator: "\n").prefix(9)
    let story = Story.run(lines.joined(separator: "\n"))
    var (rollout, limits) = (story.rollout, [Int?]())
    var deployment = try #require(rollout.deployment)
    let (steps, before) = (deployment.strategy.steps, rollout.plan)
    #expect(before.mirror != nil && before.copiesPerSecond == nil)
    for limit in [5, 7, nil] {
      let first = Step(
        route: steps[0].route, atLeast: steps[0].atLeast, atMost: steps[0].atMost,
        atMostPerSecond: limit)
      deployment.strategy = Strategy(kind: .canary, steps: [first] + steps.dropFirst())
      let world = story.observation([])
      let decision = rollout.advance(
        Observation(
          now: world.now, desired: .deployment(deployment), readiness: world.readiness,
          generationInForce: rollout.generation))
      #expect(decision == nil)
      limits.append(rollout.plan.copiesPerSecond)
    }
    #expect(limits == [5, 7, nil] && rollout.plan == before)
  }

  /// That nothing serves is an alert until something else does: one, whatever is tried meanwhile.
  @Test func nothingServesUntilSomethingDoes() throws {
    let script = try Self.script("restored-to-rejected")
    let lines = script.split(separator: "\n")
    let asked = try #require(lines.lastIndex(of: "manifest v2 canary 5%,50%"))
    var alerts: [Bool] = []
    for length in asked..<lines.count {
      let rollout = Story.run(lines[...length].joined(separator: "\n")).rollout
      alerts.append(rollout.alert?.cause == .manifest)
      #expect(rollout.alert == nil || rollout.plan.shares.isEmpty)
    }
    // The manifest; three looks, v3, its admission; then it serves.
    #expect(alerts == [false] + [Bool](repeating: true, count: 6) + [false])
  }

  /// A hold ends with the phase, also when the decision that ends it has the same reason.
  @Test func nothingStandsStillBehindARollback() throws {
    let script = try Self.script("hold-becomes-rollback")
    let end = try #require(script.range(of: "# The next"))
    let story = Story.run(String(script[..<end.lowerBound]))
    #expect(story.rollout.phase == .healthy && story.rollout.holds.isEmpty)
    #expect(story.transcript.contains("rollback v2"))
  }

  /// A word that a story does not know is no story's end, but a failure.
  @Test(
    arguments: [
      "lok 5s", "3 look 5s", "look 5", "runtime v1 redy", "manifest v1 canry 5%",
      "manifest v1 canary 5% bak=60s", "manifest v1 canary 5% onNoData=wait",
      "manifest v1 canary 5% onInconclusive=no",
    ])
  func storiesKnowTheirWords(line: String) {
    withKnownIssue { _ = Story.run(line) }
  }

  /// What is wanted, and why it is not tried.
  @Test func wantedIsTold() throws {
    let script = try Self.script("reverted-to-rejected")
    func wanted(after line: String) -> Wanted? {
      Story.run(String(script[..<(script.range(of: line)?.upperBound ?? script.endIndex)]))
        .rollout.wanted
    }
    let rejected = wanted(after: "3 looks 5s v1=237/0 v2=13/13")?.rejected
    #expect(rejected?.at == Instant(milliseconds: 15000))
    #expect(rejected?.reason.brief == "errors 100%")
    #expect(
      wanted(after: "3 looks 5s v1=237/0 v2=13/13")
        == Wanted(
          version: "2", revision: Revision.ID("r-v2"), rejected: rejected))
    #expect(wanted(after: "# The team")?.rejected == rejected)
    #expect(
      wanted(after: "look 6s")
        == Wanted(
          version: "1", revision: Revision.ID("r-v1"), rejected: nil))
    #expect(wanted(after: "look 8s")?.rejected == nil)
    #expect(wanted(after: "look 9s")?.version == nil)
  }

  /// Who was answered by a baseline was answered by the stable model.
  @Test func aBaselineExposesToStable() {
    let script = """
      manifest v1 canary 20% matched bake=0s
      3 looks 1s
      manifest v2 canary 20% matched
      3 looks 1s
      runtime b1 failed crash loop
      """
    let story = Story.run(script)
    var rollout = story.rollout
    let decision = rollout.advance(story.observation(["v1=60/0", "b1=21/0", "v2=19/0"]))
    #expect(decision?.verdict == .hold)
    #expect(decision?.exposure.stable == 81 && decision?.exposure.candidate == 19)
  }

  /// A state that is stored and read again is the same state.
  @Test(arguments: try Self.stories())
  func stateRoundTrips(name: String) throws {
    let rollout = Story.run(try Self.script(name)).rollout
    let stored = try JSONEncoder().encode(rollout)
    #expect(try JSONDecoder().decode(Rollout.self, from: stored) == rollout)
  }

  /// Removing one is never held; many are, unless confirmed.
  @Test(arguments: [
    (1, 1, false, 0), (1, 100, false, 0), (2, 10, false, 2), (2, 20, false, 0), (5, 50, false, 0),
    (6, 100, false, 6), (6, 100, true, 0), (3, 3, true, 0),
  ])
  func massDeletion(missing: Int, fleet: Int, isConfirmed: Bool, held: Int) {
    let names = (0..<missing).map { DeploymentName(namespace: "default", name: "m\($0)") }
    let removals = Removals(missing: names, of: fleet, isConfirmed: isConfirmed)
    #expect(removals.held.count == held)
    #expect(removals.accepted.count == missing - held)
  }

  /// A controller that starts and finds not one manifest looks at the wrong place.
  @Test(arguments: [(1, 1, true, false, 1), (1, 1, true, true, 0), (1, 2, true, false, 0)])
  func nothingAtFirstSight(
    missing: Int, fleet: Int, isFirstSight: Bool, isConfirmed: Bool, held: Int
  ) {
    let names = (0..<missing).map { DeploymentName(namespace: "default", name: "m\($0)") }
    let removals = Removals(
      missing: names, of: fleet, isConfirmed: isConfirmed, isFirstSight: isFirstSight)
    #expect(removals.held.count == held)
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "stories")

  static func stories() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".story") }.map { String($0.dropLast(6)) }.sorted()
  }

  static func script(_ name: String) throws -> String {
    try String(contentsOf: folder.appending(path: "\(name).story"), encoding: .utf8)
  }

  /// A world in which anything may happen at any time.
  private static func randomWorld(
    _ random: inout SplitMix64, at second: Int, of rollout: Rollout
  ) -> Observation {
    let strategies = [
      "canary 5%,50%", "canary 10%", "canary 20%,50% matched", "canary 10%,80%", "blueGreen",
      "recreate",
    ]
    let version = 1 + second / 80
    let strategy = strategies[Int(random.next() % 6)]
    let suspended = random.next() % 10 == 0 ? " suspended" : ""
    let text = "manifest v\(version) \(strategy) bake=20s\(suspended)"
    let desired: [Desired] = [
      .unchanged, .removed,
      .deployment(Story.deployment(text.split(separator: " ").map(String.init))),
    ]
    let readiness: [Readiness] = [.ready, .ready, .ready, .absent, .failed("it broke")]
    var states: [Revision.ID: Readiness] = [:]
    for version in 1...6 {
      states[Story.revision("v\(version)").id] = readiness[Int(random.next() % 5)]
    }
    if let baseline = rollout.baseline { states[baseline.id] = readiness[Int(random.next() % 5)] }
    let errors = random.next() % 8 == 0 ? 40 : 0
    let counts = ((1...6).map { "v\($0)" } + ["b\(rollout.stable?.model.version ?? "")"])
      .map { "\($0)=\(random.next() % 60 + 40)/\(errors)" }
    return Observation(
      now: Instant(milliseconds: Int64(second) * 5000),
      desired: desired[min(2, Int(random.next() % 40))], readiness: states,
      generationInForce: random.next() % 4 == 0 ? nil : rollout.generation,
      counts: random.next() % 6 == 0 ? nil : Story.counts(counts, baseline: rollout.baseline),
      restrictions: random.next() % 10 == 0 ? [.unpublished] : [])
  }
}
