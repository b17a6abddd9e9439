import Control
import Foundation
import Glibc
import HTTP
import Inferences
import Logging
import Manifests
import Rollouts
import Threads

/// Brings one server of a revision up and keeps it up.
///
/// ```
/// fetching ──► loading ──► smoke inference ──► load test ──► ready ◄──► restarting
///     │            │              │               │
///     └────────────┴──────────────┴───────────────┴──► failed
/// ```
///
/// A server that never answered has failed: a new start would do the same. One that did answer is
/// started again for ever, on the same port, because there may be nobody else to answer.
actor ModelServer {
  /// What a server is made of, and what it needs from its runtime.
  struct Parts: Sendable {
    /// From 1; the others serve what the first one fetched.
    let replica: Int
    let first: ModelServer?
    let files: ServerFiles
    /// How long it may say that it does not know its model.
    let patience: Duration
    let folder: RuntimeFolder
    let store: ArtifactStore
    let client: HTTPClient
    /// Tells Envoy where the servers of the revision are now.
    let announce: @Sendable () async throws -> Void
    /// Asks the runtime what the server has to bear before it is ready.
    let loadOrder: @Sendable () async -> LoadOrder
    let isolation: Isolation
    /// Where Envoy reaches it, when it has a network of its own.
    let socket: String?
    /// The folders of which it sees nothing but what it serves.
    let hidden: [String]
    /// The name of its control group.
    let group: String
    /// What looks into pickles; nil where nothing does.
    let scanner: PickleScanner?
    let executor: BlockingQueue
    let logger: Logger
  }

  nonisolated let key: ServerKey
  nonisolated let model: Model
  nonisolated let replica: Int
  nonisolated let ports: [Int]
  private nonisolated let state: Lock<(readiness: Readiness, hasBeenReady: Bool)>
  /// Whether it is certain that the server itself listens.
  nonisolated let isListening = Lock(false)
  /// Whether the smoke inference was answered, so that a load can begin.
  nonisolated let hasAnswered = Lock(false)
  nonisolated let lastCrash: Lock<Crash?>
  let parts: Parts
  let log: ProcessLog
  let logger: Logger
  var record: ServerRecord
  var process: DetachedProcess?
  private var task: Task<Void, Never>?
  /// Whether an end of the process is one that was not asked for.
  var isKeptUp = false
  /// The last process whose end was noted.
  var noted: ProcessIdentity?
  /// What the kernel had killed for want of memory when the server was last known to run.
  var killsBefore: Int?
  /// Where in its log the words of the last start begin.
  var logOffset = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    parts.executor.asUnownedSerialExecutor()
  }

  /// How often the process is looked at; a dead one fails every request of its share, and a hundred
  /// that are looked at five times a second take 4 % of a core.
  static let heartbeat: Duration = .seconds(1)
  /// The longest time between two looks at a server that is starting.
  static let startingInterval: Duration = .milliseconds(200)
  /// How often a server that runs is asked; it answers models with the same threads.
  static let probeInterval: Duration = .seconds(5)
  /// Unanswered probes before a server that runs counts as not ready: one may have met a long
  /// inference.
  static let missLimit = 3
  /// MLServer needs up to two seconds to end; a model's own code may need more.
  static let grace: Duration = .seconds(10)

  init(_ parts: Parts, record: ServerRecord) {
    self.parts = parts
    self.record = record
    key = parts.files.key
    model = parts.files.model
    replica = parts.replica
    ports = record.ports
    state = Lock((.preparing("waiting to be fetched"), record.hasBeenReady))
    lastCrash = Lock(record.crash)
    log = ProcessLog(path: parts.folder.log(of: parts.files.key, replica: parts.replica))
    var logger = parts.logger
    if parts.replica > 1 { logger[metadataKey: "replica"] = "\(parts.replica)" }
    logger[metadataKey: "deployment"] = "\(parts.files.key.deployment)"
    logger[metadataKey: "revision"] = "\(parts.files.key.revision)"
    self.logger = logger
  }

  /// HTTP, to which Envoy connects.
  nonisolated var port: Int { ports[0] }
  nonisolated var readiness: Readiness { state.withLock { $0.readiness } }
  /// Whether it has answered, in this life of the controller or an earlier one.
  nonisolated var hasBeenReady: Bool { state.withLock { $0.hasBeenReady } }
  /// How the server last ended by itself; nil when it never did.
  nonisolated var crash: Crash? { lastCrash.withLock { $0 } }

  func become(_ readiness: Readiness) {
    let hasBeenReady = record.hasBeenReady
    let before = state.withLock { state in
      defer { state = (readiness, hasBeenReady) }
      return state.readiness
    }
    guard before != readiness else { return }
    switch readiness {
    case .ready:
      logger.info(
        "revision ready", metadata: ["pid": "\(process?.pid ?? 0)", "port": "\(port)"])
    case .failed(let reason): logger.warning("revision failed", metadata: ["reason": "\(reason)"])
    case .preparing(let what): logger.debug("revision preparing", metadata: ["what": "\(what)"])
    case .absent: break
    }
  }

  /// Begins to bring it up.
  func start() {
    guard task == nil else { return }
    task = Task { await run() }
  }

  /// Ends the supervision; the server goes on.
  func suspend() async {
    task?.cancel()
    await task?.value
    task = nil
  }

  /// The digest of what it serves; nil before that is known.
  var digest: String? { record.digest }

  /// Ends the server; what it needs to be started again stays.
  func shutdown() async throws {
    await suspend()
    guard let process else { return }
    try await process.stop(grace: Self.grace)
    logger.info("revision stopped", metadata: ["pid": "\(process.pid)"])
    self.process = nil
  }

  /// Ends the server and forgets it.
  func end() async throws {
    try await shutdown()
    if let socket = parts.socket { unlink(socket) }
    parts.isolation.sandbox?.groups?.remove(parts.group)
    try Files.remove(parts.files.folder)
  }

  /// Brings it up and keeps it up, until that fails or is cancelled.
  private func run() async {
    do {
      let artifact = try await fetch()
      try parts.files.write(for: artifact, stage: parts.folder.stage)
      if !record.hasBeenReady {
        try await scanPickles(artifact)
        try await bringUp(artifact)
      } else if process?.isAlive != true {
        try await launch(artifact, what: "loading")
        become(.preparing("loading"))
      }
      try await keepUp(artifact)
    } catch is CancellationError {
      return
    } catch  where !Task.isCancelled {
      await fail(error)
    } catch {}
  }

  private func fail(_ error: any Error) async {
    var reason = (error as? LocalRuntimeError)?.reason ?? "\(error)"
    do {
      try await process?.stop(grace: Self.grace)
      process = nil
    } catch {
      reason += "; \(error)"
    }
    become(.failed(reason))
  }

  var probe: ServerProbe {
    ServerProbe(
      client: parts.client, address: address, name: key.deployment.name, version: model.version)
  }

  func save() throws {
    try Files.encode(record, to: parts.files.folder + "/process.json", stage: parts.folder.stage)
  }
}

