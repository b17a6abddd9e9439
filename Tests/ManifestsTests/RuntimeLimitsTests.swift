import Manifests
import Profiles
import Rollouts
import Testing

/// What a runtime makes of a deployment, before it is asked.
@Suite struct RuntimeLimitsTests {
  private static let local = RuntimeSettings()
  private static let cluster = RuntimeSettings(
    name: "prod",
    kubernetes: KubernetesSettings(
      gateways: [], image: "serin",
      prometheus: PrometheusSettings(
        url: "http://127.0.0.1", metrics: MetricPreset.envoyGateway.scheme)))
  private static let blind = RuntimeSettings(
    name: "dark", kubernetes: KubernetesSettings(gateways: [], image: "serin"))

  private static func deployment(
    below: Int = 300, _ strategy: String = "canary: {steps: [10%]}"
  ) throws -> Deployment {
    let digest = "sha256:" + String(repeating: "a", count: 64)
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model: {version: "1", uri: "file:///iris", digest: "\(digest)", format: custom}
        strategy: {\(strategy)}
        slos: [{latency: {percentile: 99, below: \(below)ms}}]
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

  /// What no cluster does is said at once.
  @Test func refusalsAreKnown() throws {
    let affinity = try Self.deployment(
      below: 300, "canary: {affinity: {header: x-user}, steps: [10%]}")
    #expect(Self.local.refusals(of: affinity) == [])
    #expect(Self.cluster.refusals(of: affinity) == [ClusterLimit.affinity.rawValue])
    #expect(try Self.cluster.refusals(of: Self.deployment()) == [])
  }

  /// Drift needs a payload logger: KServe has one that somebody has to listen to, a container has none.
  @Test func driftNeedsALogger() throws {
    let deployment = try Self.deployment(watchingDriftOf: Self.deployment())
    let payloads = PayloadSettings(url: "http://serin.serin:9465")
    let reasons = [(ClusterServing.kserve, nil), (.kserve, payloads), (.container(port: 1), nil)]
      .map { server, payloads in
        RuntimeSettings(
          name: "prod",
          kubernetes: KubernetesSettings(
            gateways: [], server: server, image: "serin", payloads: payloads)
        ).refusals(of: deployment)
      }
    #expect(reasons == [[ClusterLimit.payloads.rawValue], [], [ClusterLimit.noLogger.rawValue]])
    #expect(Self.local.refusals(of: deployment) == [])
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
