import ClusterKit
import ClusterNode
import Encoding
import HTTP
import Kubernetes
import Manifests
import Prometheus
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// By which labels the requests of each revision are counted.
@Suite(.timeLimit(.minutes(3))) struct SubjectTests {
  /// Runs `body` with two revisions that share the requests, counted as the preset's exporter does.
  private static func run(
    _ preset: MetricPreset, _ kind: ClusterServing = .kserve,
    _ body: (ClusterBench, ClusterRuntime) async throws -> Void
  ) async throws {
    let prometheus = PrometheusSettings(url: "http://127.0.0.1", metrics: preset.scheme)
    try await ClusterBench.run(kind, { $0.prometheus = prometheus }) { bench in
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      try await bench.withRuntime { runtime in
        let plan = ClusterBench.plan(1, [(first, 500), (second, 500)])
        try await bench.put(plan, on: runtime)
        try await body(bench, runtime)
      }
    }
  }

  private static func labels(_ runtime: ClusterRuntime) async -> [String: [[String: String]]] {
    await Dictionary(grouping: runtime.countedSubjects) { $0.revision.description }
      .mapValues { $0.map(\.labels) }
  }

  /// A mesh counts by the Service, of which KServe makes one of another name.
  @Test(
    .temporaryFolder,
    arguments: [
      (.kserve, ["iris-rev1-predictor", "iris-rev2-predictor"]),
      (.container(port: 8080), ["iris-rev1", "iris-rev2"]),
    ] as [(ClusterServing, [String])])
  func aServiceIsOfOneRevision(kind: ClusterServing, services: [String]) async throws {
    try await Self.run(.istio, kind) { _, runtime in
      let labels = await Self.labels(runtime)
      for (revision, service) in zip(["rev1", "rev2"], services) {
        #expect(
          labels[revision] == [
            ["destination_service_name": service, "destination_service_namespace": "default"]
          ])
      }
    }
  }

  /// What counts whatever a Service is asked for is asked for inferences alone.
  @Test(.temporaryFolder, arguments: [MetricPreset.istio, .envoyGateway])
  func onlyInferencesAreRouted(preset: MetricPreset) async throws {
    try await Self.run(preset) { bench, _ in
      let inference = try await bench.infer()
      #expect(inference.status == 200)
      let request = HTTPRequest("http://127.0.0.1:\(bench.port)/v2/models/iris/ready")
      let other = try await bench.client.send(request)
      #expect(other.status == (preset == .istio ? 404 : 200))
    }
  }

  /// Whom a header chooses is read back, wherever its rules begin.
  @Test(.temporaryFolder) func aHeaderChoosesWithoutOtherPaths() async throws {
    try await Self.run(.istio) { bench, runtime in
      let second = try ClusterBench.revision("2")
      let when = try #require(HeaderMatch(header: "x-tester", value: "yes"))
      let chosen = Plan.Route.match(.init(revision: second.id, when: when))
      let plan = ClusterBench.plan(
        2, [(try ClusterBench.revision("1"), 1000)], loaded: [second], and: [chosen])
      try await bench.put(plan, on: runtime)
      #expect(try await bench.infer(with: when).revision == second.id)
      #expect(try await bench.infer().revision != second.id)
    }
  }

  /// Servers count for themselves in each pod; a pod that somebody else has given a label of Serin's is of nobody.
  @Test(.temporaryFolder, arguments: [MetricPreset.mlserver, .triton, .vllm, .vllmFirstToken])
  func podsAreOfTheirRevision(preset: MetricPreset) async throws {
    try await Self.run(preset) { bench, runtime in
      let pods = bench.server.objects(of: .pods)
      let own = try #require(pods.first)
      let given = try #require(own["metadata"])
      let annotations = try #require(given["annotations"])
      let metadata: JSONValue = [
        "name": "forged", "namespace": "default", "labels": given["labels"] ?? .null,
        "annotations": annotations.with(ClusterNames.Key.revisionName, "rev9"),
      ]
      bench.server.write(own.with("metadata", metadata), manager: "somebody")
      try await eventually {
        await runtime.cache.objects(.pods, of: ClusterBench.iris).contains {
          $0.metadata.name == "forged"
        }
      }
      let counted = await Self.labels(runtime)
      #expect(counted.count == 2)
      let names = Set(pods.compactMap { $0[["metadata", "name"]]?.string })
      #expect(Set(counted.values.joined().compactMap { $0["pod"] }) == names)
      #expect(counted.values.joined().allSatisfy { $0["namespace"] == "default" })
    }
  }
}
