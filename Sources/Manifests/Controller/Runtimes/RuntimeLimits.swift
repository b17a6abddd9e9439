import Analysis
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
      settings.whyNotKept(
        deployment.strategy.affinity, countsEntities: deployment.strategy.goal != nil,
        hasBaseline: deployment.analysis.dependence == .matched),
      steps.contains { $0.atMostPerSecond != nil } ? .copies : nil,
      steps.contains(where: \.route.isMirror) ? settings.whyNoMirror : nil,
      deployment.loadTest?.recorded == nil ? nil : .recorded,
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

/// What a cluster does not do, or not as it is set up.
package enum ClusterLimit: String, CaseIterable, Sendable {
  case batch = "a cluster's runtime serves no batch: name a local one"
  case affinity =
    "the gateways keep no client with a revision: leave affinity out, or the operator can set hashPolicy of the runtime"
  case fields =
    "no gateway hashes a field of the body: let affinity name a header or a cookie"
  case baseline =
    "a gateway that hashes clients keeps them with one of two revisions: leave affinity or dependence: matched out"
  case entities =
    "an A/B test counts entities, and in a cluster Serin is not told whose a request is: name a local runtime"
  case copies = "no gateway limits copies by the second: lower the mirror's share instead"
  case uncounted =
    "the gateway's counts have no copies: leave mirror and shadow out, or let pods be counted"
  case recorded =
    "a cluster's runtime fetches no recorded requests: leave requests of load out, so that they are made up"
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

  /// Why clients cannot be kept as they are to be; nil when they can, or when nobody asks for it.
  ///
  /// A gateway hashes a client to a point between nothing and the sum of the weights, and the backends take their weights of it in
  /// their order. Where two share it, who grows takes points from the other and gives none back. A third one would be moved, and
  /// with it those who are in its place.
  package func whyNotKept(
    _ affinity: Affinity?, countsEntities: Bool, hasBaseline: Bool
  ) -> ClusterLimit? {
    guard let affinity else { return nil }
    if countsEntities { return .entities }
    guard hashPolicy == .envoyGateway else { return .affinity }
    if case .json = affinity { return .fields }
    return hasBaseline ? .baseline : nil
  }

  /// Why the runtime cannot watch drift; nil when it can.
  package var whyNoDrift: ClusterLimit? {
    if payloads != nil { return nil }
    return server == .kserve ? .payloads : .noLogger
  }
}
