import Control
import Git
import LocalRuntime
import Logging
import Manifests

/// Makes the runtimes: one Envoy with its model servers for each that the operator names.
enum RuntimeFactory {
  /// A runtime under the name that deployments ask for.
  struct Place {
    let name: String
    let machine: MachineRuntime

    var port: Runtimes.Place {
      Runtimes.Place(name: name, runtime: machine, telemetry: machine).bounded(by: SystemClock())
    }
  }

  static func runtimes(
    _ configuration: ControllerConfiguration, for source: GitRemote, in folder: StateFolder,
    intake: any PayloadIntake, _ logger: Logger
  ) -> [Place] {
    let areSeveral = configuration.runtimes.count > 1
    return configuration.runtimes.map { settings in
      var settings = settings
      settings.local = settings.local.forManifests(ofThisMachine: source.isOnThisMachine)
      var logger = logger
      // Says of which runtime a line is.
      if areSeveral { logger[metadataKey: "runtime"] = "\(settings.name)" }
      var setup = setup(settings, in: folder)
      setup.namespaces = configuration.namespaces
      // Models see nothing of what jobs read, and make no leases.
      setup.hidden += configuration.runtimes.compactMap(\.local.batch?.folder)
      return Place(
        name: settings.name, machine: MachineRuntime(setup, intake: intake, logger: logger))
    }
  }

  /// Returns who takes the reports of jobs' runs: the runtime that has the deployment.
  static func reports(
    to places: [Place]
  ) -> @Sendable (_ report: BatchReport) async -> EventReceipt {
    { report in
      for place in places {
        if let receipt = await place.machine.take(report) { return receipt }
      }
      return .refused("\(report.deployment) is no batch deployment of this controller")
    }
  }

  /// Returns the runtimes that an ended controller may have left serving; their settings do not matter
  /// any more.
  static func leftovers(in folder: StateFolder, _ logger: Logger) -> [LocalRuntime] {
    folder.runtimeNames.map {
      LocalRuntime(setup(RuntimeSettings(name: $0), in: folder), logger: logger)
    }
  }

  private static func setup(
    _ settings: RuntimeSettings, in folder: StateFolder
  ) -> LocalRuntimeSetup {
    var setup = LocalRuntimeSetup(
      folder: folder.runtime(settings.name), local: settings.local, version: Version.current)
    setup.artifactFolder = folder.artifacts(ofRuntime: settings.name)
    setup.logFolder = folder.logs(ofRuntime: settings.name)
    setup.hidden = folder.roots
    return setup
  }
}
