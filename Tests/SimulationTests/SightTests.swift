import Control
import Rollouts
import SimulationKit
import Testing

/// What is seen of a real runtime is held to what holds in the simulation; each law can be broken.
@Suite struct SightTests {
  /// What somebody sees who watches, as it differs from what was decided.
  struct Seen: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let sight: @Sendable (Plan) -> Sight
    /// How what is said about it ends; nil when it is as it should be.
    let breach: String?

    init(_ name: String, _ breach: String?, _ sight: @escaping @Sendable (Plan) -> Sight) {
      (testDescription, self.breach, self.sight) = (name, breach, sight)
    }
  }

  static let sights = [
    Seen("as decided", nil) { Self.sight($0) },
    Seen("in another order", nil) { Self.sight($0, shares: $0.shares.reversed()) },
    Seen("other weights", "traffic differs from decision") { plan in
      Self.sight(plan, shares: zip(plan.shares, plan.shares.reversed()).map(Self.exchanged))
    },
    Seen("a generation of nobody's", "is not recorded") {
      Self.sight($0, generation: $0.generation + 1)
    },
    Seen("an older generation", "is in force after") {
      Self.sight($0, generation: $0.generation - 1)
    },
    Seen("a candidate that is not ready", "gets requests and is not ready") { plan in
      Self.sight(plan, ready: Set(plan.shares.prefix(1).map(\.revision)))
    },
    Seen("no route", "clients are sent nowhere") { plan in
      Sight(traffic: nil, loaded: Set(plan.reached), ready: Set(plan.reached))
    },
    Seen("a revision of nobody's", "nobody asked for") { plan in
      let strange = Plan.Share(revision: Revision.ID("strange"), weight: .all)
      return Self.sight(plan, shares: [strange])
    },
  ]

  /// v2 has a tenth of the traffic, and somebody watches.
  @Test(arguments: sights)
  func whatIsSeenIsHeldToIt(seen: Seen) throws {
    let world = Self.world { _ in }
    let plan = try #require(world.plansInForce[CrashTests.name])
    #expect(plan.shares.count == 2)
    world.see(seen.sight(plan), of: CrashTests.name)
    expect(world, seen.breach)
  }

  /// v2 was rolled back, and is seen to have traffic once more.
  @Test func whatWasRejectedIsSeen() throws {
    let world = Self.world { $0.fail(100, ofRequestsTo: "2") }
    let plan = try #require(world.plansInForce[CrashTests.name])
    #expect(plan.shares.count == 1)
    let rejected = try #require(world.served(CrashTests.name).keys.first { $0 != plan.reached[0] })
    world.see(Self.sight(plan), of: CrashTests.name)
    expect(world, nil)
    let shares = [Plan.Share(revision: rejected, weight: .all)]
    world.see(Self.sight(plan, shares: shares), of: CrashTests.name)
    expect(world, "rejected \(rejected) gets requests")
  }

  /// What a strategy owes is asked of what is seen, too.
  @Test(arguments: [StrategyLaw.oneRevisionAnswers, .oneRevisionIsLoaded])
  func strategiesOweIt(law: StrategyLaw) throws {
    let world = Self.world { _ in }
    world.uphold(law)
    let plan = try #require(world.plansInForce[CrashTests.name])
    world.see(Self.sight(plan), of: CrashTests.name)
    expect(world, "breaks \(law)")
  }

  private func expect(_ world: World, _ breach: String?) {
    guard let breach else {
      #expect(world.violations == [])
      return
    }
    #expect(world.violations.contains { $0.contains(breach) }, "\(world.violations)")
  }

  /// A world in which v1 serves and v2 is tried.
  private static func world(_ prepare: (World) -> Void) -> World {
    let scenario = Scenario(seed: 1, faults: World.Faults(crash: 0, hiccup: 0))
    prepare(scenario.world)
    scenario.run(for: .seconds(76)) { world, clock in
      world.commit(["iris.yaml": CrashTests.manifest("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": CrashTests.manifest("2")])
      await clock.sleep(for: .seconds(15))
    }
    return scenario.world
  }

  private static func sight(
    _ plan: Plan, generation: Int? = nil, shares: [Plan.Share]? = nil,
    ready: Set<Revision.ID>? = nil
  ) -> Sight {
    let traffic = Sight.Traffic(
      generation: generation ?? plan.generation, shares: shares ?? plan.shares)
    let loaded = Set(traffic.shares.map(\.revision))
    return Sight(traffic: traffic, loaded: loaded, ready: ready ?? loaded)
  }

  private static func exchanged(_ one: Plan.Share, _ other: Plan.Share) -> Plan.Share {
    Plan.Share(revision: one.revision, weight: other.weight)
  }
}
