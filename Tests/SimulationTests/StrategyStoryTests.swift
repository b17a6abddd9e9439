import Control
import Ledger
import Rollouts
import SimulationKit
import Testing

/// Every strategy that has no story of its own, and what it owes clients, in a world in which everything dies.
@Suite struct StrategyStoryTests {
  /// A strategy, as it differs from a canary in a manifest, and what it owes.
  struct Told: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let edits: [(String, String)]
    let law: StrategyLaw
    /// How a version ends that fails every request.
    let end: Decision.Verdict

    init(
      _ name: String, _ edits: (String, String)..., owes law: StrategyLaw,
      end: Decision.Verdict = .rollback
    ) {
      (testDescription, self.edits, self.law, self.end) = (name, edits, law, end)
    }
  }

  private static let canary = "canary: {steps: [10%, 50%], atLeast: 20s, atMost: 2m}"
  private static let affinity = ("atMost: 2m}", "atMost: 2m, affinity: {header: x-user-id}}")
  private static let load = """
    load: {requestsPerSecond: 50, for: 20s, latency: {percentile: 95, below: 100ms}}
      bake:
    """

  static let strategies = [
    Told("blueGreen", (canary, "blueGreen: {}"), owes: .oneRevisionAnswers),
    Told(
      "preview", (canary, "blueGreen: {preview: {atLeast: 20s, atMost: 2m}}"),
      owes: .oneRevisionAnswers),
    Told("recreate", (canary, "recreate: {}"), owes: .oneRevisionIsLoaded),
    Told("batch", (canary, "blueGreen: {}\n  serving: batch"), owes: .oneRevisionAnswers),
    Told(
      "affinity", affinity, ("bake: 30s", "bake: {for: 30s, holdback: 5%}"), owes: .clientsStay),
    Told("affinity with a baseline", affinity, ("interval}", "matched}"), owes: .clientsStay),
    Told(
      "load", ("model:", #"model:\#n    smoke: {request: '{"inputs": [{"name": "x"}]}'}"#),
      ("bake:", load), owes: .loadComesFirst, end: .reject),
    Told(
      "warmUp", ("minRequests: 50", "minRequests: 50, warmUp: 100"),
      ("bake:", "replicas: 2\n  bake:"), owes: .firstRequestsDoNotCount(200)),
  ]

  /// Whatever dies: what a strategy owes holds at every effect, a good version is promoted, a bad one is not, and every
  /// decision can be made again.
  @Test(arguments: strategies, UInt64(0)..<20)
  func everyStrategyKeepsItsWord(of strategy: Told, seed: UInt64) async throws {
    let faults = seed == 0 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 40, hiccup: 25)
    let world = Self.play(strategy, seed: seed, faults)
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: CrashTests.name)
    #expect(history.last?.stable?.model.version == "2", "seed \(seed): \(world.story)")
    let ends = history.filter { $0.revision?.model.version == "3" }.map(\.verdict)
    #expect(ends.last == strategy.end, "seed \(seed): \(world.story)")
    #expect(world.isEverythingPublished, "seed \(seed)")
    if seed < 4 { try DriftStoryTests.auditsRight(world) }
  }

  /// The laws can be broken: a canary, which owes none of this, breaks each of them.
  @Test(arguments: [
    StrategyLaw.oneRevisionAnswers, .oneRevisionIsLoaded, .clientsStay, .loadComesFirst,
    .firstRequestsDoNotCount(200),
  ])
  func canariesOweOtherThings(law: StrategyLaw) {
    let canary = Told("canary", owes: law)
    let world = Self.play(canary, seed: 1, World.Faults(crash: 0, hiccup: 0))
    #expect(world.violations.contains { $0.contains("breaks \(law)") || $0.hasSuffix("count") })
  }

  /// The machine is cut off while a version is tried, and another one goes on that has nothing but the ledger: what a
  /// strategy owes holds on both, and only one of them raises risk.
  ///
  /// But for two: what was proven elsewhere is put under no load again, and who follows the ledger goes from what it
  /// knew to the newest plan, also where that means two revisions at a time.
  @Test(
    arguments: strategies.filter { ![.oneRevisionIsLoaded, .loadComesFirst].contains($0.law) },
    UInt64(0)..<2)
  func anotherControllerKeepsItToo(of strategy: Told, seed: UInt64) async throws {
    let rivals = Rivals(seed: seed, faults: World.Faults(crash: 400, hiccup: 25))
    rivals.run(for: .seconds(1200), maxPublishLag: .seconds(60), delay: .seconds(100)) {
      worlds, clock in
      for world in worlds {
        Self.prepare(world, for: strategy)
        world.commit(["iris.yaml": Self.manifest("1", strategy)])
      }
      await clock.sleep(for: .seconds(150))
      for world in worlds { world.commit(["iris.yaml": Self.manifest("2", strategy)]) }
      await clock.sleep(for: .seconds(Int64(seed) * 20))
      worlds[0].takeLedgerAway(true)
      await clock.sleep(for: .seconds(350))
      worlds[0].takeLedgerAway(false)
      await clock.sleep(for: .seconds(600))
      for world in worlds { world.pauseFaults(true) }
    }
    let owner = rivals.worlds[1]
    #expect(rivals.violations == [], "seed \(seed): \(owner.story)")
    #expect(owner.story.contains { $0.contains("two takes over") }, "seed \(seed)")
    let record = try #require(try await owner.reader().newest().first, "seed \(seed)")
    #expect(record.stable?.model.version == "2", "seed \(seed): \(owner.story)")
  }

  private static func play(
    _ strategy: Told, seed: UInt64, _ faults: World.Faults
  ) -> World {
    CrashTests.told(
      seed: seed, faults, in: { prepare($0, for: strategy) },
      manifest: { manifest($0, strategy) }
    ).world
  }

  private static func prepare(_ world: World, for strategy: Told) {
    world.uphold(strategy.law)
    world.carrySome()
    if strategy.end == .reject { world.breakUnderLoad("3") }
  }

  private static func manifest(_ version: String, _ strategy: Told) -> String {
    strategy.edits.reduce(CrashTests.manifest(version)) { $0.replacing($1.0, with: $1.1) }
  }
}
