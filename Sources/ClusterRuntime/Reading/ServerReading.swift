import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What the objects of one revision say about whether it answers.
struct ServerReading: Equatable {
  /// Whether it is on its way out.
  let isGoing: Bool
  /// Whether it is to have no pods.
  let isStopped: Bool
  /// Whether the cluster says that what is to have none has none.
  let isAtRest: Bool
  let readiness: Readiness
  /// How many replicas it is asked to have.
  let replicas: Int?
  /// How its containers have ended by themselves, of those that did.
  let crash: Crash?

  init(
    server: ClusterEntry, pods: [ClusterEntry], kind: ClusterServing,
    scaling: ServerScaling = .serin
  ) {
    let object = ServerObject(server, kind, scaling)
    let pods = pods.map(PodReading.init)
    isGoing = server.isGoing
    replicas = object.replicas
    crash = Crash.together(pods.compactMap(\.crash))
    (isStopped, isAtRest) = (object.isStopped, object.isAtRest)
    readiness =
      isGoing
      ? .preparing("unloading")
      : isStopped ? .preparing("stopped") : object.readiness.explained(by: pods)
  }
}

extension Readiness {
  /// The readiness with the reason that a pod gives, which knows more of it than what made the pod.
  fileprivate func explained(by pods: [PodReading]) -> Readiness {
    guard self != .ready else { return self }
    if let failure = pods.lazy.compactMap(\.failure).first { return .failed(failure) }
    guard case .preparing(let words) = self else { return self }
    return .preparing(pods.lazy.compactMap(\.waiting).first ?? words)
  }
}

/// What the object that makes pods says of them.
private struct ServerObject {
  private let generation: Int?
  private let annotations: [String: String]
  private let json: JSONValue
  private let kind: ClusterServing
  private let scaling: ServerScaling

  init(_ entry: ClusterEntry, _ kind: ClusterServing, _ scaling: ServerScaling) {
    (generation, json) = (entry.metadata.generation, entry.json)
    annotations = entry.metadata.annotations ?? [:]
    (self.kind, self.scaling) = (kind, scaling)
  }

  private var status: JSONValue? { json["status"] }

  var readiness: Readiness {
    switch kind {
    case .kserve: inferenceService
    case .container: deployment
    }
  }

  var replicas: Int? {
    switch kind {
    case .kserve: json[["spec", "predictor", "minReplicas"]]?.integer
    case .container: json[["spec", "replicas"]]?.integer
    }
  }

  /// Whether it was told to have no pods; where others scale a container, none is a number like any other.
  var isStopped: Bool {
    switch kind {
    case .kserve: annotations[RevisionDrawing.stopKey]?.lowercased() == "true"
    case .container: scaling == .serin && replicas == 0
    }
  }

  /// A Deployment's status says which version of it is meant, so that a start after it is told from the stop.
  var isAtRest: Bool {
    switch kind {
    case .kserve: isTrue("Stopped") && !isTrue("Ready")
    case .container: true
    }
  }

  // MARK: KServe

  /// An InferenceService never changes here: what was true of it once is true of this model.
  private var inferenceService: Readiness {
    let model = status?["modelStatus"]
    let transition = model?["transitionStatus"]?.string
    if let transition, ["BlockedByFailedLoad", "InvalidSpec"].contains(transition) {
      return .failed(lastFailure(model) ?? "KServe says \(transition)")
    }
    guard isTrue("Ready"), isTrue("PredictorReady"), transition ?? "UpToDate" == "UpToDate",
      model?[["states", "activeModelState"]]?.string ?? "Loaded" == "Loaded"
    else { return .preparing(lastFailure(model) ?? missing ?? "loading") }
    return .ready
  }

  private func lastFailure(_ model: JSONValue?) -> String? {
    guard let failure = model?["lastFailureInfo"], let reason = failure["reason"]?.string
    else { return nil }
    return (reason + (failure["message"]?.string.map { ": \($0)" } ?? "")).inOneLine
  }

  private var missing: String? {
    for type in ["PredictorReady", "Ready"] {
      guard let condition = condition(type), condition["status"]?.string == "False" else {
        continue
      }
      return "\(type) is false: \(condition["message"]?.string ?? "no message")".inOneLine
    }
    return nil
  }

  private func condition(_ type: String) -> JSONValue? {
    status?["conditions"]?.items.first { $0["type"]?.string == type }
  }

  private func isTrue(_ type: String) -> Bool { condition(type)?["status"]?.string == "True" }

  // MARK: A container

