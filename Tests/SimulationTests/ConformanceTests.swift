import Control
import Rollouts
import RuntimeConformance
import SimulationKit
import Testing
import Threads

/// The world in memory is a runtime as the real ones are: what is tried in it holds for them.
@Suite struct ConformanceTests {
  @Test(arguments: RuntimeLaw.allCases, UInt64(0)..<5)
  func theWorldConforms(law: RuntimeLaw, seed: UInt64) throws {
    let clock = SimulatedClock()
    let subject = SimulatedSubject(seed: seed, clock: clock)
    let failure = Lock<(any Error)?>(nil)
    SimulationExecutor(seed: seed).run(clock: clock) {
      do { try await law.check(subject) } catch { failure.withLock { $0 = error } }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}

/// A world, and a controller's life in it.
struct SimulatedSubject: Subject {
  private let world: World
  private let clock: SimulatedClock
  private let life: Lock<Incarnation>

  init(seed: UInt64, clock: SimulatedClock) {
    self.clock = clock
    world = World(seed: seed, clock: clock, faults: World.Faults(crash: 0, hiccup: 0))
    life = Lock(Self.life(in: world, clock))
  }

  private static func life(in world: World, _ clock: SimulatedClock) -> Incarnation {
    Incarnation(in: world, until: clock.now.advanced(by: .seconds(3600)))
  }

  var runtime: any Runtime { life.withLock { $0 } }
  var telemetry: any Telemetry { life.withLock { $0 } }

  func revision(_ version: String, fails: Bool) -> Revision {
    if fails { world.breakLoading(of: version) }
    return Revision(
      id: Revision.ID("rev\(version)"),
      model: Model(
        version: version, uri: "file:///models/\(version)", digest: nil, format: "fake", smoke: nil,
        retry: 0))
  }

  /// Clients ask by themselves, fifty times a second; where no revision answers, all of them are refused.
  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async -> Answers {
    world.carry(header)
    let before = world.answered(deployment)
    await clock.sleep(for: .milliseconds(Int64(count) * 20))
    let asked = world.answered(deployment).merging(before) { $0 - $1 }.filter { $0.value > 0 }
    let answered = asked.values.reduce(0, +)
    return Answers(byRevision: asked, refused: max(0, count - answered))
  }

  func answers(of deployment: DeploymentName) -> Answers {
    Answers(byRevision: world.answered(deployment))
  }

  func whileAsking(
    _ deployment: DeploymentName, _ body: () async throws -> Void
  ) async throws -> Revision.ID? {
    let revision = world.beginRequest(to: deployment)
    try await body()
    return revision.flatMap { world.endRequest(to: deployment, by: $0) ? $0 : nil }
  }

  func restart() {
    world.kill()
    life.withLock { $0 = Self.life(in: world, clock) }
  }

  func pause() async { await clock.sleep(for: .milliseconds(100)) }
}
