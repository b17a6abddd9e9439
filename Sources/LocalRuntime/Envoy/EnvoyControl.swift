import Foundation
import Glibc
package import HTTP
package import Logging
import Manifests
import Rollouts
import Threads

/// Keeps one Envoy running, and its configuration what it was told last.
///
/// Envoy reads files and takes a new one in a millisecond. That it has taken it is known only from
/// the version that it prints; a file it refuses is replaced by the last good one, because an Envoy
/// that starts with a bad file runs, says that it is ready, and answers 404.
package actor EnvoyControl {
  package let configuration: EnvoyConfiguration
  let admin: EnvoyAdmin
  package let logger: Logger
  let log: ProcessLog
  private let binary: String
  private let mutex = AsyncMutex()
  private var process: DetachedProcess?
  private var supervision: Task<Void, Never>?
  /// What Envoy had taken when it last ran.
  private var accepted: [EnvoyDocument.Kind: String] = [:]
  private var isVerified = false
  private let executor = BlockingQueue(label: "serin.envoy")

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// How often Envoy's life is looked at: a dead one refuses every request.
  private static let heartbeat: Duration = .milliseconds(200)
  /// Three thousand servers, which are twice as many clusters, take 3.3 s on a busy machine.
  private static let activationLimit: Duration = .seconds(10)
  /// An Envoy with three thousand servers starts in four seconds.
  private static let bootLimit: Duration = .seconds(15)

  package init(
    binary: String, configuration: EnvoyConfiguration, client: HTTPClient, logger: Logger
  ) throws {
    self.binary = binary
    self.configuration = configuration
    self.logger = logger
    admin = EnvoyAdmin(
      client: client, socket: try configuration.folder.adminSocket(of: configuration.role))
    log = ProcessLog(path: configuration.files.log)
  }

  private var files: EnvoyFolder { configuration.files }

  /// Takes over the Envoy that runs, or starts one, with these documents; then keeps it running.
  package func start(_ documents: [EnvoyDocument]) async throws {
    try await mutex.withLock {
      if try await !adopt() {
        for document in documents { try write(document) }
        try await launch()
      }
    }
    supervision = supervision ?? Task { await supervise() }
    for document in documents { try await publish(document) }
  }

  /// Whether it is kept running.
  var isStarted: Bool { supervision != nil }

  /// Whether a document is the last of its kind that Envoy took.
  func hasTaken(_ document: EnvoyDocument) -> Bool { accepted[document.kind] == document.text }

  /// Whether Envoy runs and has taken the last document of every kind.
  package var isServing: Bool { isVerified && process?.isAlive == true }

  /// Names the run of Envoy since whose start the counters count.
  package var epoch: String? { process?.identity.description }

  package var pid: Int32? { process?.pid }

  /// Ends an Envoy that answers nothing any more; the supervision starts the next one.
  func replaceWhenSilent() async {
    do {
      _ = try await admin.activeRequests()
    } catch is HTTPError {
      logger.warning("envoy answers nothing any more, and is ended")
      await replace()
    } catch {
      // It answers.
    }
  }

  private func replace() async {
    do {
      try await process?.stop(grace: .zero)
    } catch {
      logger.error("envoy could not be ended", metadata: ["error": "\(error)"])
    }
  }

  /// Ends the supervision; Envoy goes on.
  package func stop() async {
    supervision?.cancel()
    await supervision?.value
    supervision = nil
  }

  /// Ends Envoy once it has answered what it was asked, or `limit` is over.
  package func shutdown(within limit: Duration) async throws {
    await stop()
    guard let process, process.isAlive else { return try forget() }
    let deadline = ContinuousClock.now + limit
    do {
      try await admin.post("/drain_listeners?graceful")
      while try await admin.activeRequests() > 0, ContinuousClock.now < deadline {
        await pause(.milliseconds(50))
      }
    } catch {
      // It may hang; it is stopped all the same.
      logger.warning("envoy could not be drained", metadata: ["error": "\(error)"])
    }
    try await process.stop(grace: .seconds(5))
    try forget()
    logger.info("envoy stopped", metadata: ["pid": "\(process.pid)"])
  }

  /// Shuts down an Envoy that an earlier controller left.
  func shutdownLeftover(within limit: Duration) async throws {
    _ = try await adopt()
    try await shutdown(within: limit)
  }

  private func forget() throws {
    (process, accepted, isVerified) = (nil, [:], false)
    try Files.remove(files.identityFile)
    try Files.remove(admin.socket)
  }
}

