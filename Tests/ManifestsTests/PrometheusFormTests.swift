import Testing

@testable import Manifests

/// The `prometheus` of a runtime, as an operator writes it.
@Suite struct PrometheusFormTests {
  private func read(_ text: String) -> (PrometheusSettings?, [String]) {
    let findings = Findings(path: "serin.yaml")
    let node = Documents(Array(text.utf8), findings: findings).roots.first
    let settings = node.flatMap { PrometheusForm.settings.read($0, findings) }
    return (settings, findings.diagnostics.map(\.message))
  }

  @Test func presetHasEverythingElse() {
    let (settings, problems) = read("{url: \"http://prometheus:9090/\", preset: envoy-gateway}")
    #expect(problems.isEmpty)
    #expect(
      settings
        == PrometheusSettings(
          url: "http://prometheus:9090", metrics: MetricPreset.envoyGateway.scheme))
    #expect(settings?.latencyEdges.prefix(4) == [1, 5, 10, 25])
  }

  @Test func everythingCanBeSaid() {
    let (settings, problems) = read(
      """
      url: https://prometheus/prefix
      basic: {user: serin, passwordFile: /run/password}
      certificate: {file: /run/tls.crt, keyFile: /run/tls.key}
      caFile: /run/ca.crt
      scrapeInterval: 30s
      window: 5m
      replicaLabels: [replica]
      labels: {job: gateway}
      custom:
        requests:
        - names: [new_total, old_total]
          errorsWhere: {label: code, beginsWith: ["5"]}
          notErrorsWhere: {flag: gone}
          labels: {side: server}
        errors: [[aborted_total]]
        latency: {names: [took_seconds], unit: seconds, edges: [100, 250]}
        by: {service: {name: backend_name, namespace: backend_namespace}}
        countsCopies: false
      """)
    #expect(problems.isEmpty)
    let scheme = MetricScheme(
      requests: [
        RequestCounter(
          ["new_total", "old_total"], errors: .label("code", prefixes: ["5"]),
          spared: ["flag": "gone"], labels: ["side": "server"])
      ], errors: [["aborted_total"]],
      latency: LatencyMetric(["took_seconds"], unit: .seconds, edges: [100, 250]),
      by: .service(.init(name: "backend_name", namespace: "backend_namespace")),
      countsCopies: false)
    #expect(
      settings
        == PrometheusSettings(
          url: "https://prometheus/prefix",
          credentials: .basic(user: "serin", passwordFile: "/run/password"),
          certificate: .init(file: "/run/tls.crt", keyFile: "/run/tls.key"), caFile: "/run/ca.crt",
          metrics: scheme, scrapeInterval: .seconds(30), window: .seconds(300),
          replicaLabels: ["replica"], labels: ["job": "gateway"]))
  }

  /// What is counted apart, in words or by its labels.
  @Test(
    arguments: [
      ("backend", .backend),
      ("pod", .pod(.init(name: "pod", namespace: "namespace"))),
      (
        "{pod: {name: kubernetes_pod, namespace: ns}}",
        .pod(.init(name: "kubernetes_pod", namespace: "ns"))
      ),
    ] as [(String, MetricSubject)])
  func subjectsAreKnown(text: String, subject: MetricSubject) {
    let (settings, problems) = read(
      "{url: \"http://x\", custom: {requests: [{names: [a]}], by: \(text)}}")
    #expect(problems.isEmpty)
    #expect(settings?.metrics.subject == subject)
    #expect(settings?.metrics.countsCopies == true)
  }

  @Test(
    arguments: [
      ("{preset: mlserver}", "missing key \"url\""),
      ("{url: \"ftp://x\", preset: mlserver}", "\"ftp://x\" is not the URL of a server"),
      (
        "{url: \"http://a:b@x\", preset: mlserver}",
        "the address has a user name or a password in it"
      ),
      ("{url: \"http://x/api/v1\", preset: mlserver}", "the URL has /api/v1 in it"),
      ("{url: \"http://x\", preset: istio}", "each proxy of a mesh can tell of every Service"),
      (
        "{url: \"http://x\", custom: {requests: [{names: [a]}], by: {pod: {name: p, namespace: p}}}}",
        "one label is to have both"
      ),
      ("{url: \"http://x\"}", "exactly one of preset, custom is expected"),
      (
        "{url: \"http://x\", preset: mlserver, custom: {requests: [{names: [a]}]}}",
        "exactly one of preset, custom is expected"
      ),
      (
        "{url: \"http://x\", preset: mlserver, bearerTokenFile: /t}",
        "a secret would be sent without TLS"
      ),
      (
        "{url: \"https://x\", preset: mlserver, bearerTokenFile: /t, basic: {user: u, passwordFile: /p}}",
        "a request carries a token or a password, not both"
      ),
      (
        "{url: \"http://x\", preset: mlserver, window: 30s}",
        "the window is shorter than four scrape intervals"
      ),
      (
        "{url: \"http://x\", custom: {requests: [{names: [\"a-b\"]}]}}",
        "\"a-b\" is not the name of a metric"
      ),
      (
        "{url: \"http://x\", custom: {requests: [{names: [a]}, {names: [a]}]}}",
        "the metric \"a\" is named twice"
      ),
      (
        "{url: \"http://x\", custom: {requests: [{names: [a]}], latency: {names: [l], unit: seconds, edges: [5, 5]}}}",
        "the edges do not ascend"
      ),
    ])
  func whatIsWrongIsSaid(text: String, message: String) {
    let (settings, problems) = read(text)
    #expect(settings == nil)
    #expect(problems == [message])
  }

  @Test(arguments: MetricPreset.allCases)
  func edgesOfPresetsAscend(preset: MetricPreset) {
    let edges = preset.latencyEdges
    #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
  }
}
