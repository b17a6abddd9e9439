import ClusterKit
import Control
import Encoding
import Foundation
import Logging
import Rollouts
import TestKit
import Testing
import Threads

@testable import ClusterRuntime
@testable import Kubernetes

extension AnyClusterTests {
  /// What Serin's client asks, and how it takes the answers.
  @Suite(.timeLimit(.minutes(4))) struct ClientTests {
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

    /// A Service, as nobody knows it or as somebody has seen it.
    private static func service(
      _ selected: String, _ cluster: AnyCluster, as seen: ObjectMeta? = nil
    ) -> JSONValue {
      var metadata: [String: JSONValue] = [
        "name": .string(cluster.name.name), "labels": ["app": .string(cluster.name.name)],
      ]
      metadata["uid"] = seen?.uid.map(JSONValue.string)
      metadata["resourceVersion"] = seen?.resourceVersion.map(JSONValue.string)
      return [
        "apiVersion": "v1", "kind": "Service", "metadata": .object(metadata),
        "spec": ["selector": ["serves": .string(selected)], "ports": [["port": 80]]],
      ]
    }

    /// What was looked at is not written or deleted when it is something else by now, and nothing that is gone comes back.
    @Test(.temporaryFolder) func whatIsStaleIsRefused() async throws {
      try await AnyCluster.run { cluster in
        let (service, client) = (cluster.objectName(), cluster.client)
        let first: ClusterEntry = try await client.apply(
          Self.service("one", cluster), .services, service)
        let second: ClusterEntry = try await client.apply(
          Self.service("two", cluster), .services, service)
        let old = Self.service("three", cluster, as: first.metadata)
        await #expect(throws: KubernetesError.self, "an old version") {
          let _: ClusterEntry = try await client.apply(old, .services, service)
        }
        try await client.delete(.services, second.metadata)
        let gone = Self.service(
          "three", cluster, as: ObjectMeta(name: "", uid: second.metadata.uid))
        await #expect(throws: KubernetesError.self, "another object") {
          let _: ClusterEntry = try await client.apply(gone, .services, service)
        }
        #expect(try await cluster.object(.services) == nil)
        let third: ClusterEntry = try await client.apply(
          Self.service("three", cluster), .services, service)
        await #expect(throws: KubernetesError.self, "the one that was there before") {
          try await client.delete(.services, second.metadata)
        }
        #expect(try await cluster.entries(.services).map(\.metadata.uid) == [third.metadata.uid])
      }
    }

    /// A list that takes more than one answer has every object once.
    @Test(.temporaryFolder) func aListIsReadInPages() async throws {
      try await AnyCluster.run { cluster in
        let names = (100..<205).map { cluster.objectName("-\($0)") }
        for name in names { try await cluster.make(Self.labelled(cluster), .leases, name) }
        var call = Call("GET", .leases, cluster.access.namespace)
        call.query = [("limit", "100"), ("labelSelector", Self.selector(cluster))]
        let page: ObjectList<ClusterEntry> = try await cluster.client.decode(call)
        #expect(page.items.count == 100 && page.metadata.continue?.isEmpty == false)
        let list = try await cluster.client.list(
          .leases, in: cluster.access.namespace, labels: Self.selector(cluster),
          as: ClusterEntry.self)
        #expect(list.objects.map(\.objectName).sorted() == names)
      }
    }

    /// What happens is told once each, however often the connection is broken meanwhile.
    @Test(.temporaryFolder) func aWatchGoesOn() async throws {
      try await AnyCluster.run { cluster in
        let told = Lock<[Change<ClusterEntry>]>([])
        let follower = Follower<ClusterEntry>(
          cluster.client, .leases, in: cluster.access.namespace, labels: Self.selector(cluster),
          logger: ClusterBench.logger
        ) { changes in told.withLock { $0 += changes } }
        let following = Task { await follower.run() }
        let names = ["-a", "-b", "-c"].map { cluster.objectName($0) }
        for name in names {
          try await cluster.make(Self.labelled(cluster), .leases, name)
          try await eventually { told.withLock { $0.last?.name } == name }
          #expect(breakConnections(to: try Self.port(of: cluster)) > 0)
        }
        for entry in try await cluster.entries(.leases) {
          try await cluster.client.delete(.leases, entry.metadata)
        }
        try await eventually { told.withLock { $0.count } == 6 }
        #expect(told.withLock { $0.prefix(3).map(\.name) } == names)
        #expect(told.withLock { $0.suffix(3).allSatisfy { $0 == .gone($0.name) } })
        #expect(told.withLock { Set($0.suffix(3).map(\.name)) } == Set(names))
        following.cancel()
        await following.value
      }
    }

    /// One of two leads until it gives the lease up, or is silent for as long as the lease says.
    @Test(.temporaryFolder) func aLeaseIsHandedOver() async throws {
      try await AnyCluster.run { cluster in
        let name = cluster.objectName()
        let one = LeaseLock(cluster.client, name, identity: "one")
        let two = LeaseLock(cluster.client, name, identity: "two")
        let (start, date) = (ContinuousClock.now, SystemClock().now.date)
        func hold(_ lock: LeaseLock, _ seconds: Int) async throws -> Bool {
          try await lock.hold(at: start + .seconds(seconds), date: date + Double(seconds))
        }
        #expect(try await hold(one, 0))
        #expect(try await !hold(two, 0))
        #expect(try await hold(one, 10))
        #expect(try await !hold(two, 11), "it was renewed")
        #expect(try await !hold(two, 25), "fourteen seconds after it was seen to change")
        #expect(try await hold(two, 26))
        #expect(try await !hold(one, 27), "it has lost the lease")
        #expect(await two.predecessors == ["one"])
        try await two.release(date: date + 28)
        #expect(try await hold(one, 28), "nobody waits for what was given up")
        let lease = try await cluster.object(.leases)
        #expect(lease?[["spec", "leaseTransitions"]] == 2)
      }
    }

    private static func selector(_ cluster: AnyCluster) -> String { "app=\(cluster.name.name)" }

    private static func labelled(_ cluster: AnyCluster) -> JSONValue {
      ["metadata": ["labels": ["app": .string(cluster.name.name)]], "spec": [:]]
    }

    private static func port(of cluster: AnyCluster) throws -> Int {
      let url = try #require(URL(string: cluster.access.server))
      return url.port ?? (url.scheme == "https" ? 443 : 80)
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
