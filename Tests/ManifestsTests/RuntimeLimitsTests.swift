import Manifests
import Profiles
import Rollouts
import Testing

/// What a runtime makes of a deployment, before it is asked.
@Suite struct RuntimeLimitsTests {
  private static let local = RuntimeSettings()
  private static let cluster = cluster(.envoyGateway)
  private static let mesh = cluster(.istio)

  /// A runtime whose counts are those of an exporter.
  private static func cluster(_ preset: MetricPreset) -> RuntimeSettings {
    RuntimeSettings(
      name: "prod",
      kubernetes: KubernetesSettings(
        gateways: [], image: "serin",
        prometheus: PrometheusSettings(url: "http://127.0.0.1", metrics: preset.scheme)))
  }

  private static let blind = RuntimeSettings(
    name: "dark", kubernetes: KubernetesSettings(gateways: [], image: "serin"))

  private static func deployment(below: Int = 300) throws -> Deployment {
    try deployment(
      spec: """
        strategy: {canary: {steps: [10%]}}
          slos: [{latency: {percentile: 99, below: \(below)ms}}]
        """)
  }

  private static func deployment(spec: String) throws -> Deployment {
    // A load needs requests, and a job has none to be tried with.
    let smoke = spec.hasPrefix("load") ? #", smoke: {request: '{"inputs": [1]}'}"# : ""
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model: {version: "1", uri: "file:///iris", digest: "\(digest)", format: custom\(smoke)}
        \(spec)
      """
    let file = decodeManifests(Array(text.utf8), path: "iris.yaml")
    return try #require(file.deployments.first, "\(file.diagnostics)").deployment
  }

  /// A limit that is an edge is judged exactly; others are said, with the edges beside them.
  @Test func edgesAreKnown() throws {
    #expect(try Self.local.warnings(about: Self.deployment()) == [])
    #expect(try Self.cluster.warnings(about: Self.deployment(below: 250)) == [])
    let warnings = try Self.cluster.warnings(about: Self.deployment(below: 300))
    #expect(warnings.count == 1 && warnings[0].contains("exact near it: 250ms, 500ms"))
    #expect(try Self.blind.warnings(about: Self.deployment())[0].contains("counts no latencies"))
  }

  /// Servers that count for themselves know nothing of what the gateway answered in their place.
  @Test(arguments: MetricPreset.allCases) func whatServersCountIsSaid(preset: MetricPreset) throws {
    let warnings = try Self.cluster(preset).warnings(about: Self.deployment(below: 500))
    let isSaid = warnings.contains { $0.contains("counts what its servers answer") }
    #expect(isSaid == ![.envoyGateway, .istio].contains(preset))
  }

  /// What no cluster does is said at once, and a machine of one's own does all of it.
  @Test(arguments: Refused.all) private func refusalsAreKnown(refused: Refused) throws {
    let deployment = try refused.deployment
    #expect(refused.cluster.refusals(of: deployment) == refused.limits.map(\.rawValue))
    #expect(Self.local.refusals(of: deployment) == [])
  }

  /// Each limit has a row, so that a new one needs one.
  @Test func everyLimitIsRefused() {
    #expect(Set(Refused.all.flatMap(\.limits)) == Set(ClusterLimit.allCases))
  }

  /// A deployment, and what of it a cluster refuses.
  private struct Refused: CustomTestStringConvertible {
    var what: String
    var spec: String
    var limits: [ClusterLimit]
    var isDriftWatched = false
    var cluster = RuntimeLimitsTests.cluster

    var testDescription: String { what }

    var deployment: Deployment {
      get throws {
        let deployment = try RuntimeLimitsTests.deployment(spec: spec)
        return isDriftWatched
          ? try RuntimeLimitsTests.deployment(watchingDriftOf: deployment) : deployment
      }
    }

    static let all =
      [
        Refused(what: "a canary", spec: "strategy: {canary: {steps: [10%]}}", limits: []),
        Refused(
          what: "a mirror", spec: "strategy: {canary: {steps: [{mirror: 20%}, 10%]}}", limits: []),
        Refused(
          what: "a mirror whose copies nobody counts",
          spec: "strategy: {canary: {steps: [{mirror: 20%}, 10%]}}", limits: [.uncounted],
          cluster: RuntimeLimitsTests.mesh),
        Refused(what: "batch", spec: "serving: batch", limits: [.batch]),
        Refused(
          what: "affinity",
          spec: "strategy: {canary: {affinity: {header: x-user}, steps: [10%]}}",
          limits: [.affinity]),
        Refused(
          what: "an A/B test",
          spec: "strategy: {abTest: {affinity: {header: x-user}, goal: {metric: sold}, "
            + "atLeast: 7d, atMost: 21d}}", limits: [.entities]),
        Refused(
          what: "copies by the second",
          spec: "strategy: {canary: {steps: [{mirror: 20%, atMostPerSecond: 50}, 10%]}}",
          limits: [.copies]),
        Refused(what: "load", spec: load, limits: []),
        Refused(what: "load of what was recorded", spec: recorded, limits: [.recorded]),
        Refused(what: "slices", spec: slices, limits: [.slices]),
        Refused(
          what: "pairs",
          spec:
            "strategy: {canary: {steps: [{mirror: 20%}]}}\n  slos: [{disagreement: {below: 2%}}]",
          limits: [.pairs]),
        Refused(
          what: "pairs in one step",
          spec: "strategy: {canary: {steps: [{mirror: 20%, slos: [{disagreement: {below: 2%}}]}]}}",
          limits: [.pairs]),
        Refused(
          what: "everything", spec: "\(recorded)\n  \(slices)",
          limits: [.recorded, .slices, .payloads], isDriftWatched: true),
      ] + kept + drifts

    /// What a gateway that hashes clients can do, and what it cannot.
    private static let kept = [
      keeping("a header", "affinity: {header: x-user}", []),
      keeping("a cookie", "affinity: {cookie: session}", []),
      keeping("a field", "affinity: {json: user.id}", [.fields]),
      keeping(
        "a baseline", "affinity: {header: x-user}", [.baseline],
        beside: "\n  analysis: {dependence: matched}"),
      keeping(
        "a baseline, and nobody is kept", nil, [], beside: "\n  analysis: {dependence: matched}"),
    ]

    private static func keeping(
      _ what: String, _ affinity: String?, _ limits: [ClusterLimit], beside others: String = ""
    ) -> Refused {
      let settings = KubernetesSettings(gateways: [], hashPolicy: .envoyGateway, image: "serin")
      let keys = (affinity.map { [$0] } ?? []) + ["steps: [10%]"]
      return Refused(
        what: what, spec: "strategy: {canary: {\(keys.joined(separator: ", "))}}\(others)",
        limits: limits, cluster: RuntimeSettings(name: "prod", kubernetes: settings))
    }

    private static let load =
      "load: {requestsPerSecond: 50, for: 20s, latency: {percentile: 95, below: 100ms}}"
    private static let recorded: String = {
      let digest = "sha256:" + String(repeating: "b", count: 64)
      return load.replacing("}}", with: "}, requests: {uri: 'file:///r', digest: '\(digest)'}}")
    }()
    private static let slices = "slices: {by: {header: x-tenant}, worst: 20}"

    /// Drift needs a payload logger: KServe has one that somebody has to listen to, a container has none.
    private static let drifts = [
      drift("drift, and nobody listens", .kserve, [.payloads]),
      drift("drift, and somebody listens", .kserve, [], PayloadSettings(url: "http://serin:9465")),
      drift("drift of a container", .container(port: 1), [.noLogger]),
    ]

    private static func drift(
      _ what: String, _ server: ClusterServing, _ limits: [ClusterLimit],
      _ payloads: PayloadSettings? = nil
    ) -> Refused {
      let settings = KubernetesSettings(
        gateways: [], server: server, image: "serin", payloads: payloads)
      return Refused(
        what: what, spec: "strategy: {canary: {steps: [10%]}}", limits: limits,
        isDriftWatched: true, cluster: RuntimeSettings(name: "prod", kubernetes: settings))
    }
  }

  private static func deployment(watchingDriftOf deployment: Deployment) throws -> Deployment {
    let column = ProfileColumn(
      name: "class", kind: .category(values: ["0", "1"]), counts: [1, 1, 0, 0])
    let profile = DataProfile(rows: 2, source: "t.csv", features: [], outputs: [column])
    var watched = deployment
    watched.drift = DriftSettings(
      profile: profile, digest: "", sample: .auto, predictions: nil, inputs: nil,
      outputs: nil, maturity: .seconds(60))
    return watched
  }
}
