package import Control
import Delivery
import HTTP
package import Logging
package import Manifests
package import Rollouts
import Threads

/// Serves models to jobs: no server and no route, but a file that says which model a run is to read.
///
/// Think of a library with one copy of each book on the desk: who reads has a slip there, and the librarian changes
/// the book when no slip is out. So a switch happens between runs:
///
/// 1. the new model is fetched and verified, beside the old one;
/// 2. `next.json` says that a switch waits. From now on no run begins;
/// 3. when no lease is in force any more, `current.json` is replaced, and `next.json` goes.
///
/// A job makes its lease first, and then looks whether a switch waits. Serin says first that a switch waits, and
/// then looks for leases. Whatever the order of these four, at least one sees the other, and who makes way is the
/// job: so none reads a model while another one is put in its place.
package actor BatchRuntime: Runtime, Telemetry {
  let folder: BatchFolder
  let longestLease: Duration
  let settings: LocalSettings
  let store: ArtifactStore
  let clock = SystemClock()
  let logger: Logger
  var scanner: PickleScanner?
  var orders: [DeploymentName: BatchOrder] = [:]
  /// What was published last.
  var pointers: [DeploymentName: BatchPointer] = [:]
  var models: [ServerKey: BatchModel] = [:]
  var tallies: [DeploymentName: BatchTally] = [:]
  /// The runs that switches wait for.
  var waits: [DeploymentName: BatchLease] = [:]
  private var lock: FolderLock?
  private let executor = BlockingQueue(label: "serin.batch")

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// The artifact of a revision, on its way or here.
  struct BatchModel {
    var readiness = Readiness.preparing("waiting to be fetched")
    var artifact: Artifact?
    var task: Task<Void, Never>?
  }

  package init(_ setup: LocalRuntimeSetup, _ batch: BatchSettings, logger: Logger) {
    folder = BatchFolder(batch.folder)
    longestLease = batch.longestLease
    settings = setup.local
    self.logger = logger
    store = ArtifactStore(
      folder: folder.files, setup: setup, client: HTTPClient(), logger: logger)
  }

  /// Takes over what an earlier life published.
  ///
  /// - Throws: `LocalRuntimeError`: the folder is another's, or another controller has it.
  package func start() async throws { try await start(scanner: nil) }

  func start(scanner: PickleScanner?) async throws {
    guard lock == nil else { return }
    try folder.create()
    lock = try FolderLock(folder.lock)
    self.scanner = scanner
    for name in Files.names(in: folder.stage) { try Files.remove("\(folder.stage)/\(name)") }
    for deployment in folder.names(.orders) { try await resume(deployment) }
    for deployment in folder.names(.counts) {
      tallies[deployment] = try Files.decode(
        BatchTally.self, from: folder.own(.counts, of: deployment))
    }
    try await store.removeUnused()
  }

  private func resume(_ deployment: DeploymentName) async throws {
    let path = folder.own(.orders, of: deployment)
    guard let order = try Files.decode(BatchOrder.self, from: path) else { return }
    orders[deployment] = order
    pointers[deployment] = try BatchPointer.read(folder.current(of: deployment))
    // An earlier life may have died between the two steps of a switch.
    if pointers[deployment]?.generation == order.generation { try removeNext(of: deployment) }
    for revision in order.revisions {
      let key = ServerKey(deployment, revision.id)
      guard let digest = order.digests["\(revision.id)"],
        let artifact = await store.adopt(revision.model, digest, for: key)
      else { continue }
      models[key] = BatchModel(readiness: .ready, artifact: artifact)
    }
  }

  /// Ends what is under way; what is published stays, and jobs go on reading it.
  package func stop() async {
    for model in models.values { model.task?.cancel() }
    for model in models.values { await model.task?.value }
    (orders, pointers, models, tallies, waits) = ([:], [:], [:], [:], [:])
    lock?.release()
    lock = nil
  }

  package func apply(_ plan: Plan, to deployment: DeploymentName) async throws {
    try requireStart()
    for revision in plan.loaded { try ServerKey(deployment, revision.id).validate() }
    try ServerKey(deployment, Revision.ID("none")).validate()
    try take(plan, for: deployment)
    try await deliver(to: deployment)
  }

  private func requireStart() throws {
    guard lock == nil else { return }
    throw LocalRuntimeError(.refused, "use \(folder.path) for batch", "it is not started")
  }

  /// Writes a plan down, before any of it is done.
  private func take(_ plan: Plan, for deployment: DeploymentName) throws {
    let before = orders[deployment]
    let operation = "apply generation \(plan.generation) to \(deployment)"
    if let before, plan.generation < before.generation {
      throw LocalRuntimeError(
        .refused, operation, "generation \(before.generation) was applied before")
    }
    guard plan.shares.count <= 1, plan.mirror == nil else {
      throw LocalRuntimeError(.refused, operation, "a run reads one model, and has no copies")
    }
    let none = BatchOrder(generation: plan.generation)
    let order = (before ?? none).following(plan, reading: reading(of: deployment))
    guard order != before else { return }
    if before == nil { try folder.create(for: deployment) }
    try save(order, of: deployment)
  }

  func save(_ order: BatchOrder, of deployment: DeploymentName) throws {
    let path = folder.own(.orders, of: deployment)
    try Files.makeFolder(Tools.folder(of: path))
    try Files.encode(order, to: path, stage: folder.stage)
    orders[deployment] = order
  }

  package func observe() async throws -> [DeploymentName: RuntimeState] {
    try requireStart()
    var readiness: [DeploymentName: [Revision.ID: Readiness]] = [:]
    for (key, model) in models {
      readiness[key.deployment, default: [:]][key.revision] = waiting(key) ?? model.readiness
    }
    return orders.keys.reduce(into: [:]) { states, deployment in
      states[deployment] = RuntimeState(
        readiness: readiness[deployment] ?? [:],
        generationInForce: pointers[deployment]?.generation)
    }
  }

  /// Returns that a revision which is here waits for runs of another.
  private func waiting(_ key: ServerKey) -> Readiness? {
    guard let lease = waits[key.deployment], orders[key.deployment]?.wanted == key.revision else {
      return nil
    }
    return .preparing("waits for the run \(lease.holder), at most until \(lease.end.text)")
  }

  /// What runs read now, in the words of deliveries; nil before anything was published.
  func reading(of deployment: DeploymentName) -> Routing? {
    pointers[deployment].map { .reading($0.revision, generation: $0.generation) }
  }
}
