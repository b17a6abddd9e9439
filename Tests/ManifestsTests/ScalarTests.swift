import Manifests
import Rollouts
import Testing

/// The syntax of each kind of scalar, tried through a manifest as a person writes it.
@Suite struct ScalarTests {
  private func deployment(_ spec: String) -> Deployment? {
    ManifestText(spec: "  " + spec).file.deployments.first?.deployment
  }

  @Test(
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("10m", 600_000), ("1h30m", 5_400_000), ("2h", 7_200_000),
      ("7d", 604_800_000), ("0s", 0), ("1d2h3m4s5ms", 93_784_005), ("\"90s\"", 90_000),
      ("365d", 31_536_000_000),
      ("", nil), ("5", nil), ("5.5s", nil), ("-5s", nil), ("5 s", nil), ("5S", nil), ("s", nil),
      ("30m1h", nil), ("1m1m", nil), ("5m0", nil), ("1w", nil), ("366d", nil), ("٣s", nil),
      ("99999999999d", nil), ("999999999999999999999s", nil), ("{}", nil), ("[1s]", nil),
    ] as [(String, Int?)])
  func duration(text: String, milliseconds: Int?) {
    #expect(deployment("bake: \(text)")?.bake == milliseconds.map { .milliseconds($0) })
  }

  @Test(arguments: [0, 1, 500, 1000, 5_400_000, 93_784_005, 604_800_000])
  func durationIsWrittenAsItIsRead(milliseconds: Int) {
    let text = Duration.milliseconds(milliseconds).manifestText
    #expect(deployment("bake: \(text)")?.bake == .milliseconds(milliseconds))
  }

  @Test(
    arguments: [
      ("1%", 10_000), ("0.5%", 5000), ("0.05%", 500), ("0.01%", 100), ("0.0101%", 101),
      ("50%", 500_000), ("1.0%", 10_000), ("\"1%\"", 10_000),
      ("0%", nil), ("0.0099%", nil), ("50.0001%", nil), ("1", nil), ("0.01", nil), ("1 %", nil),
      ("-1%", nil), ("1,5%", nil), (".5%", nil), ("1.%", nil), ("%", nil), ("1%%", nil),
      ("0.00001%", nil), ("1e1%", nil), ("٣%", nil), ("9999999999%", nil),
    ] as [(String, Int?)])
  func ratio(text: String, perMillion: Int?) {
    let objectives = deployment("slos: [{errors: {below: \(text)}}]")?.objectives
    #expect(objectives == perMillion.map { [.errors(below: Ratio(perMillion: $0))] })
  }

  @Test(
    arguments: [
      ("5%", 50), ("0.1%", 1), ("99.9%", 999), ("12.5%", 125),
      ("0%", nil), ("100%", nil), ("0.05%", nil), ("5", nil), ("0.05", nil),
    ] as [(String, Int?)])
  func weight(text: String, perMille: Int?) {
    let steps = deployment("strategy: {canary: {steps: [\(text)]}}")?.strategy.steps
    #expect(steps?.map(\.route.share.value) == perMille.map { [$0] })
  }

  @Test(
    arguments: [
      ("250ms", 250), ("1.5s", 1500), ("1s", 1000), ("0.001s", 1), ("60s", 60_000), ("1ms", 1),
      ("0ms", nil), ("60001ms", nil), ("0.5ms", nil), ("1.0ms", nil), ("0.0005s", nil),
      ("250", nil),
      ("1m", nil), ("ms", nil), ("s", nil), ("-1s", nil),
    ] as [(String, Int?)])
  func latency(text: String, milliseconds: Int?) {
    let spec = "slos: [{latency: {percentile: 99, below: \(text)}}]"
    let expected = milliseconds.map {
      [Objective.latency(percentile: Ratio(perMillion: 990_000), below: $0)]
    }
    #expect(deployment(spec)?.objectives == expected)
  }

  @Test(
    arguments: [
      ("99", "latency-p99"), ("99.9", "latency-p99.9"), ("p95", "latency-p95"),
      ("50", "latency-p50"),
      ("99.99", "latency-p99.99"), ("\"99\"", "latency-p99"),
      ("100", nil), ("49.99", nil), ("99.999", nil), ("0.99", nil), ("99%", nil), ("pp99", nil),
    ] as [(String, String?)])
  func percentile(text: String, name: String?) {
    let spec = "slos: [{latency: {percentile: \(text), below: 250ms}}]"
    #expect(deployment(spec)?.objectives.map(\.name) == name.map { [$0] })
  }

  @Test(
    arguments: [
      ("1", 1), ("200", 200), ("1000000000", 1_000_000_000),
      ("0", nil), ("-1", nil), ("1_000", nil), ("0o17", nil), ("017", nil), ("0x1F", nil),
      (".inf", nil), ("1e3", nil), ("1.0", nil), ("\"200\"", nil), ("+5", nil), ("--5", nil),
      ("1000000001", nil), ("99999999999999999999", nil), ("٣", nil), ("~", nil),
    ] as [(String, Int?)])
  func integer(text: String, value: Int?) {
    #expect(deployment("analysis: {minRequests: \(text)}")?.analysis.minRequests == value)
  }

  @Test(
    arguments: [
      ("true", true), ("false", false), ("yes", nil), ("no", nil), ("on", nil), ("off", nil),
      ("True", nil), ("y", nil), ("\"true\"", nil), ("1", nil), ("~", nil),
    ] as [(String, Bool?)])
  func boolean(text: String, value: Bool?) {
    #expect(deployment("suspended: \(text)")?.suspended == value)
  }

  @Test(arguments: [
    ("a", true), ("a-1", true), (String(repeating: "a", count: 63), true), ("8", true),
    (String(repeating: "a", count: 64), false), ("A", false), ("a_b", false), ("-a", false),
    ("a-", false), ("a.b", false), ("\"\"", false), ("é", false), ("a/b", false),
  ])
  func name(text: String, isValid: Bool) {
    #expect((deployment("runtime: \(text)") != nil) == isValid)
  }

  @Test(arguments: [
    ("file:///m", true), ("file:///a%20b/c", true), ("https://h/x.zip?v=1", true),
    ("https://h:8443/x@v1", true), ("file://host/m", false), ("file:///", false), ("file:m", false),
    ("http://h/x", false), ("s3://b/x", false), ("oci://r/x", false), ("mlflow://r/x", false),
    ("https:///x", false), ("https://u:p@h/x", false), ("https://u@h/x", false),
    ("file:///a/../b", false), ("file:///a/%2e%2E/b", false), ("\"file:///a b\"", false),
    ("\"file:///a\\u202eb\"", false), ("/m", false), ("\"\"", false), ("FILE:///m", false),
  ])
  func uri(text: String, isValid: Bool) {
    var manifest = ManifestText()
    manifest.model["uri"] = text
    #expect((manifest.file.deployments.count == 1) == isValid)
  }

  @Test(
    arguments: [
      ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:80", "::1", 80),
      ("localhost:1", "localhost", 1),
      ("0.0.0.0:65535", "0.0.0.0", 65_535),
      ("8080", nil, 0), (":8080", nil, 0), ("h:0", nil, 0), ("h:65536", nil, 0), ("::1:80", nil, 0),
      ("h:+80", nil, 0), ("a b:80", nil, 0),
    ] as [(String, String?, Int)])
  func listenAddress(text: String, host: String?, port: Int) {
    #expect(ListenAddress(text) == host.map { ListenAddress(host: $0, port: port) })
  }

  /// The threshold that is an edge of the histogram is judged exactly, another one is not.
  @Test(
    arguments: [
      (250, []), (1, []), (60_000, []), (260, ["250ms, 300ms"]), (59_999, ["30000ms, 60000ms"]),
      (6, ["5ms, 7ms"]),
    ] as [(Int, [String])])
  func latencyBetweenEdges(milliseconds: Int, nearest: [String]) {
    let spec = "slos: [{latency: {percentile: 99, below: \(milliseconds)ms}}]"
    let file = ManifestText(spec: "  " + spec).file
    #expect(file.deployments.count == 1)
    #expect(file.diagnostics.compactMap(\.hint) == nearest.map { "exact near it: " + $0 })
  }
}
