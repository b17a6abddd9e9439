import ClusterRuntime
import Console
import Control
import Foundation
import Git
import Ledger
import LocalRuntime
import Logging
import Manifests
import Payloads

/// The only wiring: puts real adapters behind the controller's ports.
///
/// Each adapter has a factory beside this file, which turns what the operator decided into it. Here they
/// are called, one after the other.
struct Composition {
  private let locks: [StateLock]
  private let runtimes: [RuntimeFactory.Place]
  private let controller: Controller
  private let mirrors: [ClusterMirror]
  private let console: Console?
  private let logs: [PayloadLog]
  private let announce: @Sendable () -> Void

  /// Builds everything; nothing is started, but whatever can never work is refused here.
  init(
    _ configuration: ControllerConfiguration, takesOver: Bool = false, logger: Logger
  ) throws {
    let folder = StateFolder(configuration.state, configuration.paths)
    try folder.make()
    locks = try folder.lock()
    let remotes = try RemoteFactory.remotes(configuration, logger)
    let signer = try LedgerFactory.signer(configuration, logger)
    announce = { LedgerFactory.announce(signer, configuration.ledger, logger) }
    let identity = ControllerIdentity(newLifeOf: configuration)
    let intake = Intake(life: identity.life, clock: SystemClock())
    let events = EventIntake(into: intake, clock: SystemClock())
    let tokens = try configuration.console.flatMap { try ConsoleFactory.tokens($0, logger) }
    let webhook = try configuration.console.flatMap { try ConsoleFactory.webhook($0, logger) }
    runtimes = try RuntimeFactory.runtimes(
      configuration, for: remotes.source, in: folder, intake: intake, logger)
    controller = Controller(
      source: try SourceFactory.source(remotes.source, configuration.source, in: folder, logger),
      ports: Fleet.Ports(
        runtimes: Runtimes(runtimes.map(\.port)), sampling: events,
        store: try LedgerFactory.store(
          remotes.ledger, configuration.ledger, signer, in: folder),
        checkpoints: try CheckpointFolder(folder.checkpoints), clock: SystemClock(),
        retraining: try TrainerFactory.retraining(configuration)),
      identity: identity, repository: remotes.source.description,
      pace: Controller.Pace(
        fetch: configuration.source.interval, push: configuration.ledger.pushInterval),
      maxPublishLag: configuration.ledger.maxPublishLag, takesOver: takesOver,
      lock: try configuration.lease.map { try ClusterFactory.lock($0, life: identity.life) },
      showsDeployments: configuration.runtimes.contains { $0.isMirrored },
      refresh: webhook?().refresh, rules: configuration.namespaces, logger: logger)
    mirrors = RuntimeFactory.mirrors(of: runtimes, controller)
    logs = runtimes.compactMap { PayloadLog(of: $0, into: events, logger) }
    console = configuration.console.map { [controller, runtimes, logs] settings in
      ConsoleFactory.console(
        settings,
        ports: ConsolePorts(
          report: { await controller.report() }, intake: { await intake.counts.with(logs) },
          events: events, labels: intake, reports: RuntimeFactory.reports(to: runtimes),
          tokens: tokens, webhook: webhook),
        logger)
    }
  }

  func run(once: Bool) async throws {
    try await serving([console].compactMap(\.self) + logs.map(\.console), once: once)
  }

  /// Listens with each of them, one around the other, while the controller works.
  private func serving(_ consoles: [Console], once: Bool) async throws {
    guard let first = consoles.first else { return try await control(once: once) }
    try await first.serving { _ in
      try await serving(Array(consoles.dropFirst()), once: once)
    }
  }

  private func control(once: Bool) async throws {
    do {
      for runtime in runtimes { try await runtime.start() }
      announce()
      try await mirroring { try await once ? controller.runOnce() : controller.run() }
    } catch {
      await end()
      throw LedgerFactory.explained(error)
    }
    await end()
  }

  /// Shows the deployments where they are to be seen while `body` runs.
  private func mirroring(_ body: () async throws -> Void) async throws {
    let tasks = mirrors.map { mirror in Task { await mirror.run() } }
    defer { for task in tasks { task.cancel() } }
    try await body()
  }

  /// To be awaited before the task that runs is cancelled.
  func finish() async { await controller.finish() }

  /// In a task of its own: in a cancelled one Envoy could not be told any more to end the captures.
  private func end() async {
    await Task { [runtimes, controller] in
      for runtime in runtimes { await runtime.stop() }
      await controller.resign()
    }.value
  }
}
