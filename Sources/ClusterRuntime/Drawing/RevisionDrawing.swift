import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What serves one revision, as objects of the cluster that never change but for their number of replicas.
struct RevisionDrawing {
  let names: ClusterNames
  let settings: KubernetesSettings
  let revision: Revision
  var replicas: Int
  /// Whether what it is asked and answers is to be sent to Serin.
  var isLogged = false
  /// Whether it is to have no pods until there is a way back.
  var isStopped = false

  /// In the order in which they are applied: a Service that is somebody else's ends it before anything serves.
  var objects: [DrawnObject] {
    switch settings.server {
    case .kserve: [server]
    case .container(let port): [service(port), server]
    }
  }

  /// What says how many replicas there are.
  var server: DrawnObject {
    var one = self
    (one.replicas, one.isStopped) = (1, false)
    return unmarkedServer.marked(asDrawn: one.unmarkedServer)
  }

  /// How many replicas the drawn server has: an operator's own number goes before that of the plan.
  var drawnReplicas: Int? {
    guard settings.server == .kserve, let own = settings.pod["minReplicas"] else {
      return replicas
    }
    return own.integer
  }

  private var unmarkedServer: DrawnObject {
    switch settings.server {
    case .kserve: inferenceService
    case .container(let port): deployment(port)
    }
  }

  private var name: ObjectName { names.server(revision.id) }

  private var metadata: [String: JSONValue] {
    let own = JSONValue.object(names.metadata(name, revision: revision.id))
    let operators: JSONValue = [
      "labels": .texts(settings.labels), "annotations": .texts(settings.annotations),
    ]
    // What an object is known by is not the operator's to change.
    guard case .object(let all) = operators.merged(with: own) else { return [:] }
    return all
  }

  private var labels: JSONValue { metadata["labels"] ?? [:] }

  // MARK: KServe

  private var inferenceService: DrawnObject {
    var metadata = JSONValue.object(metadata)
    // KServe makes no route of its own then.
    metadata = metadata.merged(with: [
      "labels": ["networking.kserve.io/visibility": "cluster-local"]
    ])
    if settings.reserve == .stopped || isStopped {
      metadata = metadata.merged(with: [
        "annotations": [Self.stopKey: .string(isStopped ? "true" : "false")]
      ])
    }
    let annotations = JSONValue.texts([
      ClusterNames.Key.deployment: names.deployment.description,
      ClusterNames.Key.revisionName: revision.id.description,
    ])
    let predictor: JSONValue = [
      "automountServiceAccountToken": false, "securityContext": Self.podSecurity,
      "labels": labels, "annotations": annotations, "initContainers": [fetch],
      "volumes": [Self.volume],
      "model": model,
    ]
    let scaled = predictor.merged(with: scale(["minReplicas", "maxReplicas"], to: replicas))
    let logged = logger.map { scaled.merged(with: ["logger": $0]) } ?? scaled
    guard case .object(let members) = metadata else { preconditionFailure("metadata is an object") }
    return DrawnObject(
      .inferenceServices, name, metadata: members,
      spec: ["predictor": logged.merged(with: settings.pod)])
  }

  /// The number of replicas under some keys; none where others say it.
  private func scale(_ keys: [String], to count: Int) -> JSONValue {
    guard settings.scaling == .serin else { return [:] }
    return .object(Dictionary(uniqueKeysWithValues: keys.map { ($0, .number(count)) }))
  }

  /// By this annotation KServe keeps an InferenceService and takes everything away that it has made of it.
  static let stopKey = "serving.kserve.io/stop"

  /// KServe's agent posts each request and each answer; it takes no share of them.
  private var logger: JSONValue? {
    guard isLogged, let payloads = settings.payloads else { return nil }
    return ["mode": "all", "url": .string(payloads.loggerURL)]
  }

  static let loggerPath = ["spec", "predictor", "logger"]

  private var model: JSONValue {
    let model: JSONValue = [
      "modelFormat": ["name": .string(revision.model.format)], "protocolVersion": "v2",
      "env": environment, "volumeMounts": [Self.mount(isReadOnly: true)],
      "securityContext": Self.unprivileged,
    ]
    return model.merged(with: settings.container)
  }

  // MARK: A container

