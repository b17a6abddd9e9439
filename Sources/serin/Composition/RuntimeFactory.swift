import ClusterRuntime
import Control
import Git
import Kubernetes
import LocalRuntime
import Logging
import Manifests
import Prometheus

/// Makes the runtimes: one Envoy with its model servers, or one part of a cluster, for each that the operator names.
enum RuntimeFactory {
  /// A runtime under the name that deployments ask for.
  struct Place {
    let name: String
    let kind: Kind

    enum Kind {
      case machine(MachineRuntime)
      case cluster(ClusterRuntime, any Telemetry)
    }

    var port: Runtimes.Place {
      let place =
        switch kind {
        case .machine(let machine):
          Runtimes.Place(name: name, runtime: machine, telemetry: machine)
        case .cluster(let cluster, let telemetry):
          Runtimes.Place(name: name, runtime: cluster, telemetry: telemetry)
        }
      return place.bounded(by: SystemClock())
    }

    func start() async throws {
      switch kind {
      case .machine(let machine): try await machine.start()
      case .cluster(let cluster, _): await cluster.start()
      }
    }

    func stop() async {
      switch kind {
      case .machine(let machine): await machine.stop()
      case .cluster(let cluster, _): await cluster.stop()
      }
    }

    /// Takes in how far a run of a job is; nil when its deployment is none of this runtime.
    func take(_ report: BatchReport) async -> EventReceipt? {
      switch kind {
      case .machine(let machine): await machine.take(report)
      case .cluster: nil
      }
    }
  }

  static func runtimes(
    _ configuration: ControllerConfiguration, for source: GitRemote, in folder: StateFolder,
    intake: any PayloadIntake, _ logger: Logger
  ) throws -> [Place] {
    let areSeveral = configuration.runtimes.count > 1
    // Models see nothing of what jobs read, and make no leases.
    let jobs = configuration.runtimes.compactMap(\.local?.batch?.folder)
    return try configuration.runtimes.map { settings in
      var logger = logger
      // Says of which runtime a line is.
      if areSeveral { logger[metadataKey: "runtime"] = "\(settings.name)" }
      switch settings.place {
      case .local(let local):
        let local = local.forManifests(ofThisMachine: source.isOnThisMachine)
        var setup = setup(settings.name, local, in: folder)
        setup.namespaces = configuration.namespaces
        setup.hidden += jobs
        let machine = MachineRuntime(setup, intake: intake, logger: logger)
        return Place(name: settings.name, kind: .machine(machine))
      case .kubernetes(let cluster):
        let runtime = try self.cluster(
          cluster, owner: "\(configuration.name).\(settings.name)", logger)
        let telemetry = telemetry(of: runtime, cluster, logger)
        return Place(name: settings.name, kind: .cluster(runtime, telemetry))
      }
    }
  }

  private static func cluster(
    _ settings: KubernetesSettings, owner: String, _ logger: Logger
  ) throws -> ClusterRuntime {
    ClusterRuntime(
      ClusterRuntimeSetup(settings, owner: owner),
      client: KubernetesClient(
        try ClusterFactory.access(
          kubeconfig: settings.kubeconfig, context: settings.context, for: "its runtime")),
      clock: SystemClock(), logger: logger)
  }

  /// Returns what shows a controller's deployments in the clusters where the operator wants that.
  static func mirrors(of places: [Place], _ controller: Controller) -> [ClusterMirror] {
    places.compactMap { place in
      guard case .cluster(let runtime, _) = place.kind, runtime.isMirrored else { return nil }
      return ClusterMirror(of: runtime) {
        // A deployment that names no runtime has the first.
        await controller.deployments()?.filter { ($0.runtime ?? places[0].name) == place.name }
      }
    }
  }

  private static func telemetry(
    of runtime: ClusterRuntime, _ settings: KubernetesSettings, _ logger: Logger
  ) -> any Telemetry {
    guard let prometheus = settings.prometheus else { return NoTelemetry() }
    return ClusterTelemetry(
      runtime, PrometheusTelemetry(prometheus, clock: SystemClock(), logger: logger))
  }

  /// Returns who takes the reports of jobs' runs: the runtime that has the deployment.
  static func reports(
    to places: [Place]
  ) -> @Sendable (_ report: BatchReport) async -> EventReceipt {
    { report in
      for place in places {
        if let receipt = await place.take(report) { return receipt }
      }
      return .refused("\(report.deployment) is no batch deployment of this controller")
    }
  }

  /// Returns the runtimes that an ended controller may have left serving; their settings do not matter
  /// any more.
  static func leftovers(in folder: StateFolder, _ logger: Logger) -> [LocalRuntime] {
    folder.runtimeNames.map {
      LocalRuntime(setup($0, LocalSettings(), in: folder), logger: logger)
    }
  }

  private static func setup(
    _ name: String, _ local: LocalSettings, in folder: StateFolder
  ) -> LocalRuntimeSetup {
    var setup = LocalRuntimeSetup(
      folder: folder.runtime(name), local: local, version: Version.current)
    setup.artifactFolder = folder.artifacts(ofRuntime: name)
    setup.logFolder = folder.logs(ofRuntime: name)
    setup.hidden = folder.roots
    return setup
  }
}

/// What counts where the operator named nobody who does: no data is evidence of nothing.
private struct NoTelemetry: Telemetry {
  struct Unnamed: Error, CustomStringConvertible {
    let description = "the operator named no prometheus for the runtime"
  }

  func counters() throws -> Counters { throw Unnamed() }
}
