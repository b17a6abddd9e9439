import ClusterKit
import Control
import Encoding
import Kubernetes
import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing
import Threads

@testable import ClusterRuntime

/// A controller that is killed at any of its effects, with a cluster for a runtime: the invariants of the simulation hold.
///
/// A world of the simulation stands around it: manifests, a ledger and clients. What the world would serve itself the cluster
/// serves, and after each change there the world is told what it has. So its own invariants are asked, and each can fail
/// (`SightTests`): traffic is for what is ready, never for what was rejected, split as was decided and recorded, never of an
/// older generation, and never nowhere; a chain without gaps has each decision once. What needs clients' requests one by one
/// is asked elsewhere: that none fails on the way by `RuntimeStoryTests`, that their counts add up by `ConformanceTests`,
/// that they stay with whom they met by `ConformanceTests` and `AffinityTests`.
@Suite(.serialized, .timeLimit(.minutes(8))) struct EffectTests {
  /// Each write to the API in turn is the last one of a life, which dies before it is carried out, or before its answer.
  @Test(
    .temporaryFolder,
    arguments: [
      ClusterStory.Death.write(.reset), .write(.resetAfterwards), .commit(isAfterwards: false),
      .commit(isAfterwards: true),
    ])
  func killedAtEachEffect(death: ClusterStory.Death) async throws {
    var (first, isOver, kills) = (1, false, 0)
    while !isOver {
      let ends = try await play(.canary, death, first..<first + Self.atOnce)
      for end in ends { expectRight(end) }
      kills += ends.count(where: \.wasKilled)
      isOver = ends.contains { !$0.wasKilled }
      first += Self.atOnce
    }
    // Three servers are made and taken away again, and a route is made, changed five times and taken away; each step of it
    // is a decision.
    #expect(kills >= 10)
  }

  /// What a strategy owes is owed by a cluster, too.
  @Test(
    .temporaryFolder, arguments: [ClusterStory.Strategy.blueGreen, .recreate],
    [ClusterStory.Death.write(.resetAfterwards), .commit(isAfterwards: true)])
  func theStrategyKeepsItsWord(
    strategy: ClusterStory.Strategy, death: ClusterStory.Death
  ) async throws {
    for end in try await play(strategy, death, [2, 4, 6, 8]) { expectRight(end) }
  }

  private func play(
    _ strategy: ClusterStory.Strategy, _ death: ClusterStory.Death, _ numbers: some Sequence<Int>
  ) async throws -> [ClusterStory.End] {
    try await withThrowingTaskGroup(of: ClusterStory.End.self) { group in
      for number in numbers {
        group.addTask { try await ClusterStory(strategy).play(death, at: number) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  private func expectRight(_ end: ClusterStory.End) {
    #expect(end.violations == [], "killed at \(end.number): \(end.story)")
    #expect(
      end.last == ["1": .complete, "2": .complete, "3": .rollback],
      "killed at \(end.number): \(end.story)")
    #expect(end.replayed >= 9, "killed at \(end.number): \(end.story)")
  }

  private static let atOnce = 6
}

/// v1 serves, v2 is healthy, v3 fails every request, and then the deployment is removed: in a cluster that is told so by the
/// real controller.
struct ClusterStory: Sendable {
  /// What is the last thing that a life does.
  enum Death: Sendable, CustomTestStringConvertible {
    /// A write to the API.
    case write(Fault)
    /// A commit of the ledger.
    case commit(isAfterwards: Bool)

    var testDescription: String {
      switch self {
      case .write(let fault): "write, \(fault)"
      case .commit(let isAfterwards): "commit, \(isAfterwards ? "after" : "before") it"
      }
    }
  }

  enum Strategy: String, Sendable {
    case canary = "canary: {steps: [10%, 50%], atLeast: 5s, atMost: 20s}"
    case blueGreen = "blueGreen: {}"
    case recreate = "recreate: {}"

    var law: StrategyLaw? {
      switch self {
      case .canary: nil
      case .blueGreen: .oneRevisionAnswers
      case .recreate: .oneRevisionIsLoaded
      }
    }
  }

  struct End: Sendable {
    let number: Int
    let wasKilled: Bool
    let violations: [String]
    let story: [String]
    /// What was decided last about each version.
    let last: [String: Decision.Verdict]
    /// How many decisions were made again from the ledger.
    let replayed: Int
  }

  private let strategy: Strategy
  private let clock = SimulatedClock()
  private let world: World

  init(_ strategy: Strategy) {
    self.strategy = strategy
    world = World(seed: 1, clock: clock, faults: World.Faults(crash: 0, hiccup: 0))
    if let law = strategy.law { world.uphold(law) }
  }

  func play(_ death: Death, at number: Int) async throws -> End {
    try await ClusterServer.run { server in
      let cluster = try AnyCluster(on: server)
      let killer = Killer(death, at: number, world)
      server.show { [world] objects in world.see(cluster.sight(objects), of: cluster.name) }
      let controllers = Task { await server.speakForControllers(every: .milliseconds(10)) }
      let pace = Task { await keepTime() }
      let lives = Task { await live(on: cluster, server, killer) }
      do {
        try await tell(cluster, server)
      } catch {
        let last = server.requests.suffix(8).map { "\($0.method) \($0.path) \($0.status ?? 0)" }
        world.note("\(error): \(cluster.sight(server.objects)) after \(last), at \(clock.now)")
      }
      let wasKilled = world.crashes > 0
      lives.cancel()
      world.kill()
      await lives.value
      pace.cancel()
      controllers.cancel()
      return try await end(number, cluster, wasKilled: wasKilled)
    }
  }

  /// Time passes forty times as fast as it really does; less fast where the machine does not keep up.
  private func keepTime() async {
    var last = ContinuousClock.now
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(5))
      let now = ContinuousClock.now
      clock.advance(by: min((now - last) * 40, .seconds(1)))
      last = now
    }
  }

  /// One controller after the other, each with a runtime of its own.
  private func live(on cluster: AnyCluster, _ server: ClusterServer, _ killer: Killer) async {
    let end = clock.now.advanced(by: .seconds(100_000))
    while !Task.isCancelled {
      let started = try? await cluster.runtime { $0.drainTimeout = .milliseconds(100) }
      guard let runtime = started else {
        return Task.isCancelled ? () : world.note("no runtime starts")
      }
      killer.arm(server)
      let life = Incarnation(in: world, until: end, on: runtime)
      let bell = Task { await wakeTheDead(life.number) }
      try? await Controller(
        in: life, tick: .seconds(1), maxPublishLag: .seconds(3600), takesOver: false
      ).run()
      bell.cancel()
      await runtime.stop()
      server.heal()
    }
  }

  /// Once a life is over, whatever it waits for is: it finds that out when it wakes.
  private func wakeTheDead(_ life: Int) async {
    while !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(5))
      if world.lives != life { clock.wakeEverybody() }
    }
  }

  private func tell(_ cluster: AnyCluster, _ server: ClusterServer) async throws {
    let name = cluster.name.name
    world.fail(100, ofRequestsTo: "3")
    for (version, verdict) in [
      ("1", Decision.Verdict.complete), ("2", .complete), ("3", .rollback),
    ] {
      world.commit(["model.yaml": manifest(version, name)])
      try await eventually(within: .seconds(60)) {
        let history = try await world.reader().history(of: cluster.name)
        let about = history.last { $0.revision?.model.version == version }
        // What was unloaded for the candidate is restored, and that is complete in the end.
        guard let last = history.last, [.complete, .rollback].contains(last.verdict),
          about?.verdict == verdict
        else { return false }
        return cluster.sight(server.objects).loaded == Set([last.stable?.id].compactMap(\.self))
      }
    }
    world.commit([:], message: "It is not needed any more\n\nSerin-Confirm: removal")
    try await eventually(within: .seconds(60)) {
      let left = cluster.sight(server.objects)
      return left.loaded.isEmpty && left.traffic == nil
    }
  }

  private func end(_ number: Int, _ cluster: AnyCluster, wasKilled: Bool) async throws -> End {
    let history = try await world.reader().history(of: cluster.name)
    let ends = history.filter { $0.verdict != .decommission }.compactMap { record in
      record.revision.map { ($0.model.version, record.verdict) }
    }
    return End(
      number: number, wasKilled: wasKilled, violations: world.violations, story: world.story,
      last: Dictionary(ends) { $1 }, replayed: try world.audited())
  }

  private func manifest(_ version: String, _ name: String) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name)}
    spec:
      model: {version: "\(version)", uri: "https://models.example.org/\(version)", digest: "\(Self.digest)", format: sklearn}
      strategy:
        \(strategy.rawValue)
      slos:
        - errors: {below: 1%}
      analysis: {interval: 5s, minRequests: 20}
      bake: 10s
    """
  }

  private static let digest = "sha256:" + String(repeating: "a", count: 64)
}

/// Ends a life at one effect; the dead write nothing.
private final class Killer: Sendable {
  private let death: ClusterStory.Death
  private let number: Int
  private let world: World
  private let writes = Counter()

  init(_ death: ClusterStory.Death, at number: Int, _ world: World) {
    (self.death, self.number, self.world) = (death, number, world)
    if case .commit(let isAfterwards) = death {
      world.kill(at: number, of: "commit", afterwards: isAfterwards)
    }
  }

  /// Waits for the next life's effects.
  func arm(_ server: ClusterServer) {
    let life = world.lives
    server.fail(percent: 100, with: .reset) { [world] request in
      request.isOfController && world.lives != life
    }
    guard case .write(let fault) = death else { return }
    server.fail(percent: 100, with: fault) { [world, number, writes] request in
      guard request.isOfController, writes.next() == number else { return false }
      world.kill()
      return true
    }
  }
}

private final class Counter: Sendable {
  private let count = Lock(0)

  func next() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

extension LoggedRequest {
  /// Whether it is a write of Serin's; the others of this test only speak in statuses.
  fileprivate var isOfController: Bool { method != "GET" && subresource.isEmpty }
}

extension AnyCluster {
  /// What the objects of its deployment come to, read without a word of Serin's but the generation.
  func sight(_ objects: (TypeID) -> [JSONValue]) -> Sight {
    let servers = objects(.inferenceServices).compactMap { server in
      server["metadata"]?["name"]?.string.map { (server, revision(ofServer: $0)) }
    }
    let route = objects(.httpRoutes).first { $0["metadata"]?["name"]?.string == name.name }
    return Sight(
      traffic: route.map(traffic), loaded: Set(servers.map(\.1)),
      ready: Set(servers.filter { $0.0["status"]?["conditions"] != nil }.map(\.1)))
  }

  /// Who answers by the rules of a route; where they differ it is everybody whom one of them names.
  private func traffic(_ route: JSONValue) -> Sight.Traffic {
    let generation = route[["metadata", "annotations", "serin.dev/generation"]]?.string
    let rules = (route[["spec", "rules"]]?.items ?? []).map(shares).filter { !$0.isEmpty }
    let alike = rules.allSatisfy { $0 == rules.first }
    return Sight.Traffic(
      generation: generation.flatMap { Int($0) } ?? 0,
      shares: alike ? rules.first ?? [] : rules.flatMap(\.self))
  }

  private func shares(_ rule: JSONValue) -> [Plan.Share] {
    (rule["backendRefs"]?.items ?? []).compactMap { backend in
      let weight = backend["weight"]?.integer ?? 1
      guard weight > 0, let name = backend["name"]?.string else { return nil }
      let server = name.replacing(/-predictor$/, with: "")
      return Plan.Share(revision: revision(ofServer: server), weight: PerMille(weight))
    }
  }

  private func revision(ofServer server: String) -> Revision.ID {
    Revision.ID(String(server.dropFirst(name.name.count + 1)))
  }
}