// The process.
extension EnvoyControl {
  /// Takes over the Envoy of an earlier controller; false when there is none that can be used.
  private func adopt() async throws -> Bool {
    guard let identity = try Files.decode(ProcessIdentity.self, from: files.identityFile),
      let running = DetachedProcess(adopting: identity)
    else { return false }
    let bootstrap = Data(configuration.bootstrap(adminSocket: admin.socket).utf8)
    guard try Files.contents(of: files.bootstrapFile).map({ Data($0) }) == bootstrap else {
      logger.warning("envoy restarts: what it reads at its start has changed")
      try await running.stop(grace: .seconds(5))
      return false
    }
    do {
      _ = try await admin.activations()
    } catch let cancellation as CancellationError {
      // Nobody waits for the answer any more: that says nothing about Envoy, which serves.
      throw cancellation
    } catch {
      logger.warning("envoy restarts: it does not answer", metadata: ["error": "\(error)"])
      try await running.stop(grace: .zero)
      return false
    }
    process = running
    logger.info("envoy adopted", metadata: ["pid": "\(identity.pid)"])
    return true
  }

  /// Starts Envoy from the files and waits until it has taken each one.
  private func launch() async throws {
    try Files.replace(
      configuration.bootstrap(adminSocket: admin.socket), at: files.bootstrapFile,
      stage: files.stage)
    try Files.remove(admin.socket)
    try log.rotate()
    let offset = log.size
    let started = try DetachedProcess(
      ProcessLaunch(
        command: [
          binary, "-c", files.bootstrapFile, "--disable-hot-restart",
          "--reject-unknown-dynamic-fields",
          "--concurrency", "\(configuration.setup.envoyThreads)", "--log-level", "warning",
          // A line for each request that is too large would let clients fill the disk.
          "--component-log-level", "http:critical",
          // What is captured is lost with a killed Envoy until it is written.
          "--file-flush-interval-msec", "200",
        ],
        environment: [DetachedProcess.marker: configuration.folder.path], folder: files.path,
        log: log.path))
    do {
      try Files.encode(started.identity, to: files.identityFile, stage: files.stage)
      try await confirmBoot(of: started, logOffset: offset)
    } catch {
      try await started.stop(grace: .zero)
      throw error
    }
    process = started
    isVerified = true
    logger.info("envoy started", metadata: ["pid": "\(started.pid)"])
  }

  private func confirmBoot(of started: DetachedProcess, logOffset: Int) async throws {
    let deadline = ContinuousClock.now + Self.bootLimit
    let wanted = try versionsOnDisk()
    while true {
      try Task.checkCancellation()
      guard started.isAlive else { throw startFailure("it ended", since: logOffset) }
      let activations = try? await admin.activations()
      if activations?.compactMapValues(\.version) == wanted { return }
      guard activations?.values.allSatisfy({ $0.refusals == 0 }) ?? true else {
        throw startFailure("it refuses its configuration", since: logOffset)
      }
      guard ContinuousClock.now < deadline else {
        throw failure("start envoy", "it was not ready in \(Self.bootLimit)", since: logOffset)
      }
      await pause(.milliseconds(10))
    }
  }

  /// Why Envoy does not run: mostly that somebody else has its address, which is to be chosen anew.
  private func startFailure(_ summary: String, since offset: Int) -> LocalRuntimeError {
    guard configuration.role == .clients else {
      return failure("start the envoy of copies", summary, since: offset)
    }
    let (host, port) = (configuration.local.listen.host, configuration.local.listen.port)
    return failure(
      "start envoy on \(host):\(port)", summary,
      kind: LoopbackPorts.isTaken(port, on: host) ? .addressTaken : .envoy, since: offset)
  }

  private func versionsOnDisk() throws -> [EnvoyDocument.Kind: String] {
    struct Document: Decodable {
      let version_info: String
    }
    var versions: [EnvoyDocument.Kind: String] = [:]
    for kind in configuration.kinds {
      versions[kind] = try Files.decode(Document.self, from: files.file(kind))?.version_info
    }
    return versions
  }

  /// Restarts Envoy when it dies, until cancelled: at once after a long life, else ever later.
  private func supervise() async {
    var backoff = Backoff()
    var delay: Duration = .zero
    var start = ContinuousClock.now
    while !Task.isCancelled {
      if process?.isAlive == true {
        if ContinuousClock.now - start > Backoff.longest { (backoff, delay) = (Backoff(), .zero) }
        try? await Task.sleep(for: Self.heartbeat)
        continue
      }
      isVerified = false
      try? await Task.sleep(for: delay)
      guard !Task.isCancelled else { return }
      (delay, start) = (backoff.delay(), .now)
      await restart()
    }
  }

  private func restart() async {
    logger.warning(
      "envoy died and is started again", metadata: ["pid": "\(process?.pid ?? 0)"])
    do {
      try await mutex.withLock { try await launch() }
    } catch {
      logger.error("envoy could not be started again", metadata: ["error": "\(error)"])
    }
  }
}

