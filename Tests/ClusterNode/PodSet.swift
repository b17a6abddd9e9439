import ClusterKit
import Encoding

/// What asks for pods: an InferenceService or a Deployment.
struct PodSet {
  let type: TypeID
  let namespace: String
  let name: String
  let replicas: Int
  let pod: PodProcess.PodSpec
  /// Whether KServe was told to take away what it has made of it, its Service among that.
  let isStopped: Bool
  private let generation: JSONValue

  var key: String { "\(namespace)/\(name)" }

  init(inferenceService object: JSONValue) {
    let predictor = object["spec"]?["predictor"] ?? [:]
    let isStopped =
      object["metadata"]?["annotations"]?["serving.kserve.io/stop"]?.string == "true"
    self.init(
      .inferenceServices, object,
      replicas: isStopped ? 0 : predictor["minReplicas"]?.integer ?? 1, isStopped: isStopped,
      metadata: predictor, pod: predictor, container: predictor["model"] ?? [:])
  }

  init(deployment object: JSONValue) {
    let template = object["spec"]?["template"] ?? [:]
    let pod = template["spec"] ?? [:]
    self.init(
      .deployments, object, replicas: object["spec"]?["replicas"]?.integer ?? 1,
      metadata: template["metadata"] ?? [:], pod: pod,
      container: pod["containers"]?.items.first ?? [:])
  }

  private init(
    _ type: TypeID, _ object: JSONValue, replicas: Int, isStopped: Bool = false,
    metadata: JSONValue, pod: JSONValue, container: JSONValue
  ) {
    (self.type, self.replicas, self.isStopped) = (type, replicas, isStopped)
    namespace = object["metadata"]?["namespace"]?.string ?? ""
    name = object["metadata"]?["name"]?.string ?? ""
    generation = object["metadata"]?["generation"] ?? 1
    let annotations = metadata["annotations"] ?? [:]
    func variable(_ name: String) -> String {
      (container["env"]?.items ?? []).first { $0["name"]?.string == name }?["value"]?.string ?? ""
    }
    var logger: PodProcess.Logger?
    if let url = pod["logger"]?["url"]?.string {
      logger = PodProcess.Logger(url: url, service: name, namespace: namespace)
    }
    self.pod = PodProcess.PodSpec(
      deployment: annotations["serin.dev/deployment"]?.string ?? "",
      revision: annotations["serin.dev/revision-id"]?.string ?? "",
      metadata: [
        "namespace": .string(namespace), "labels": metadata["labels"] ?? [:],
        "annotations": annotations,
      ],
      fetch: (pod["initContainers"]?.items.first?["args"]?.items ?? []).compactMap(\.string),
      model: variable("SERIN_MODEL_NAME"), version: variable("SERIN_MODEL_VERSION"),
      container: type == .inferenceServices
        ? "kserve-container" : container["name"]?.string ?? "server",
      logger: logger)
  }

  /// What its controller says of it.
  func status(ready: Int) -> JSONValue {
    let isReady = ready >= replicas
    guard type == .inferenceServices else {
      return [
        "observedGeneration": generation, "replicas": .number(replicas),
        "readyReplicas": .number(ready), "updatedReplicas": .number(replicas),
      ]
    }
    guard !isStopped else {
      return [
        "conditions": [
          ["type": "PredictorReady", "status": "False", "reason": "Stopped"],
          ["type": "Ready", "status": "False", "reason": "Stopped"],
          ["type": "Stopped", "status": "True"],
        ]
      ]
    }
    let word: JSONValue = isReady ? "True" : "False"
    return [
      "conditions": [
        ["type": "PredictorReady", "status": word], ["type": "Ready", "status": word],
        ["type": "Stopped", "status": "False"],
      ],
      "modelStatus": [
        "transitionStatus": isReady ? "UpToDate" : "InProgress",
        "states": [
          "activeModelState": isReady ? "Loaded" : "",
          "targetModelState": isReady ? "Loaded" : "Loading",
        ],
      ],
    ]
  }
}
