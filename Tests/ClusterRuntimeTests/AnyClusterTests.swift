import Control
import Encoding
import Kubernetes
import Logging
import Rollouts
import TestKit
import Testing
import Threads

@testable import ClusterRuntime

/// What must work with every API server: that of the tests, or with `SERIN_TEST_KUBECONFIG` a real one.
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

  /// Two managers share an object, a list is as long as it is, a change is heard of, and only the object that is meant is deleted.
  @Test(.temporaryFolder) func theClientIsUnderstood() async throws {
    try await AnyCluster.run { cluster in
      let other = KubernetesClient(cluster.access, manager: "other")
      let (service, one) = (cluster.objectName(), Self.service("one", cluster))
      let told = Lock<[Change<ClusterEntry>]>([])
      let follower = Follower<ClusterEntry>(
        cluster.client, .services, in: cluster.access.namespace, labels: "app=\(service.name)",
        logger: Logger(label: "test")
      ) { changes in told.withLock { $0 += changes } }
      let following = Task { await follower.run() }
      let made: ClusterEntry = try await cluster.client.apply(one, .services, service)
      try await eventually { told.withLock { $0 }.contains { $0.name == service } }
      let error = await #expect(throws: KubernetesError.self) {
        let _: ClusterEntry = try await other.apply(
          Self.service("two", cluster), .services, service)
      }
      guard case .conflict(let fields)? = error?.kind else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(fields.map(\.field) == [".spec.selector"])
      #expect(try await cluster.entries(.services).map(\.objectName) == [service])

      var another = made.metadata
      another.uid = "00000000-0000-0000-0000-000000000000"
      await #expect(throws: KubernetesError.self) {
        try await cluster.client.delete(.services, another)
      }
      try await cluster.client.delete(.services, made.metadata)
      try await eventually { told.withLock { $0 }.last == .gone(service) }
      let none: ClusterEntry? = try await cluster.client.find(.services, service)
      #expect(none == nil)
      following.cancel()
      await following.value
    }
  }

  private static func service(_ selected: String, _ cluster: AnyCluster) -> JSONValue {
    [
      "apiVersion": "v1", "kind": "Service",
      "metadata": [
        "name": .string(cluster.name.name), "labels": ["app": .string(cluster.name.name)],
      ],
      "spec": ["selector": ["serves": .string(selected)], "ports": [["port": 80]]],
    ]
  }

  /// One of two leads until it gives the lease up.
  @Test(.temporaryFolder) func oneOfTwoLeads() async throws {
    try await AnyCluster.run { cluster in
      let name = cluster.objectName()
      let one = LeaseLock(cluster.client, name, identity: "one")
      let two = LeaseLock(cluster.client, name, identity: "two")
      let now = SystemClock().now.date
      let held = [
        try await one.hold(date: now), try await two.hold(date: now), try await one.hold(date: now),
      ]
      #expect(held == [true, false, true])
      try await one.release(date: now)
      #expect(try await two.hold(date: now))
      #expect(await two.predecessors == ["one"])
    }
  }
}

extension Change {
  fileprivate var name: ObjectName {
    switch self {
    case .set(let object): object.objectName
    case .gone(let name): name
    }
  }
}
