import Ledger
import Rollouts
import TestKit
import Testing
import Threads

@testable import Control

/// A controller that is asked to end does so soon and quietly, whatever it was about.
@Suite struct InterruptionTests {
  /// In the middle of a long pass the looks under way are recorded, and no others begun.
  ///
  /// What they decided is brought about by the next life.
  @Test(.timeLimit(.minutes(2))) func passEndsWithTheLooksUnderWay() async throws {
    let (world, log) = (SlowWorld(holding: 3), CapturedLog())
    let fleet = try await Fleet.new(of: 60, in: world, clock: SystemClock(), log: log)
    let pass = Task { await fleet.pass() }
    await world.untilHeld()
    let end = Task { await fleet.finish() }
    while await !fleet.passing.isLast { await Task.yield() }
    world.letGo()
    await end.value
    #expect(world.decisions.withLock { $0 } == Fleet.mostLooks)
    #expect(world.plans.withLock { $0 } == 0)
    _ = await pass.value
    await fleet.pass()
    #expect(world.decisions.withLock { $0 } == Fleet.mostLooks, "another pass began")
    #expect(log.lines.allSatisfy { !$0.hasPrefix("warning") }, "\(log.lines)")
  }

  /// What fails because it was to end is nothing to complain of.
  @Test(.timeLimit(.minutes(2))) func nobodyComplainsOfTheEnd() async throws {
    let (world, log) = (SlowWorld(holding: 1, givesUp: true), CapturedLog())
    let fleet = try await Fleet.new(of: 3, in: world, clock: SystemClock(), log: log)
    let pass = Task { await fleet.pass() }
    await world.untilHeld()
    pass.cancel()
    world.letGo()
    _ = await pass.value
    #expect(log.lines.allSatisfy { !$0.hasPrefix("warning") }, "\(log.lines)")
  }
}

/// A world in which the commit of one decision takes until it is let go, like that of a busy disk.
private final class SlowWorld: Runtime, Telemetry, Sampling, QuietDisk {
  let decisions = Lock(0)
  let plans = Lock(0)
  /// How many decisions are committed before the one that is held.
  private let held: Int
  /// Whether a commit fails when its task is cancelled.
  private let givesUp: Bool
  private let arrival = AsyncStream<Void>.makeStream()
  private let release = AsyncStream<Void>.makeStream()

  init(holding held: Int, givesUp: Bool = false) { (self.held, self.givesUp) = (held, givesUp) }

  /// Returns when the commit is under way.
  func untilHeld() async { for await _ in arrival.stream {} }

  func letGo() { release.continuation.finish() }

  func commit(_ changes: [LedgerChange]) async throws -> [String] {
    for change in changes
    where change.files.keys.contains(where: { LedgerPaths.parseRecord($0) != nil }) {
      if decisions.withLock({ $0 == held }) { await hold() }
      decisions.withLock { $0 += 1 }
    }
    if givesUp { try Task.checkCancellation() }
    return changes.map { _ in "commit" }
  }

  /// A disk does not know of tasks that are cancelled.
  private func hold() async {
    arrival.continuation.finish()
    await Task.detached { [release] in for await _ in release.stream {} }.value
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) { plans.withLock { $0 += 1 } }
  func observe() -> [DeploymentName: RuntimeState] { [:] }
  func counters() -> Counters { Counters(asOf: SystemClock().now, series: [:]) }
  func follow(_ plans: [DeploymentName: SamplePlan]) {}
  func samples() -> [DeploymentName: Samples] { [:] }
}
