import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What the objects of one revision say about whether it answers.
struct ServerReading {
  let server: ClusterEntry
  let pods: [ClusterEntry]
  let kind: ClusterServing

  var readiness: Readiness {
    if server.isGoing { return .preparing("unloading") }
    let own =
      switch kind {
      case .kserve: inferenceService
      case .container: deployment
      }
    if own == .ready { return .ready }
    if let failure = pods.lazy.compactMap({ PodReading(pod: $0).failure }).first {
      return .failed(failure)
    }
    guard case .preparing(let words) = own else { return own }
    let waiting = pods.lazy.compactMap { PodReading(pod: $0).waiting }.first
    return .preparing(waiting ?? words)
  }

  /// How many replicas it is asked to have.
  var replicas: Int? {
    switch kind {
    case .kserve: server["spec", "predictor", "minReplicas"]?.number
    case .container: server["spec", "replicas"]?.number
    }
  }

  // MARK: KServe

  /// An InferenceService never changes here: what was true of it once is true of this model.
  private var inferenceService: Readiness {
    let status = server["status", "modelStatus"]
    let transition = status?["transitionStatus"]?.text
    if let transition, ["BlockedByFailedLoad", "InvalidSpec"].contains(transition) {
      return .failed(lastFailure(status) ?? "KServe says \(transition)")
    }
    guard isTrue("Ready"), isTrue("PredictorReady"), transition ?? "UpToDate" == "UpToDate",
      status?[["states", "activeModelState"]]?.text ?? "Loaded" == "Loaded"
    else { return .preparing(lastFailure(status) ?? missing ?? "loading") }
    return .ready
  }

  private func lastFailure(_ status: JSONValue?) -> String? {
    guard let failure = status?["lastFailureInfo"], let reason = failure["reason"]?.text
    else { return nil }
    return (reason + (failure["message"]?.text.map { ": \($0)" } ?? "")).inOneLine
  }

  private var missing: String? {
    for type in ["PredictorReady", "Ready"] {
      guard let condition = condition(type), condition["status"]?.text == "False" else {
        continue
      }
      return "\(type) is false: \(condition["message"]?.text ?? "no message")".inOneLine
    }
    return nil
  }

  private func condition(_ type: String) -> JSONValue? {
    server["status", "conditions"]?.items.first { $0["type"]?.text == type }
  }

  private func isTrue(_ type: String) -> Bool { condition(type)?["status"]?.text == "True" }

  // MARK: A container

  private var deployment: Readiness {
    let status = server["status"]
    let wanted = replicas ?? 1
    let isCurrent = status?["observedGeneration"]?.number == server.metadata.generation
    let ready = status?["readyReplicas"]?.number ?? 0
    if isCurrent, ready >= wanted, status?["updatedReplicas"]?.number ?? 0 >= wanted {
      return .ready
    }
    if let progress = condition("Progressing"), progress["status"]?.text == "False",
      progress["reason"]?.text == "ProgressDeadlineExceeded"
    {
      return .failed((progress["message"]?.text ?? "it made no progress").inOneLine)
    }
    return .preparing("\(ready) of \(wanted) replicas are ready")
  }
}

/// What a pod says about why it is not ready.
struct PodReading {
  let pod: ClusterEntry

  private var fetches: [JSONValue] {
    (pod["status", "initContainerStatuses"]?.items ?? []).filter {
      $0["name"]?.text == RevisionDrawing.fetchName
    }
  }

  private var containers: [JSONValue] { pod["status", "containerStatuses"]?.items ?? [] }

  /// Why it will not become ready without a change; nil when it may.
  var failure: String? {
    for fetch in fetches {
      guard let end = Self.end(of: fetch), end["exitCode"]?.number == Self.wrongData else {
        continue
      }
      return (end["message"]?.text ?? "the artifact is not the one that was asked for")
        .inOneLine
    }
    for container in containers {
      guard let count = container["restartCount"]?.number, count >= Self.mostRestarts,
        let end = Self.end(of: container)
      else { continue }
      let words = end["message"]?.text.map { ": \($0)" } ?? ""
      let reason = end["reason"]?.text ?? "ended"
      let code = end["exitCode"]?.number.map { " (exit code \($0))" } ?? ""
      return "the server ended \(count) times, \(reason)\(code)\(words)".inOneLine
    }
    return nil
  }

  /// What it waits for, in the words of the cluster.
  var waiting: String? {
    let statuses = fetches + containers
    for status in statuses {
      guard let waiting = status[["state", "waiting"]], let reason = waiting["reason"]?.text,
        !["PodInitializing", "ContainerCreating"].contains(reason)
      else { continue }
      let end = Self.end(of: status)?["message"]?.text ?? waiting["message"]?.text
      return (reason + (end.map { ": \($0)" } ?? "")).inOneLine
    }
    let scheduled = (pod["status", "conditions"]?.items ?? []).first {
      $0["type"]?.text == "PodScheduled" && $0["status"]?.text == "False"
    }
    return scheduled.map { "no place: \($0["message"]?.text ?? "no message")".inOneLine }
  }

  /// How many of its containers have ended by themselves, and how the last one did.
  var ends: (count: Int, last: JSONValue)? {
    let ended = containers.filter { ($0["restartCount"]?.number ?? 0) > 0 }
    guard let last = ended.lazy.compactMap(Self.end).first else { return nil }
    return (ended.reduce(0) { $0 + ($1["restartCount"]?.number ?? 0) }, last)
  }

  private static func end(of container: JSONValue) -> JSONValue? {
    container[["state", "terminated"]] ?? container[["lastState", "terminated"]]
  }

  /// What `serin fetch` ends with when asking again gives the same.
  static let wrongData = 65
  /// As often as a server on one machine may end before it is given up.
  private static let mostRestarts = 3
}

extension String {
  /// The text as a line that can be shown; it is a model's or a server's own.
  var inOneLine: String {
    let clean = unicodeScalars.map { scalar in
      scalar.properties.generalCategory == .control ? " " : Character(scalar)
    }
    return String(String(clean).trimmingPrefix { $0 == " " }.prefix(500))
  }
}
