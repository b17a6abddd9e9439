package import Control
import Foundation
import HTTP
package import Logging
import Manifests
import Rollouts
import Threads

/// Serves models on this machine: one process for each replica of a revision, behind one Envoy.
///
/// A second Envoy sends copies of requests on, while a deployment has a mirror.
///
/// It only ever makes so what was applied last, and it writes that down first. Envoy and the model
/// servers are not children that end with it: they are found again by the next controller, which
/// goes on where this one was, without a request that fails.
package actor LocalRuntime: Runtime, Telemetry {
  let setup: LocalRuntimeSetup
  let folder: RuntimeFolder
  let logger: Logger
  let mutex = AsyncMutex()
  /// What was applied last, for each deployment.
  var targets: [DeploymentName: Target] = [:]
  var servers: [ServerKey: ServerEntry] = [:]
  /// The servers that Envoy knows, and where it finds them.
  var clusters: [ServerKey: [ServerAddress]] = [:]
  /// Those of them that get copies, or did a moment ago: Envoy refuses routes that copy to others.
  var mirrored: Set<ServerKey> = []
  var copying = Copying()
  /// Replicas on their way out: their number was lowered.
  var leaving: [ServerKey: [Int: Departure]] = [:]
  var ports = LoopbackPorts()
  /// Until when Envoy may capture; nil when nobody takes it in, or may no longer.
  var lease: CaptureLease?
  var meter = SampleMeter()
  /// Of the copies of requests.
  var copyMeter = SampleMeter()
  var renewal: Task<Void, Never>?
  var announcements: Task<Void, Never>?
  let intake: (any PayloadIntake)?
  private var services: Services?
  private let client = HTTPClient()
  private let serverExecutor = BlockingQueue(label: "serin.servers")
  private let executor = BlockingQueue(label: "serin.runtime")

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// What exists while the runtime runs.
  struct Services: Sendable {
    let lock: FolderLock
    let tools: Tools
    let envoy: EnvoyControl
    let tail: CaptureTail?
    /// Sends copies on; it runs while there are any.
    let copies: EnvoyControl
    let copyTail: CaptureTail?
    let store: ArtifactStore
    let isolation: Isolation

    var tails: [CaptureTail] { [tail, copyTail].compactMap(\.self) }
  }

  /// Creates the runtime; `intake` gets what is captured, and without it nothing is.
  package init(
    _ setup: LocalRuntimeSetup, intake: (any PayloadIntake)? = nil, logger: Logger
  ) {
    var setup = setup
    // Without an intake the file that they are written to is not read.
    if intake == nil { setup.local.errorBodies = false }
    self.setup = setup
    self.intake = intake
    self.logger = logger
    folder = RuntimeFolder(
      setup.folder, artifacts: setup.artifactFolder, logs: setup.logFolder)
  }

  /// Takes over what an earlier controller left running, and starts what is missing.
  ///
  /// - Throws: `LocalRuntimeError`: a tool is missing, another controller has the folder, or Envoy
  ///   cannot be started, with its reason.
  package func start() async throws {
    guard services == nil else { return }
    let tools = try Tools.find(setup.local)
    try folder.create()
    let lock = try FolderLock(folder.lock)
    try requireLogsHere()
    let isolation = try await isolation()
    announceScan(tools)
    for stage in [folder.stage, folder.artifactStage] {
      for name in Files.names(in: stage) { try Files.remove("\(stage)/\(name)") }
    }
    let (envoy, copies) = (try control(of: .clients, tools), try control(of: .copies, tools))
    let services = Services(
      lock: lock, tools: tools, envoy: envoy, tail: try tail(of: envoy), copies: copies,
      copyTail: try tail(of: copies),
      store: ArtifactStore(folder: folder, setup: setup, client: client, logger: logger),
      isolation: isolation)
    self.services = services
    do {
      try await resume(services)
    } catch {
      await stop()
      throw error
    }
  }

  private func resume(_ services: Services) async throws {
    try readTargets()
    try await stopStrays()
    try await adoptServers()
    try Task.checkCancellation()
    await takeLease(services)
    try limitConnections()
    try await services.envoy.start([
      configuration.clusters(clusterList), routeTable, configuration.listeners(),
    ])
    beginCopying()
    await beginCapture(services)
    for server in servers.values.flatMap(\.replicas) { await server.start() }
    announcements = Task { await announcePresences() }
    try await stopOrphans()
    try await services.store.removeUnused()
    folder.ballast.keep()
  }

  /// Ends the supervision and nothing else: Envoy and the model servers go on serving.
  package func stop() async {
    guard let services else { return }
    self.services = nil
    for entry in servers.values { entry.retirement?.task.cancel() }
    for entry in servers.values { await entry.retirement?.task.value }
    for departure in departures { departure.task.cancel() }
    for departure in departures { await departure.task.value }
    for server in servers.values.flatMap(\.replicas) { await server.suspend() }
    await endAnnouncements()
    await endCapture(services)
    await services.envoy.stop()
    await endCopying(services)
    services.lock.release()
    (targets, servers, clusters, mirrored, leaving) = ([:], [:], [:], [], [:])
    ports = LoopbackPorts()
  }

  /// Answers what was asked, then ends Envoy and every model server.
  ///
  /// What was applied stays written down: the next start serves it again.
  package func shutdown() async throws {
    guard let services else { return }
    for entry in servers.values {
      entry.retirement?.task.cancel()
      await entry.retirement?.task.value
    }
    for departure in departures { departure.task.cancel() }
    let all = servers.values.flatMap(\.replicas) + departures.map(\.server)
    await endAnnouncements()
    await endCapture(services)
    try await services.envoy.shutdown(within: setup.local.drainTimeout)
    await endCopying(services)
    try await services.copies.shutdown(within: .zero)
    endConnectionLimit()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for server in all { group.addTask { try await server.shutdown() } }
      try await group.waitForAll()
    }
    await stop()
  }

  /// Ends what an earlier controller left running over this folder; starts nothing and needs no tools.
  package func shutdownLeftovers() async throws {
    try folder.create()
    let lock = try FolderLock(folder.lock)
    try await control(of: .clients).shutdownLeftover(within: setup.local.drainTimeout)
    try await control(of: .copies).shutdownLeftover(within: .zero)
    endConnectionLimit()
    DetachedProcess.endOrphans(of: folder.path)
    for process in DetachedProcess.started(for: folder.path) {
      try await process.stop(grace: setup.local.drainTimeout)
      logger.info("model server stopped", metadata: ["pid": "\(process.pid)"])
    }
    withExtendedLifetime(lock) {}
  }

  func running() throws -> Services {
    guard let services else {
      throw LocalRuntimeError(.refused, "use the local runtime", "it is not started")
    }
    return services
  }

  var configuration: EnvoyConfiguration { configuration(of: .clients) }

  func configuration(of role: EnvoyRole) -> EnvoyConfiguration {
    EnvoyConfiguration(folder: folder, setup: setup, role: role)
  }

  private func control(of role: EnvoyRole, _ tools: Tools? = nil) throws -> EnvoyControl {
    var logger = logger
    if role == .copies { logger[metadataKey: "of"] = "copies" }
    return try EnvoyControl(
      binary: tools?.envoy ?? "", configuration: configuration(of: role), client: client,
      logger: logger)
  }

  func parts(
    of key: ServerKey, replica: Int, _ model: Model, ports: [Int]
  ) throws -> ModelServer.Parts {
    let services = try running()
    let isolation = services.isolation
    let place = folder.server(key, replica: replica)
    let files = ServerFiles(
      key: key, model: model, ports: ports, folder: place, tools: services.tools,
      settings: setup.local, scratch: isolation.sandbox.map { _ in Sandbox.scratch })
    let isAlone = isolation.sandbox?.relay != nil
    return ModelServer.Parts(
      replica: replica, first: servers[key]?.replicas.first, files: files,
      patience: setup.unknownModelPatience, folder: folder,
      store: services.store, client: client,
      announce: { [weak self] in try await self?.publishEndpoints(of: key) },
      loadOrder: { [weak self] in await self?.loadOrder(for: key) ?? .nothing },
      isolation: isolation,
      socket: isAlone ? try folder.serverSocket(of: key, replica: replica) : nil,
      hidden: hidden, group: RuntimeFolder.digits(of: place),
      scanner: scanner(services),
      executor: serverExecutor, logger: logger)
  }
}
