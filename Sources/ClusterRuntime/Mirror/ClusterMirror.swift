package import Control
import Encoding
import Foundation
import Kubernetes
import Logging
import Manifests
import Rollouts

/// Shows what a controller knows of its deployments in the cluster, for people who look there with kubectl.
///
/// Nothing is read from these objects: edits of them change nothing, and are undone.
package actor ClusterMirror {
  private let setup: ClusterRuntimeSetup
  private let client: KubernetesClient
  private let clock: any WallClock
  private let logger: Logger
  private let failures: DeduplicatedErrors
  /// What there is to show; nil while this controller has nothing to say of it, as one that stands by.
  private let reports: @Sendable () async -> [DeploymentReport]?
  private var shown: [ObjectName: ClusterEntry] = [:]
  /// The statuses that were there first, or that were written here: what somebody else writes later is no reason.
  private var own: [ObjectName: JSONValue] = [:]
  private var isRead = false
  /// The number of the last decision that an event was made of.
  private var told: [DeploymentName: Int] = [:]
  /// When each status was written last.
  private var written: [ObjectName: ContinuousClock.Instant] = [:]
  /// What each deployment was shown as last, or could not be: most are the same a second later.
  private var done: [DeploymentName: Done] = [:]

  private struct Done {
    let report: DeploymentReport
    /// The version of the object then.
    let version: String?
    let at: ContinuousClock.Instant
  }

  /// The observed share moves with every request, and what could not be shown is tried again.
  private static let leastPause = Duration.seconds(10)

  /// Creates the value beside the runtime whose deployments are shown; both are one client of the cluster.
  package init(
    of runtime: ClusterRuntime, reports: @escaping @Sendable () async -> [DeploymentReport]?
  ) {
    setup = runtime.setup
    client = runtime.client
    clock = runtime.clock
    logger = runtime.logger
    self.reports = reports
    failures = DeduplicatedErrors(logger: logger)
  }

  /// Shows what is, once a second, until the task is cancelled.
  package func run() async {
    let follower = Follower<ClusterEntry>(
      client, MirrorDrawing.type, in: setup.settings.namespace, labels: setup.selector,
      logger: logger
    ) { [weak self] changes in await self?.take(changes) }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await follower.run() }
      group.addTask {
        while (try? await Task.sleep(for: .seconds(1))) != nil { await self.show() }
      }
    }
  }

  private func take(_ changes: [Change<ClusterEntry>]) {
    for change in changes {
      switch change {
      case .set(let entry):
        shown[entry.objectName] = entry
        own[entry.objectName] = own[entry.objectName] ?? entry["status"]
      case .gone(let name): shown[name] = nil
      }
    }
    isRead = true
  }

  private func show() async {
    guard isRead, let reports = await reports() else { return }
    let alive = reports.filter { $0.position != .retired }
    for report in alive where !Task.isCancelled && !isDone(report) {
      await failures.run("show \(report.name) in the cluster") { try await self.show(report) }
      done[report.name] = Done(report: report, version: version(of: report), at: .now)
    }
    let names = Set(alive.map { setup.names(of: $0.name).route })
    for (name, entry) in shown where !names.contains(name) && !entry.isGoing {
      await failures.run("take \(name) out of the cluster") {
        try await self.client.delete(MirrorDrawing.type, entry.metadata)
      }
    }
  }

  private func isDone(_ report: DeploymentReport) -> Bool {
    guard let last = done[report.name], last.report == report else { return false }
    return last.version == version(of: report) && .now - last.at < Self.leastPause
  }

  private func version(of report: DeploymentReport) -> String? {
    shown[setup.names(of: report.name).route]?.metadata.resourceVersion
  }

  private func show(_ report: DeploymentReport) async throws {
    let names = setup.names(of: report.name)
    func draw() -> MirrorDrawing {
      MirrorDrawing(
        names: names, report: report, shown: shown[names.route], own: own[names.route],
        now: clock.now)
    }
    let drawing = draw()
    try await refuseForeign(drawing)
    if shown[drawing.name].map({ !drawing.object.json.isWithin($0.json) }) ?? true {
      shown[drawing.name] = try await client.apply(
        drawing.object.json, MirrorDrawing.type, drawing.name, ownership: .forced)
    }
    try await showStatus(draw())
    try await tell(report, drawing)
  }

  /// Leaves an object alone that another controller, or this one for another deployment, shows under the same name.
  private func refuseForeign(_ drawing: MirrorDrawing) async throws {
    let known: ClusterEntry?
    if let entry = shown[drawing.name] {
      known = entry
    } else {
      known = try await client.find(MirrorDrawing.type, drawing.name)
    }
    guard known?.belongs(to: drawing.report.name, by: setup.owner) ?? true else {
      throw ClusterRuntimeError(
        .foreign, "ModelDeployment \(drawing.name) is shown by something else, and is left alone")
    }
  }

  private func showStatus(_ drawing: MirrorDrawing) async throws {
    let (name, status) = (drawing.name, drawing.status)
    guard let entry = shown[name], entry["status"] != status else { return }
    let isStale = written[name].map { .now - $0 >= Self.leastPause } ?? true
    guard isStale || entry["status"]?.with("observed", "") != status.with("observed", "") else {
      return
    }
    shown[name] = try await client.applyStatus(
      status, MirrorDrawing.type, name, uid: entry.metadata.uid)
    (written[name], own[name]) = (.now, status)
  }

  /// Makes an event of each decision of which there is none yet.
  private func tell(_ report: DeploymentReport, _ drawing: MirrorDrawing) async throws {
    let object = ObjectReference(
      MirrorDrawing.type, drawing.name, uid: shown[drawing.name]?.metadata.uid)
    for decision in report.told where decision.number > told[report.name] ?? 0 {
      try await client.tell(decision.event(about: object))
      told[report.name] = decision.number
    }
  }
}
