package import Rollouts

// What a runtime makes of a deployment, known before anything is asked of it.
extension RuntimeSettings {
  /// The upper edges in milliseconds by which latencies are counted; empty where none is.
  package var latencyEdges: [Int] {
    switch place {
    case .local: LatencyEdges.milliseconds
    case .kubernetes(let settings): settings.prometheus?.latencyEdges ?? []
    }
  }

  /// What of the deployment the runtime does not do; empty when it does all of it.
  package func refusals(of deployment: Deployment) -> [String] {
    guard case .kubernetes(let settings) = place else { return [] }
    let steps = deployment.strategy.steps
    return [
      deployment.serving == .batch ? ClusterLimit.batch : nil,
      deployment.strategy.affinity == nil ? nil : .affinity,
      steps.contains { $0.atMostPerSecond != nil } ? .copies : nil,
      steps.contains(where: \.route.isMirror) ? settings.whyNoMirror : nil,
      deployment.loadTest == nil ? nil : .load,
      deployment.revision.model.smoke == nil ? nil : .smoke,
      deployment.slices == nil ? nil : .slices,
      deployment.objectives.contains { $0.isOfPairs } ? .pairs : nil,
      deployment.drift == nil ? nil : settings.whyNoDrift,
    ].compactMap { $0?.rawValue }
  }

  /// How the runtime judges limits that are none of its edges.
  package func warnings(about deployment: Deployment) -> [String] {
    (countsAtServers ? [Self.serversCount(name)] : []) + latencyWarnings(about: deployment)
  }

  /// Whether the servers themselves say how they answered.
  private var countsAtServers: Bool {
    if case .kubernetes(let settings) = place { settings.countedSubject.isPod } else { false }
  }

  private static func serversCount(_ name: String) -> String {
    "the runtime \(name) counts what its servers answer: an error that the gateway makes, as a timeout, "
      + "is not among them"
  }

  private func latencyWarnings(about deployment: Deployment) -> [String] {
    deployment.objectives.compactMap { objective in
      guard case .latency(_, let below) = objective.promise, !latencyEdges.contains(below)
      else { return nil }
      guard !latencyEdges.isEmpty else {
        return "the runtime \(name) counts no latencies, so \(below)ms is never judged"
      }
      let near = LatencyEdges.around(below, of: latencyEdges).map { "\($0)ms" }
      return
        "the runtime \(name) has no bucket that ends at \(below)ms, so it is judged conservatively: "
        + "exact near it: \(near.joined(separator: ", "))"
    }
  }
}

/// What no cluster does: gateways decide by request, and batch jobs have their own machine.
package enum ClusterLimit: String, CaseIterable, Sendable {
  case batch = "a cluster's runtime serves no batch: name a local one"
  case affinity =
    "no gateway keeps clients with a revision: leave affinity and abTest out, or name a local runtime"
  case copies = "no gateway limits copies by the second: lower the mirror's share instead"
  case uncounted =
    "the gateway's counts have no copies: leave mirror and shadow out, or let pods be counted"
  case load = "a cluster's runtime has no load test: leave load out"
  case smoke =
    "a cluster's runtime asks no smoke request: leave smoke out, and let the server's readiness say it"
  case slices =
    "KServe's payload logger says neither statuses nor times: leave slices out, or name a local runtime"
  case pairs =
    "KServe's payload logger calls a copy by another id: leave disagreement out, or name a local runtime"
  case payloads =
    "drift needs what KServe's payload logger sends: the operator can set payloads of the runtime"
  case noLogger = "a container has no payload logger: leave drift out, or name another runtime"
}

extension KubernetesSettings {
  /// Why the runtime cannot judge a copy; nil when it can.
  package var whyNoMirror: ClusterLimit? {
    prometheus?.metrics.countsCopies ?? true ? nil : .uncounted
  }

  /// Why the runtime cannot watch drift; nil when it can.
  package var whyNoDrift: ClusterLimit? {
    if payloads != nil { return nil }
    return server == .kserve ? .payloads : .noLogger
  }
}