  private func deployment(_ port: Int) -> DrawnObject {
    let annotations = JSONValue.texts([
      ClusterNames.Key.deployment: names.deployment.description,
      ClusterNames.Key.revisionName: revision.id.description,
    ])
    let pod: JSONValue = [
      "automountServiceAccountToken": false, "securityContext": Self.podSecurity,
      "initContainers": [fetch], "volumes": [Self.volume], "containers": [container(port)],
    ]
    let spec: JSONValue = [
      "selector": ["matchLabels": selector],
      "template": [
        "metadata": ["labels": labels, "annotations": annotations],
        "spec": pod.merged(with: settings.pod),
      ],
    ]
    return DrawnObject(
      .deployments, name, metadata: metadata,
      spec: spec.merged(with: scale(["replicas"], to: isStopped ? 0 : replicas)))
  }

  private func container(_ port: Int) -> JSONValue {
    let path = "/v2/models/\(names.deployment.name)/ready"
    let container: JSONValue = [
      "name": .string(Self.serverName), "env": environment, "securityContext": Self.unprivileged,
      "volumeMounts": [Self.mount(isReadOnly: true)],
      "ports": [["name": "http", "containerPort": .number(port), "protocol": "TCP"]],
      "readinessProbe": [
        "httpGet": ["path": .string(path), "port": .number(port)], "periodSeconds": 2,
      ],
    ]
    return container.merged(with: settings.container)
  }

  private func service(_ port: Int) -> DrawnObject {
    DrawnObject(
      .services, name, metadata: metadata,
      spec: [
        "selector": selector,
        "ports": [
          [
            "name": "http", "port": .number(Self.servicePort), "targetPort": .number(port),
            "protocol": "TCP",
          ]
        ],
      ])
  }

  /// Where a revision's Service answers, as that of KServe does.
  static let servicePort = 80

  private var selector: JSONValue { [ClusterNames.Key.instance: .string(name.name)] }

  // MARK: In each pod

  private static let modelFolder = "/mnt/models"
  static let fetchName = "serin-fetch"
  static let serverName = "server"

  /// A model is a program that somebody wrote: it gets no right to ask the cluster for anything.
  private static let podSecurity: JSONValue = [
    "runAsNonRoot": true, "seccompProfile": ["type": "RuntimeDefault"],
  ]

  private static let unprivileged: JSONValue = [
    "allowPrivilegeEscalation": false, "capabilities": ["drop": ["ALL"]],
  ]

  private static let volume: JSONValue = ["name": "serin-model", "emptyDir": [:]]

  private static func mount(isReadOnly: Bool) -> JSONValue {
    [
      "name": "serin-model", "mountPath": .string(modelFolder), "readOnly": .bool(isReadOnly),
    ]
  }

  /// Fetches the artifact and verifies it: what is not the one of the digest serves nothing.
  private var fetch: JSONValue {
    let model = revision.model
    let digest = model.digest.map { ["--digest=\($0)"] } ?? []
    let allowed =
      settings.allowedHosts.map { "--allow-host=\($0)" }
      + settings.allowedFolders.map { "--allow-folder=\($0)" }
    let arguments =
      ["fetch", "--uri=\(model.uri)"] + digest + ["--into=\(Self.modelFolder)"] + allowed
    let own: JSONValue = [
      "image": .string(settings.image),
      "args": .array(arguments.map { .string($0.withoutReferences) }),
      "securityContext": Self.unprivileged, "volumeMounts": [Self.mount(isReadOnly: false)],
      // The reason stands in the pod's status then.
      "terminationMessagePolicy": "FallbackToLogsOnError",
    ]
    // By this name the container is found that failed.
    return own.merged(with: settings.fetch).with("name", .string(Self.fetchName))
  }

  /// What a server is told of its model; MLServer reads the names that begin with its own.
  private var environment: JSONValue {
    let variables = [
      ("SERIN_MODEL_NAME", names.deployment.name), ("SERIN_MODEL_VERSION", revision.model.version),
      ("SERIN_REVISION", revision.id.description), ("SERIN_MODEL_FOLDER", Self.modelFolder),
      ("MLSERVER_MODEL_NAME", names.deployment.name), ("MLSERVER_MODEL_URI", Self.modelFolder),
      ("MLSERVER_MODEL_VERSION", revision.model.version),
    ]
    return .array(
      variables.map { ["name": .string($0.0), "value": .string($0.1.withoutReferences)] })
  }
}

extension String {
  /// The text as a pod has to be told it: `$(NAME)` would be a variable, and `$$` a sign.
  fileprivate var withoutReferences: String { replacing("$", with: "$$") }
}
