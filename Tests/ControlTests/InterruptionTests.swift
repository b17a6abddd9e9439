import Control
import Ledger
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// A controller that is asked to end does so soon and quietly, whatever it was about.
@Suite struct InterruptionTests {
  /// In the middle of a long pass the look under way is finished, with its effect, and no other begun.
  @Test(.timeLimit(.minutes(2))) func passEndsWithTheLookUnderWay() async throws {
    let (world, log) = (SlowWorld(), CapturedLog())
    let fleet = try await Self.fleet(of: 60, in: world, log)
    let pass = Task { await fleet.pass() }
    try await eventually { world.decisions.withLock { $0 } > 2 }
    let asked = world.decisions.withLock { $0 }
    await fleet.finish()
    #expect(world.decisions.withLock { $0 } <= asked + 2)
    #expect(world.decisions.withLock { $0 } == world.plans.withLock { $0 })
    await pass.value
    await fleet.pass()
    #expect(world.decisions.withLock { $0 } <= asked + 2, "another pass began")
    #expect(log.lines.allSatisfy { !$0.hasPrefix("warning") }, "\(log.lines)")
  }

  /// What fails because it was to end is nothing to complain of.
  @Test(.timeLimit(.minutes(2))) func nobodyComplainsOfTheEnd() async throws {
    let (world, log) = (SlowWorld(givesUp: true), CapturedLog())
    let fleet = try await Self.fleet(of: 3, in: world, log)
    let pass = Task { await fleet.pass() }
    try await eventually { world.decisions.withLock { $0 } > 0 }
    pass.cancel()
    await pass.value
    #expect(log.lines.allSatisfy { !$0.hasPrefix("warning") }, "\(log.lines)")
  }

  private static func fleet(
    of count: Int, in world: SlowWorld, _ log: CapturedLog
  ) async throws -> Fleet {
    let fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: Runtimes([Runtimes.Place(name: "local", runtime: world, telemetry: world)]),
        sampling: world, store: world, checkpoints: world, clock: SystemClock()),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: log.logger)
    try await fleet.resume()
    let names = (1...count).map { "model-\($0)" }
    var repository = CatalogTests.Repository(
      Dictionary(uniqueKeysWithValues: names.map { ("\($0).yaml", CatalogTests.manifest($0)) }))
    var catalog = Catalog(runtimes: ["local"])
    await fleet.follow(try await repository.snapshot(&catalog))
    await fleet.heed { [] }
    return fleet
  }
}

/// A world in which a commit takes a tenth of a second, like a busy disk.
private final class SlowWorld: Runtime, Telemetry, Sampling, LedgerStore, Checkpoints {
  let decisions = Lock(0)
  let plans = Lock(0)
  /// Whether a commit fails when its task is cancelled.
  private let givesUp: Bool

  init(givesUp: Bool = false) { self.givesUp = givesUp }

  func commit(_ change: LedgerChange) async throws -> String {
    // A disk does not know of tasks.
    await Task.detached { try? await Task.sleep(for: .milliseconds(100)) }.value
    if change.files.keys.contains(where: { LedgerPaths.parseRecord($0) != nil }) {
      decisions.withLock { $0 += 1 }
    }
    if givesUp { try Task.checkCancellation() }
    return "commit"
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) { plans.withLock { $0 += 1 } }
  func observe() -> [DeploymentName: RuntimeState] { [:] }
  func counters() -> Counters { Counters(asOf: SystemClock().now, series: [:]) }
  func follow(_ plans: [DeploymentName: SamplePlan]) {}
  func samples() -> [DeploymentName: Samples] { [:] }

  var branch: String { "serin/ledger" }
  var signer: PublicKey? { nil }
  func compare() -> Standing {
    Standing(relation: .level, remote: nil, epoch: nil, isDisposable: false)
  }
  func catchUp() {}
  func read(_ path: String) -> [UInt8]? { nil }
  func paths() -> [String] { [] }
  func publish() -> Publication { .nothingToPublish }
  func backlog() -> [Instant] { [] }
  func publishedEpoch() -> Epoch? { nil }
  func showLife(_ number: Int) {}
  func rescue(to branch: String) {}

  func load(_ deployment: DeploymentName, seq: Int) -> [UInt8]? { nil }
  func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) {}
  func tenure() -> [Claim] { [] }
  func setTenure(_ claims: [Claim]) {}
  func claims() -> [Claim] { [] }
  func setClaims(_ claims: [Claim]) {}
  func discard(_ deployment: DeploymentName, except seq: Int) {}
}
