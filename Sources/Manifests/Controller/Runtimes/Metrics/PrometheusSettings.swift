/// Where a Prometheus server is, as whom it is asked, and which of its metrics are read.
package struct PrometheusSettings: Equatable, Sendable {
  /// What goes into the header Authorization; the files are read for each request.
  package enum Credentials: Equatable, Sendable {
    case bearer(file: String)
    case basic(user: String, passwordFile: String)
  }

  /// The files of a client's certificate and its key, in PEM.
  package struct Certificate: Equatable, Sendable {
    package let file: String
    package let keyFile: String

    package init(file: String, keyFile: String) {
      self.file = file
      self.keyFile = keyFile
    }
  }

  /// Without "/api/v1" and without a slash at the end.
  package let url: String
  package let credentials: Credentials?
  package let certificate: Certificate?
  /// The certificates to trust instead of the system's.
  package let caFile: String?
  package let metrics: MetricScheme
  /// How often Prometheus asks the exporters.
  package let scrapeInterval: Duration
  /// How much of the past an answer holds.
  package let window: Duration
  /// Labels by which replicas of Prometheus differ.
  package let replicaLabels: [String]
  /// Labels that a target must have, as the job of the gateway: whoever else is scraped may use the same names.
  package let labels: [String: String]

  package static let scrapeInterval = Duration.seconds(15)
  package static let window = Duration.seconds(120)
  package static let replicaLabels = ["prometheus_replica", "__replica__"]

  package init(
    url: String, credentials: Credentials? = nil, certificate: Certificate? = nil,
    caFile: String? = nil, metrics: MetricScheme, scrapeInterval: Duration = scrapeInterval,
    window: Duration = window, replicaLabels: [String] = replicaLabels,
    labels: [String: String] = [:]
  ) {
    self.url = url
    self.credentials = credentials
    self.certificate = certificate
    self.caFile = caFile
    self.metrics = metrics
    self.scrapeInterval = scrapeInterval
    self.window = window
    self.replicaLabels = replicaLabels
    self.labels = labels
  }

  /// The edges of latency that `plan` may judge by, in milliseconds.
  package var latencyEdges: [Int] { metrics.latencyEdges }
}