// The configuration.
extension EnvoyControl {
  /// Gives Envoy a document and returns when it is in force.
  ///
  /// - Throws: `LocalRuntimeError` of kind `rejected` with Envoy's reason; then the document that
  ///   was in force before is still, and is on disk again.
  package func publish(_ document: EnvoyDocument) async throws {
    try await mutex.withLock {
      let before = try await admin.activations()[document.kind]
      let isOnDisk = try Files.contents(of: files.file(document.kind)) == Array(document.text.utf8)
      if before?.version != document.version || !isOnDisk {
        let offset = log.size
        try write(document)
        do {
          try await confirm(document, refusalsBefore: before?.refusals ?? 0, logOffset: offset)
        } catch {
          try restore(document.kind)
          throw error
        }
        logger.debug(
          "envoy took a document",
          metadata: ["kind": "\(document.kind)", "version": "\(document.version)"])
      }
      accepted[document.kind] = document.text
      isVerified = isVerified || accepted.count == configuration.kinds.count
    }
  }

  private func write(_ document: EnvoyDocument) throws {
    try Files.replace(document.text, at: files.file(document.kind), stage: files.stage)
  }

  private func confirm(
    _ document: EnvoyDocument, refusalsBefore: Int, logOffset: Int
  ) async throws {
    let deadline = ContinuousClock.now + Self.activationLimit
    var interval: Duration = .milliseconds(1)
    while true {
      let now = try await admin.activations()[document.kind]
      if let now, now.version == document.version, now.warming == 0 { return }
      guard (now?.refusals ?? 0) <= refusalsBefore else {
        throw failure(
          "configure envoy's \(document.kind)", "refused", kind: .rejected, since: logOffset)
      }
      guard ContinuousClock.now < deadline else {
        throw failure(
          "configure envoy's \(document.kind)", "not taken in \(Self.activationLimit)",
          kind: .rejected, since: logOffset)
      }
      await pause(interval)
      interval = min(interval * 2, .milliseconds(20))
    }
  }

  private func restore(_ kind: EnvoyDocument.Kind) throws {
    guard let text = accepted[kind] else { return }
    try Files.replace(text, at: files.file(kind), stage: files.stage)
  }

  /// An error with the reason that Envoy gives nowhere but in its log.
  private func failure(
    _ operation: String, _ summary: String, kind: LocalRuntimeError.Kind = .envoy,
    since offset: Int
  ) -> LocalRuntimeError {
    let lines = log.lastLines(20, since: offset)
    let reason = lines.last { $0.contains("rejected") || $0.contains("failure") } ?? lines.last
    // "[2026-11-21 05:42:25.123][17][warning][config] [source/…cc:65] the reason"
    let words = reason.map { $0.split(separator: "] ").last.map(String.init) ?? $0 }
    return LocalRuntimeError(kind, operation, words.map { "\(summary): \($0)" } ?? summary)
  }
}

// What Envoy knows.
extension EnvoyControl {
  /// Returns the counts of every cluster, and the run of Envoy that they belong to.
  package func stats() async throws -> (epoch: String, stats: EnvoyStats) {
    guard let epoch else {
      throw LocalRuntimeError(.envoy, "read envoy's statistics", "not running")
    }
    let bytes = try await admin.get(EnvoyStats.query)
    // A restart between the two questions would give new counts an old name.
    guard epoch == self.epoch, process?.isAlive == true else {
      throw LocalRuntimeError(.envoy, "read envoy's statistics", "it restarted meanwhile")
    }
    return (epoch, try EnvoyStats(bytes, edges: configuration.setup.latencyEdges))
  }

  /// Returns how many captures Envoy was given to write since its start, and that start.
  func capturesLogged() async throws -> (epoch: String?, count: Int) {
    (epoch, try await admin.linesLogged())
  }

  /// Makes Envoy close the capture file, which was renamed, and begin the next one.
  func reopenCaptureFile() async throws { try await admin.post("/reopen_logs") }

  /// Waits until a server answers nothing any more, whatever it was asked, or `limit` is over.
  package func waitUntilIdle(_ key: ServerKey, within limit: Duration) async -> Bool {
    let deadline = ContinuousClock.now + limit
    var idleLooks = 0
    // Twice: a worker may have chosen the cluster by the old routes just before the first look.
    while idleLooks < 2, ContinuousClock.now < deadline, !Task.isCancelled {
      await pause(.milliseconds(50))
      let active = (try? await admin.activeRequests(of: key)) ?? 1
      idleLooks = active == 0 ? idleLooks + 1 : 0
    }
    return idleLooks >= 2
  }
}