// The way up.
extension ModelServer {
  /// Fetches the artifact, again and again when that may help.
  private func fetch() async throws -> Artifact {
    if let digest = record.digest, let artifact = await parts.store.adopt(model, digest, for: key) {
      return artifact
    }
    if let first = parts.first { return try await share(with: first) }
    let artifact = try await whenThere(model) {
      try await parts.store.fetch(model, for: key, served: record.hasBeenReady)
    }
    record.digest = artifact.digest
    try save()
    return artifact
  }

  /// Fetches something, again and again when that may help, and says what it waits for.
  func whenThere(
    _ model: Model, _ fetch: () async throws -> Artifact
  ) async throws -> Artifact {
    var backoff = Backoff(longest: FetchProblem.longestWait)
    become(.preparing("fetching \(ArtifactSource.shown(model.uri))"))
    while true {
      try Task.checkCancellation()
      do {
        return try await fetch()
      } catch  where FetchProblem(error).mayPass && !Task.isCancelled {
        become(.preparing(FetchProblem(error).whatIsAwaited(of: model)))
        try await Task.sleep(for: backoff.delay())
      }
    }
  }

  /// Waits for what the first replica fetches: without a digest in the manifest, a second fetch could
  /// bring something else.
  private func share(with first: ModelServer) async throws -> Artifact {
    become(.preparing("waiting for the artifact of replica 1"))
    while true {
      try Task.checkCancellation()
      if let digest = await first.digest,
        let artifact = await parts.store.adopt(model, digest, for: key)
      {
        record.digest = artifact.digest
        try save()
        return artifact
      }
      try await Task.sleep(for: Self.startingInterval)
    }
  }

  /// Starts the server for the first time and sees it answer.
  private func bringUp(_ artifact: Artifact) async throws {
    if process?.isAlive != true { try await launch(artifact, what: "loading") }
    become(.preparing("loading"))
    try await waitUntilReady(artifact)
    become(.preparing(SmokeRequest.progress))
    do {
      let timeout = parts.files.settings.requestTimeout
      if try await !probe.infer(model.smoke, expecting: model.answer, timeout: timeout) {
        logger.debug("no smoke inference: none is given, and the model names no inputs")
      }
    } catch let error as LocalRuntimeError {
      throw withLog(error)
    }
    try await bearLoad()
    record.hasBeenReady = true
    try save()
    become(.ready)
  }

  private func waitUntilReady(_ artifact: Artifact) async throws {
    let patience = parts.patience
    var unknownSince: ContinuousClock.Instant?
    var interval: Duration = .milliseconds(20)
    while true {
      try Task.checkCancellation()
      guard process?.isAlive == true else {
        if try await isStartedAgain(artifact) { continue }
        throw problem("the server ended\(ending.map { " (\($0))" } ?? "")")
      }
      switch await ask() {
      case .ready: return
      case .taken(let owner):
        unknownSince = nil
        become(.preparing(whatIsAwaited(from: owner)))
      case .notReady: unknownSince = nil
      case .unknownModel:
        let since = unknownSince ?? .now
        unknownSince = since
        guard ContinuousClock.now - since < patience else {
          throw problem("the server does not know the model")
        }
      }
      try await Task.sleep(for: interval)
      interval = min(interval * 2, Self.startingInterval)
    }
  }

  private func problem(_ message: String) -> LocalRuntimeError {
    withLog(LocalRuntimeError(.server, "load \(key)", message))
  }

  /// Adds the last words of the server, which usually name the cause.
  func withLog(_ error: LocalRuntimeError) -> LocalRuntimeError {
    guard let words = log.lastWords(since: logOffset) else { return error }
    let message = "\(error.message); its log says: \(words)"
    return LocalRuntimeError(error.kind, error.operation, message)
  }
}
