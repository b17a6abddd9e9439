import Analysis
import Control
import Ledger
import Rollouts
import Testing
import Threads

/// What one pass decides is recorded in few writes, in an order in which nothing takes effect before it is
/// durable, and one that fails harms no other.
@Suite struct RecordingTests {
  /// A pass that admits 70 deployments makes three writes of decisions, of 32 at most.
  @Test func decisionsAreRecordedTogether() async throws {
    let stage = try await Stage(of: 70)
    await stage.fleet.pass()
    #expect(stage.disk.writes == [1, 32, 32, 6], "the epoch alone, and then decisions together")
    #expect(stage.disk.admitted.count == 70)
    #expect(stage.disk.effects == 70)
  }

  /// The plans of a write are applied after it, and before the next.
  @Test func effectsFollowTheirWrite() async throws {
    let stage = try await Stage(of: 40)
    await stage.fleet.pass()
    let events = stage.disk.events
    let writes = events.indices.filter { events[$0].hasPrefix("commit") }
    let applied = events.indices.filter { events[$0].hasPrefix("apply") }
    #expect(writes.count == 3)
    #expect(applied.filter { $0 < writes[1] }.isEmpty)
    #expect(applied.filter { $0 > writes[1] && $0 < writes[2] }.count == 32)
    #expect(applied.filter { $0 > writes[2] }.count == 8)
    let saved = events.indices.filter { events[$0].hasPrefix("save") }
    #expect(saved.filter { $0 < writes[1] }.count == 32, "a checkpoint is there before its record")
  }

  /// A runtime is told which record made a plan: the same one each time it is told the plan.
  @Test func plansAreAppliedWithTheirRecords() async throws {
    let stage = try await Stage(of: 3)
    await stage.fleet.pass()
    let told = stage.disk.records
    #expect(told.map(\.count) == [1, 1, 1] && Set(told.flatMap { $0 }) == [2, 3, 4])
    for _ in 0..<3 {
      stage.clock.advance(by: .seconds(5))
      await stage.fleet.pass()
    }
    #expect(stage.disk.records.map(\.count) == [4, 4, 4])
    #expect(stage.disk.records.map(Set.init) == told.map(Set.init))
  }

  /// One whose checkpoint cannot be written is left out and tried again; the others are recorded.
  @Test func oneThatFailsHarmsNoOther() async throws {
    let stage = try await Stage(of: 5)
    stage.disk.refuse("model-3")
    await stage.fleet.pass()
    #expect(stage.disk.admitted == ["model-1", "model-2", "model-4", "model-5"])
    stage.disk.refuse(nil)
    stage.clock.advance(by: .seconds(1))
    await stage.fleet.pass()
    #expect(stage.disk.admitted.sorted() == (1...5).map { "model-\($0)" })
    #expect(stage.disk.seqs == [1, 2, 3, 4, 5, 6], "no number is missing, and none is there twice")
  }

  /// A commit that arrives while a look is written down is looked at next, and not when that look would be due
  /// again.
  @Test func aCommitInTheMiddleOfALookIsNotForgotten() async throws {
    let stage = try await Stage(of: 1)
    await stage.fleet.pass()
    stage.clock.advance(by: .seconds(5))
    var repository = CatalogTests.Repository([
      "model-1.yaml": CatalogTests.manifest("model-1", version: "2")
    ])
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await repository.snapshot(&catalog)
    stage.disk.interruptNextSave { await stage.fleet.follow(snapshot) }
    await stage.fleet.pass()
    #expect(stage.disk.writes == [1, 1], "nothing was decided in that look")
    await stage.fleet.pass()
    #expect(stage.disk.writes == [1, 1, 1], "the new version is admitted at the same moment")
  }

  /// A write that fails as a whole leaves nothing behind, and nothing takes effect.
  @Test func aFullDiskLeavesNothing() async throws {
    let stage = try await Stage(of: 5)
    await stage.fleet.claimOrComplain()
    stage.disk.fill(true)
    await stage.fleet.pass()
    #expect(stage.disk.admitted.isEmpty && stage.disk.effects == 0)
    stage.disk.fill(false)
    stage.clock.advance(by: .seconds(1))
    await stage.fleet.pass()
    #expect(stage.disk.admitted.count == 5 && stage.disk.effects == 5)
    #expect(stage.disk.seqs == [1, 2, 3, 4, 5, 6])
  }
}

