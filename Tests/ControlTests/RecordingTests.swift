import Control
import Ledger
import Rollouts
import SimulationKit
import TestKit
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
    fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: Runtimes([Runtimes.Place(name: "local", runtime: disk, telemetry: disk)]),
        sampling: disk, store: disk, checkpoints: disk, clock: clock),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: CapturedLog().logger)
    try await fleet.resume()
    let names = (1...count).map { "model-\($0)" }
    var repository = CatalogTests.Repository(
      Dictionary(uniqueKeysWithValues: names.map { ("\($0).yaml", CatalogTests.manifest($0)) }))
    var catalog = Catalog(runtimes: ["local"])
    await fleet.follow(try await repository.snapshot(&catalog))
    await fleet.heed { [] }
  }
}

private final class NotingDisk: Runtime, Telemetry, Sampling, QuietDisk {
  private struct State {
    var events: [String] = []
    var changes: [[LedgerChange]] = []
    var refused: String?
    var isFull = false
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

  func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) throws {
    try state.withLock { state in
      if deployment.name == state.refused { throw Full() }
      state.events.append("save \(deployment.name) \(seq)")
    }
  }

  func apply(_ plan: Plan, to deployment: DeploymentName) {
    state.withLock { $0.events.append("apply \(deployment.name)") }
  }

  func observe() -> [DeploymentName: RuntimeState] { [:] }
  func counters() -> Counters { Counters(asOf: clock.now, series: [:]) }
  func follow(_ plans: [DeploymentName: SamplePlan]) {}
  func samples() -> [DeploymentName: Samples] { [:] }
}
