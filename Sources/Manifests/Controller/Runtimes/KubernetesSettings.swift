package import Encoding

/// Model servers as objects of a cluster, behind a gateway of its own.
package struct KubernetesSettings: Equatable, Sendable {
  /// The file that says where the cluster is; nil for the service account of the pod that Serin runs in.
  package var kubeconfig: String?
  /// The context of that file; nil for its current one.
  package var context: String?
  /// The namespace of all objects; nil for the one that has the name of the deployment's.
  package var namespace: String?
  /// The gateways that a deployment's route hangs on.
  package var gateways: [GatewayReference]
  /// The hosts whose requests are meant; empty for all of the gateways' listeners.
  package var hostnames: [String]
  /// Where clients find a deployment; nil for the path that it would have on one machine.
  package var path: PublicPath?
  package var hashPolicy: HashPolicy
  /// How long an answer may take before it counts as an error.
  package var requestTimeout: Duration
  /// How long requests that are under way may take when their revision is unloaded.
  package var drainTimeout: Duration
  /// The paths below a model whose POST requests are inferences.
  package var inferencePaths: [String]
  package var server: ClusterServing
  package var scaling: ServerScaling
  package var reserve: ReserveServing
  /// The image of Serin, which fetches and verifies artifacts in the pods.
  package var image: String
  /// The hosts that artifacts may come from; empty for any with a public address.
  package var allowedHosts: [String]
  /// The folders of the pods below which files are artifacts.
  package var allowedFolders: [String]
  /// What the operator adds to each pod: members of a PodSpec.
  package var pod: JSONValue
  /// What the operator adds to the server's container; with KServe, to the predictor's model.
  package var container: JSONValue
  /// What the operator adds to the container that fetches a model.
  package var fetch: JSONValue
  package var labels: [String: String]
  package var annotations: [String: String]
  package var foreignChanges: ForeignChanges
  /// Whether deployments are shown in the cluster, for people with kubectl.
  package var isMirrored: Bool
  /// Who counts what the gateway answers; nil when nobody does, so that nothing is evidence.
  package var prometheus: PrometheusSettings?
  /// Where servers send what they were asked and answered; nil when nobody looks at it.
  package var payloads: PayloadSettings?

  package init(
    kubeconfig: String? = nil, context: String? = nil, namespace: String? = nil,
    gateways: [GatewayReference], hostnames: [String] = [], path: PublicPath? = nil,
    hashPolicy: HashPolicy = .none,
    requestTimeout: Duration = Defaults.requestTimeout,
    drainTimeout: Duration = Defaults.drainTimeout,
    inferencePaths: [String] = Defaults.inferencePaths, server: ClusterServing = .kserve,
    scaling: ServerScaling = .serin, reserve: ReserveServing = .running, image: String,
    allowedHosts: [String] = [],
    allowedFolders: [String] = [], pod: JSONValue = [:], container: JSONValue = [:],
    fetch: JSONValue = [:], labels: [String: String] = [:], annotations: [String: String] = [:],
    foreignChanges: ForeignChanges = .correct, isMirrored: Bool = false,
    prometheus: PrometheusSettings? = nil, payloads: PayloadSettings? = nil
  ) {
    self.kubeconfig = kubeconfig
    self.context = context
    self.namespace = namespace
    self.gateways = gateways
    self.hostnames = hostnames
    self.path = path
    self.hashPolicy = hashPolicy
    self.requestTimeout = requestTimeout
    self.drainTimeout = drainTimeout
    self.inferencePaths = inferencePaths
    self.server = server
    self.scaling = scaling
    self.reserve = reserve
    self.image = image
    self.allowedHosts = allowedHosts
    self.allowedFolders = allowedFolders
    self.pod = pod
    self.container = container
    self.fetch = fetch
    self.labels = labels
    self.annotations = annotations
    self.foreignChanges = foreignChanges
    self.isMirrored = isMirrored
    self.prometheus = prometheus
    self.payloads = payloads
  }
}

extension KubernetesSettings {
  /// What is counted apart of the requests; as Envoy Gateway does it where nothing is counted.
  package var countedSubject: MetricSubject { prometheus?.metrics.subject ?? .backend }

  /// Whether clients may ask for more than inferences.
  ///
  /// What counts by the Service counts health and metadata like inferences, which alone are evidence.
  package var routesOthers: Bool {
    if case .service = countedSubject { false } else { true }
  }

  /// How many rules a route has before those that demand a header.
  package var rulesOfAnyone: Int { inferencePaths.count + (routesOthers ? 1 : 0) }
}

/// How the payload loggers of a cluster's servers reach Serin.
package struct PayloadSettings: Equatable, Sendable {
  /// Where their events are taken in.
  package var listen: ListenAddress
  /// The place as pods of the cluster reach it, without a path.
  package var url: String
  package var senders: PayloadSenders

  package init(
    listen: ListenAddress = Defaults.payloads, url: String, senders: PayloadSenders = .pods
  ) {
    self.listen = listen
    self.url = url
    self.senders = senders
  }

  /// What a logger posts to.
  package var loggerURL: String { url + "/v1/payloads" }
}

/// Who may say what a server was asked and answered.
package enum PayloadSenders: String, CaseIterable, Sendable {
  /// The server's own pods, by their addresses.
  case pods
  /// Whoever reaches the address: the network alone says who that is.
  case any
}

/// A gateway, or one of its listeners.
package struct GatewayReference: Equatable, Sendable {
  package let name: String
  /// nil for the namespace of the route.
  package let namespace: String?
  /// The name of a listener; nil for all that take the route.
  package let listener: String?

  package init(name: String, namespace: String? = nil, listener: String? = nil) {
    self.name = name
    self.namespace = namespace
    self.listener = listener
  }
}

/// By what the gateways keep a client with the revision that it has met.
package enum HashPolicy: String, CaseIterable, Sendable {
  /// By nothing: each request goes anywhere.
  case none
  /// By a BackendTrafficPolicy of Envoy Gateway for each route whose clients are to stay.
  case envoyGateway = "envoy-gateway"
}

/// What a revision is in a cluster.
package enum ClusterServing: Equatable, Sendable {
  /// An InferenceService of KServe, in its Standard mode.
  case kserve
  /// A Deployment and a Service, whose container speaks the Open Inference Protocol on this port.
  case container(port: Int)
}

/// Who says how many replicas a revision has.
package enum ServerScaling: String, CaseIterable, Sendable {
  /// The manifest does.
  case serin
  /// Something else in the cluster does, as a HorizontalPodAutoscaler: no number is ever applied.
  case others
}

/// What becomes of the old revision while the new one bakes, with all requests.
package enum ReserveServing: String, CaseIterable, Sendable {
  /// It runs on, so that a way back takes a moment.
  case running
  /// Its pods are taken away, and a way back waits until they are there again.
  case stopped
}

/// What becomes of a change that somebody else has made to what Serin applied.
package enum ForeignChanges: String, CaseIterable, Sendable {
  /// It is undone and told; one that comes again and again is held, so that two do not fight.
  case correct
  /// It stays, and the deployment's rollouts hold until it is undone.
  case hold
}