/// A fleet of deployments that are new, on a disk that notes what is asked of it.
private struct Stage {
  let clock: HandClock
  let disk: NotingDisk
  let fleet: Fleet

  init(of count: Int) async throws {
    clock = HandClock()
    disk = NotingDisk(clock)
    fleet = try await Fleet.new(of: count, in: disk, clock: clock)
  }
}

private final class NotingDisk: Runtime, Telemetry, Sampling, QuietDisk {
  private struct State {
    var events: [String] = []
    var changes: [[LedgerChange]] = []
    var refused: String?
    var isFull = false
    var interruption: (@Sendable () async -> Void)?
    var plans: [DeploymentName: Plan] = [:]
    var records: [DeploymentName: [Int?]] = [:]
    var requests = 0
  }

  struct Full: Error {}

  private let clock: HandClock
  private let state = Lock(State())

  init(_ clock: HandClock) { self.clock = clock }

  /// Everything that was asked, in order.
  var events: [String] { state.withLock { $0.events } }
  /// How many commits each write made.
  var writes: [Int] { state.withLock { $0.changes.map(\.count) } }
  var effects: Int { events.count { $0.hasPrefix("apply") } }
  /// With which records the plans of each deployment were applied, by name.
  var records: [[Int?]] {
    state.withLock { $0.records.sorted { $0.key < $1.key }.map(\.value) }
  }
  /// The deployments that have a record, in the order of the records.
  var admitted: [String] {
    committed.flatMap { $0.files.keys.compactMap(LedgerPaths.parseRecord) }.map(\.deployment.name)
  }
  /// The number on the branch of each commit, as its message says.
  var seqs: [Int] {
    committed.compactMap { change in
      let lines = change.message.split(separator: "\n")
      return lines.first { $0.hasPrefix("Ledger-Seq: ") }.flatMap { Int($0.dropFirst(12)) }
    }
  }

  private var committed: [LedgerChange] { state.withLock { $0.changes.flatMap { $0 } } }

  /// Refuses the checkpoints of one deployment, or of none.
  func refuse(_ name: String?) { state.withLock { $0.refused = name } }

  func fill(_ isFull: Bool) { state.withLock { $0.isFull = isFull } }

  func commit(_ changes: [LedgerChange]) throws -> [String] {
    try state.withLock { state in
      if state.isFull { throw Full() }
      state.events.append("commit \(changes.count)")
      state.changes.append(changes)
      return changes.map { _ in "commit" }
    }
  }

  /// Runs something in the middle of the next checkpoint.
  func interruptNextSave(_ body: @escaping @Sendable () async -> Void) {
    state.withLock { $0.interruption = body }
  }

  func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) async throws {
    let interruption = state.withLock { state in
      defer { state.interruption = nil }
      return state.interruption
    }
    await interruption?()
    try state.withLock { state in
      if deployment.name == state.refused { throw Full() }
      state.events.append("save \(deployment.name) \(seq)")
    }
  }

  func apply(_ plan: Plan, recordedAs record: Int?, to deployment: DeploymentName) {
    state.withLock { $0.records[deployment, default: []].append(record) }
    apply(plan, to: deployment)
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) {
    state.withLock { state in
      state.events.append("apply \(deployment.name)")
      state.plans[deployment] = plan
    }
  }

  func observe() -> [DeploymentName: RuntimeState] { [:] }
  /// Each revision has answered ten requests more at each look.
  func counters() -> Counters {
    state.withLock { state in
      state.requests += 10
      let counts = Counts(
        requests: state.requests, errors: 0,
        latency: Histogram(edges: [250], counts: [state.requests, 0]))
      return Counters(
        asOf: clock.now, source: "test", epoch: "1",
        revisions: state.plans.mapValues { plan in
          Dictionary(uniqueKeysWithValues: plan.loaded.map { ($0.id, counts) })
        })
    }
  }
  func follow(_ plans: [DeploymentName: SamplePlan]) {}
  func samples() -> [DeploymentName: Samples] { [:] }
}