  private var deployment: Readiness {
    // Somebody may have scaled it to none. What an autoscaler adds is not missed until it is there.
    let wanted = scaling == .serin ? max(1, replicas ?? 1) : 1
    let isCurrent = status?["observedGeneration"]?.integer == generation
    let ready = status?["readyReplicas"]?.integer ?? 0
    if isCurrent, ready >= wanted, status?["updatedReplicas"]?.integer ?? 0 >= wanted {
      return .ready
    }
    if let progress = condition("Progressing"), progress["status"]?.string == "False",
      progress["reason"]?.string == "ProgressDeadlineExceeded"
    {
      return .failed((progress["message"]?.string ?? "it made no progress").inOneLine)
    }
    return .preparing("\(ready) of \(wanted) replicas are ready")
  }
}

/// What a pod says about why it is not ready.
struct PodReading {
  private let status: JSONValue?

  init(_ pod: ClusterEntry) { status = pod.json["status"] }

  /// Whether it has ended for good: one that was evicted stays as an object.
  var isOver: Bool { ["Succeeded", "Failed"].contains(status?["phase"]?.string) }

  private var fetches: [JSONValue] {
    (status?["initContainerStatuses"]?.items ?? []).filter {
      $0["name"]?.string == RevisionDrawing.fetchName
    }
  }

  private var containers: [JSONValue] { status?["containerStatuses"]?.items ?? [] }

  /// Why it will not become ready without a change; nil when it may.
  var failure: String? {
    for fetch in fetches {
      guard let end = Self.end(of: fetch), end["exitCode"]?.integer == Self.wrongData else {
        continue
      }
      return Self.words(of: end) ?? "the artifact is not the one that was asked for"
    }
    for container in containers {
      // One that is ready has overcome whatever it was.
      guard let count = container["restartCount"]?.integer, count >= Self.mostRestarts,
        container["ready"] != true, let end = Self.end(of: container)
      else { continue }
      let words = end["message"]?.string.map { ": \($0)" } ?? ""
      let reason = end["reason"]?.string ?? "ended"
      let code = end["exitCode"]?.integer.map { " (exit code \($0))" } ?? ""
      return "the server ended \(count) times, \(reason)\(code)\(words)".inOneLine
    }
    return nil
  }

  /// What it waits for, in the words of the cluster.
  var waiting: String? {
    let statuses = fetches + containers
    for status in statuses {
      guard let waiting = status[["state", "waiting"]], let reason = waiting["reason"]?.string,
        !["PodInitializing", "ContainerCreating"].contains(reason)
      else { continue }
      let words = Self.end(of: status).flatMap(Self.words) ?? waiting["message"]?.string
      return (reason + (words.map { ": \($0)" } ?? "")).inOneLine
    }
    let scheduled = (status?["conditions"]?.items ?? []).first {
      $0["type"]?.string == "PodScheduled" && $0["status"]?.string == "False"
    }
    return scheduled.map { "no place: \($0["message"]?.string ?? "no message")".inOneLine }
  }

  /// How many of its containers have ended by themselves, and how the last one did.
  var ends: (count: Int, last: JSONValue)? {
    let ended = containers.filter { ($0["restartCount"]?.integer ?? 0) > 0 }
    guard let last = ended.lazy.compactMap(Self.end).first else { return nil }
    return (ended.reduce(0) { $0 + ($1["restartCount"]?.integer ?? 0) }, last)
  }

  private static func end(of container: JSONValue) -> JSONValue? {
    container[["state", "terminated"]] ?? container[["lastState", "terminated"]]
  }

  /// What a container said at its end.
  ///
  /// A cluster shows the end of its log. Of what `serin fetch` writes there the error is for everybody, and the lines
  /// before are the operator's: they name the digest that was found.
  private static func words(of end: JSONValue) -> String? {
    guard let message = end["message"]?.string else { return nil }
    let lines = message.split(whereSeparator: \.isNewline)
    let start = lines.lastIndex { $0.hasPrefix(errorMark) }
    let said = start.map { lines[$0...].joined(separator: " ").dropFirst(errorMark.count) }
    return (said.map(String.init) ?? message).inOneLine
  }

  private static let errorMark = "error: "

  /// What `serin fetch` ends with when asking again gives the same.
  static let wrongData = 65
  /// As often as a server on one machine may end before it is given up.
  private static let mostRestarts = 3
}

extension String {
  /// The text as a line that can be shown; it is a model's or a server's own.
  var inOneLine: String {
    let clean = unicodeScalars.prefix(500).map { DisplayText.isUnsafe($0) ? " " : $0 }
    var line = String.UnicodeScalarView()
    line.append(contentsOf: clean.drop { $0 == " " })
    return String(line)
  }
}
