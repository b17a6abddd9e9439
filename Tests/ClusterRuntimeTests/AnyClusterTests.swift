import Control
import Encoding
import Kubernetes
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// What must work with every API server: that of the tests, or with `SERIN_TEST_KUBECONFIG` a real one.
///
/// One after the other: a real one may be small, and a test may break this process's connections to it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AnyClusterTests {
  /// A rollout goes there and on under the next controller, an edit is undone, and at the end nothing is left.
  @Test(.temporaryFolder) func aRolloutIsCarriedOut() async throws {
    try await AnyCluster.run { cluster in
      let (one, two) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      let first = try await cluster.runtime()
      try await cluster.put(ClusterBench.plan(1, [(one, 1000)]), on: first)
      try await cluster.put(ClusterBench.plan(2, [(one, 750), (two, 250)]), on: first)
      #expect(try await cluster.weights() == [750, 250])
      try await edit(cluster)
      try await eventually { try await cluster.weights() == [750, 250] }
      await first.stop()

      let next = try await cluster.runtime()
      try await eventually {
        try await next.observe()[cluster.name]?.generationInForce == 2
      }
      await #expect(throws: ClusterRuntimeError.self) {
        try await next.apply(ClusterBench.plan(1, [(one, 1000)]), to: cluster.name)
      }
      try await cluster.put(ClusterBench.plan(3, [(two, 1000)]), on: next)
      try await eventually {
        try await cluster.entries(.inferenceServices).map(\.revision) == [two.id]
      }
      let gone = Plan(generation: 4, loaded: [], shares: [], isGone: true)
      try await next.apply(gone, to: cluster.name)
      try await eventually {
        let routes = try await cluster.entries(.httpRoutes)
        let servers = try await cluster.entries(.inferenceServices)
        return routes.isEmpty && servers.isEmpty
      }
      await next.stop()
    }
  }

  /// Sends everybody to one server, as a person would with kubectl.
  private func edit(_ cluster: AnyCluster) async throws {
    let person = KubernetesClient(cluster.access, manager: "kubectl")
    let route: ClusterEntry = try await person.get(.httpRoutes, cluster.objectName())
    let rule = try #require(route["spec", "rules"]?.items.first)
    let server = try #require(rule["backendRefs"]?.items.first).with("weight", 77)
    let edited: ClusterEntry = try await person.apply(
      [
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": ["name": .string(cluster.name.name)],
        "spec": ["rules": .array([rule.with("backendRefs", .array([server]))])],
      ], .httpRoutes, cluster.objectName(), ownership: .forced)
    #expect(AnyCluster.weights(of: edited) == [77])
  }
}
