/// Which metrics of a Prometheus server are the requests, the errors and the latencies of a revision.
///
/// The presets are values of this type, and so is what an operator describes.
package struct MetricScheme: Equatable, Sendable {
  /// Counters of answered requests, which add up: MLServer counts good and bad answers apart.
  package let requests: [RequestCounter]
  /// Counters of errors that `requests` hold already, each with the names that it may have.
  package let errors: [[String]]
  package let latency: LatencyMetric?
  /// By what the series of a revision are known.
  package let subject: MetricSubject
  /// Whether the requests that a mirror copies are among them.
  package let countsCopies: Bool

  package init(
    requests: [RequestCounter], errors: [[String]] = [], latency: LatencyMetric?,
    by subject: MetricSubject = .backend, countsCopies: Bool = true
  ) {
    self.requests = requests
    self.errors = errors
    self.latency = latency
    self.subject = subject
    self.countsCopies = countsCopies
  }

  /// The upper edges by which a limit is judged exactly, in milliseconds; none when latency is not measured.
  package var latencyEdges: [Int] { latency?.edges ?? [] }
}

/// What an exporter counts apart, and so what tells the series of a revision from those of others.
package enum MetricSubject: Equatable, Sendable {
  /// A backend of a rule of the route, by the name that Envoy Gateway gives its cluster.
  case backend
  /// The Service of a revision, whatever of it is asked for.
  case service(ObjectLabels)
  /// A pod of a revision: the model server counts its own requests.
  case pod(ObjectLabels)

  /// Whether servers count for themselves, each in its pod.
  package var isPod: Bool { if case .pod = self { true } else { false } }

  /// The labels that name an object of a cluster.
  package struct ObjectLabels: Equatable, Sendable {
    package let name: String
    package let namespace: String

    package init(name: String, namespace: String) {
      (self.name, self.namespace) = (name, namespace)
    }
  }

  /// A pod, as Prometheus' operator labels whatever it scrapes of one.
  package static let scrapedPod = pod(ObjectLabels(name: "pod", namespace: "namespace"))
  /// A Service, as Istio's proxies call it.
  package static let meshService = service(
    ObjectLabels(name: "destination_service_name", namespace: "destination_service_namespace"))
}

/// A counter of answered requests.
package struct RequestCounter: Equatable, Sendable {
  /// Which of them are errors.
  package enum Errors: Equatable, Sendable {
    case none, all
    /// Those whose label begins with one of some texts: "5" for 503 as well as for 5xx.
    case label(String, prefixes: [String])
  }

  /// The names that it may have, the preferred first: exporters rename what they count.
  package let names: [String]
  package let errors: Errors
  /// Labels that make an error none: what the client itself ended is no fault of the model's.
  package let spared: [String: String]
  /// Labels that a series must have to be counted.
  package let labels: [String: String]

  package init(
    _ names: [String], errors: Errors, spared: [String: String] = [:],
    labels: [String: String] = [:]
  ) {
    self.names = names
    self.errors = errors
    self.spared = spared
    self.labels = labels
  }
}

/// A classic histogram of how long answers took.
package struct LatencyMetric: Equatable, Sendable {
  package enum Unit: String, CaseIterable, Sendable { case milliseconds, seconds }

  /// The names that it may have, without "_bucket".
  package let names: [String]
  package let unit: Unit
  /// The upper edges that are whole milliseconds, in milliseconds, ascending.
  package let edges: [Int]
  package let labels: [String: String]

  package init(
    _ names: [String], unit: Unit, edges: [Int], labels: [String: String] = [:]
  ) {
    self.names = names
    self.unit = unit
    self.edges = edges
    self.labels = labels
  }
}

/// The exporters whose metrics Serin knows.
package enum MetricPreset: String, CaseIterable, Sendable {
  case envoyGateway = "envoy-gateway"
  case istio
  case mlserver
  case triton
  case vllm
  /// vLLM, judged by the time to the first token.
  case vllmFirstToken = "vllm-first-token"

  package var scheme: MetricScheme {
    switch self {
    case .envoyGateway: .envoyGateway
    case .istio: .istio
    case .mlserver: .mlserver
    case .triton: .triton
    case .vllm: .vllm(.vllmWhole)
    case .vllmFirstToken: .vllm(.vllmFirstToken)
    }
  }

  /// In milliseconds; none when the exporter knows sums alone.
  package var latencyEdges: [Int] { scheme.latencyEdges }
}

extension MetricScheme {
  /// Envoy's own edges, of which 0.5 ms is left out.
  private static let envoyEdges = [
    1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000, 600_000,
    1_800_000, 3_600_000,
  ]

  /// The classes of the answers: `…_rq_total` counts a request when it begins.
  ///
  /// Timeouts, overflows and failed connections are answered by Envoy itself, and so are of class 5.
  fileprivate static let envoyGateway = MetricScheme(
    requests: [
      RequestCounter(
        ["envoy_cluster_upstream_rq_xx"],
        errors: .label("envoy_response_code_class", prefixes: ["5"]))
    ],
    latency: LatencyMetric(
      ["envoy_cluster_upstream_rq_time"], unit: .milliseconds, edges: envoyEdges))

  /// Code 0 is an answer that broke off; with the flag DC it was the client who left.
  ///
  /// A proxy counts what passes its filters, which copies do not.
  fileprivate static let istio = MetricScheme(
    requests: [
      RequestCounter(
        ["istio_requests_total"], errors: .label("response_code", prefixes: ["5", "0"]),
        spared: ["response_flags": "DC"], labels: ["reporter": "source"])
    ],
    latency: LatencyMetric(
      ["istio_request_duration_milliseconds"], unit: .milliseconds, edges: envoyEdges,
      labels: ["reporter": "source"]), by: .meshService, countsCopies: false)

  /// What its HTTP server counts: the counters of models take a client's fault for a failure, and know no latencies.
  fileprivate static let mlserver = MetricScheme(
    requests: [
      RequestCounter(
        ["rest_server_requests_total"], errors: .label("status_code", prefixes: ["5"]),
        labels: ["method": "POST"])
    ],
    latency: LatencyMetric(
      ["rest_server_request_duration_seconds"], unit: .seconds,
      edges: [5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000],
      labels: ["method": "POST"]), by: .scrapedPod)

  fileprivate static let triton = MetricScheme(
    requests: [
      RequestCounter(["nv_inference_request_success"], errors: .none),
      RequestCounter(
        ["nv_inference_request_failure"], errors: .all, spared: ["reason": "CANCELED"]),
    ], latency: nil, by: .scrapedPod)

  /// vLLM itself counts no failures: its HTTP server does, by the class of the status.
  fileprivate static func vllm(_ latency: LatencyMetric) -> MetricScheme {
    MetricScheme(
      requests: [
        RequestCounter(
          ["http_requests_total"], errors: .label("status", prefixes: ["5"]),
          labels: ["method": "POST"])
      ], latency: latency, by: .scrapedPod)
  }
}

extension LatencyMetric {
  fileprivate static let vllmWhole = LatencyMetric(
    ["vllm:e2e_request_latency_seconds"], unit: .seconds,
    edges: [
      300, 500, 800, 1000, 1500, 2000, 2500, 5000, 10_000, 15_000, 20_000, 30_000, 40_000, 50_000,
      60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 7_680_000,
    ])

  fileprivate static let vllmFirstToken = LatencyMetric(
    ["vllm:time_to_first_token_seconds"], unit: .seconds,
    edges: [
      1, 5, 10, 20, 40, 60, 80, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000, 20_000, 40_000,
      80_000, 160_000, 640_000, 2_560_000,
    ])
}
