import Encoding

/// The `prometheus` of a runtime: where counts come from.
enum PrometheusForm {
  static let settings: Form<PrometheusSettings> = .object(
    required("url", url, "The server's address, without /api/v1."),
    optional("bearerTokenFile", Form.text(), "The file of a token; read for each request."),
    optional("basic", basic, "A user, and the file of the password."),
    optional("certificate", certificate, "The files of a client's certificate and its key."),
    optional("caFile", Form.text(), "The certificates to trust instead of the system's."),
    optional("preset", preset, "The exporter whose metrics are read."),
    optional("custom", MetricForm.scheme, "The metrics of another exporter."),
    defaulted(
      "scrapeInterval", Form.duration(.seconds(1)...Duration.seconds(60)),
      default: .string(PrometheusSettings.scrapeInterval.manifestText),
      "How often the server asks the exporters."),
    defaulted(
      "window", Form.duration(.seconds(4)...Duration.seconds(3600)),
      default: .string(PrometheusSettings.window.manifestText),
      "How much of the past is read each time: at least four scrape intervals."),
    defaulted(
      "replicaLabels", Form.list(of: MetricForm.label, count: 0...16),
      default: .array(PrometheusSettings.replicaLabels.map(JSONValue.string)),
      "The labels by which replicas of the server differ."),
    defaulted(
      "labels", MetricForm.labels, default: [:],
      "Labels of the targets that count, as job or cluster: others may tell of the same names.")
  ) {
    fields, url, token, basic, certificate, caFile, preset, custom, interval, window, replicas,
    labels in
    guard let metrics = metrics(fields, preset, custom), check(fields, metrics, labels),
      check(fields, url, token, basic), check(fields, interval, window)
    else { return nil }
    return PrometheusSettings(
      url: url, credentials: token.map { .bearer(file: $0) } ?? basic, certificate: certificate,
      caFile: caFile, metrics: metrics, scrapeInterval: interval, window: window,
      replicaLabels: replicas.map(\.value), labels: labels)
  }

  private static func metrics(
    _ fields: Fields, _ preset: MetricPreset?, _ custom: MetricScheme?
  ) -> MetricScheme? {
    switch (preset, custom) {
    case (let preset?, nil): return preset.scheme
    case (nil, let custom?): return custom
    default:
      fields.error("exactly one of preset, custom is expected", on: custom == nil ? nil : "custom")
      return nil
    }
  }

  private static func check(
    _ fields: Fields, _ url: String, _ token: String?, _ basic: PrometheusSettings.Credentials?
  ) -> Bool {
    if token != nil, basic != nil {
      fields.error("a request carries a token or a password, not both", on: "basic")
      return false
    }
    guard token != nil || basic != nil, let address = Address(url), address.scheme == "http",
      !address.isLoopback
    else { return true }
    fields.error("a secret would be sent without TLS", on: "url", hint: "write https")
    return false
  }

  private static func check(
    _ fields: Fields, _ metrics: MetricScheme, _ labels: [String: String]
  ) -> Bool {
    guard case .service = metrics.subject, labels.isEmpty else { return true }
    fields.error(
      "each proxy of a mesh can tell of every Service", on: "labels",
      hint: "name the gateway's own targets, like {job: istio-ingressgateway}")
    return false
  }

  private static func check(_ fields: Fields, _ interval: Duration, _ window: Duration) -> Bool {
    guard window < interval * 4 else { return true }
    fields.error(
      "the window is shorter than four scrape intervals", on: "window",
      hint: "write \((interval * 4).manifestText) or more")
    return false
  }

  private static let basic: Form<PrometheusSettings.Credentials> = .object(
    required("user", user, "The name."),
    required("passwordFile", Form.text(), "The file of the password; read for each request.")
  ) { _, user, file in .basic(user: user, passwordFile: file) }

  private static let user: Form<String> = .scalar(
    "a user", example: "write a name without a colon",
    schema: ["type": "string", "pattern": "^[^:]+$"]
  ) { scalar throws(TextRefusal) in
    try Form<String>.checkLine(scalar.text, atMost: 256)
    guard !scalar.text.contains(":") else {
      throw TextRefusal(
        message: "the user has a colon in it", hint: "the password belongs into passwordFile",
        isConfidential: true)
    }
    return scalar.text
  }

  private static let certificate: Form<PrometheusSettings.Certificate> = .object(
    required("file", Form.text(), "The certificate, in PEM."),
    required("keyFile", Form.text(), "Its key, in PEM.")
  ) { _, file, key in PrometheusSettings.Certificate(file: file, keyFile: key) }

  private static let preset = Form.word(MetricPreset.allCases.map { ($0.rawValue, $0) })

  private static let urlExample = "write it like https://prometheus.monitoring:9090"

  private static let url: Form<String> = .scalar(
    "a URL", example: urlExample, schema: ["type": "string", "pattern": "^https?://"]
  ) { scalar throws(TextRefusal) in
    try Form<String>.checkSecrets(scalar.text, hint: "write basic: {user, passwordFile}")
    try Form<String>.checkLine(scalar.text, atMost: 2048)
    guard let address = Address(scalar.text), !address.host.isEmpty,
      ["https", "http"].contains(address.scheme),
      !scalar.text.contains(where: { $0.isWhitespace || "\\#?".contains($0) })
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the URL of a server", hint: urlExample)
    }
    guard !address.path.contains("/api/v1") else {
      throw TextRefusal(message: "the URL has /api/v1 in it", hint: urlExample)
    }
    return String(scalar.text.reversed().drop { $0 == "/" }.reversed())
  }
}
