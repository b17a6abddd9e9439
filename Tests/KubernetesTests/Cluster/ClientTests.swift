import ClusterKit
import Encoding
import Foundation
import Kubernetes
import Logging
import Testing
import Threads

/// Serin's client against the server of the tests.
@Suite(.timeLimit(.minutes(1))) struct ClientTests {
  private static let iris = ObjectName("default", "iris")

  private static func client(
    _ server: ClusterServer, _ manager: String = "serin", token: String? = nil
  ) -> KubernetesClient {
    let credentials = token.map { ClusterAccess.Credentials.token(.bytes(Array($0.utf8))) } ?? .none
    return KubernetesClient(
      ClusterAccess(server: server.url, credentials: credentials), manager: manager,
      retries: RetryPolicy(waits: [.milliseconds(1), .milliseconds(1)]))
  }

  private static func service(_ name: String = "iris", port: Int = 80, app: String = "iris")
    -> JSONValue
  {
    [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": .string(name)],
      "spec": ["selector": ["app": .string(app)], "ports": [["port": .number(port)]]],
    ]
  }

  /// What is applied is there, and what another manager owns is a conflict until it is forced.
  @Test func managersShareAnObject() async throws {
    try await ClusterServer.run { server in
      let (one, two) = (Self.client(server, "one"), Self.client(server, "two"))
      let made: Thing = try await one.apply(Self.service(), .services, Self.iris)
      let same: Thing = try await one.apply(Self.service(), .services, Self.iris)
      #expect(made.metadata.resourceVersion == same.metadata.resourceVersion)
      let error = await #expect(throws: KubernetesError.self) {
        let _: Thing = try await two.apply(Self.service(app: "b"), .services, Self.iris)
      }
      guard case .conflict(let fields) = error?.kind else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(fields.map(\.field) == [".spec.selector"])
      let _: Thing = try await two.apply(
        Self.service(app: "b"), .services, Self.iris, ownership: .forced)
      let object = server.object(.services, "default", "iris")
      #expect(object?[path: "spec", "selector", "app"] == "b")
    }
  }

  /// A list is read page by page.
  @Test func listsAreReadInPages() async throws {
    try await ClusterServer.run { server in
      for number in 0..<250 { server.write(Self.service("s\(1000 + number)")) }
      let list = try await Self.client(server).list(.services, in: "default", as: Thing.self)
      #expect(list.objects.count == 250 && list.objects.map(\.metadata.name).sorted().count == 250)
      #expect(server.requests.count == 3)
      #expect(list.version == "\(server.version)")
    }
  }

  /// A follower hears of what is written, and gets over a watch that ends and a history that is gone.
  @Test func changesAreHeardOf() async throws {
    try await ClusterServer.run { server in
      let names = Lock<[String]>([])
      let follower = Follower<Thing>(
        Self.client(server), .services, in: "default", logger: .init(label: "test")
      ) { changes in
        let new = changes.map { change in
          switch change {
          case .set(let object): "+" + object.metadata.name
          case .gone(let name): "-" + name.name
          }
        }
        names.withLock { $0 += new }
      }
      let task = Task { await follower.run() }
      func heard(_ word: String) async throws {
        while !names.withLock({ $0.contains(word) }) {
          try await Task.sleep(for: .milliseconds(10))
        }
      }
      server.write(Self.service("a"))
      try await heard("+a")
      server.write(Self.service("b"))
      try await heard("+b")
      server.setAway(true)
      server.delete(.services, "default", "a")
      server.compact()
      server.setAway(false)
      try await heard("-a")
      task.cancel()
      await task.value
    }
  }

  /// One of two holds a lease.
  @Test func oneOfTwoLeads() async throws {
    try await ClusterServer.run { server in
      let name = ObjectName("default", "leader")
      let one = LeaseLock(Self.client(server), name, identity: "one")
      let two = LeaseLock(Self.client(server), name, identity: "two")
      let first = try await one.hold(date: .distantPast)
      let second = try await two.hold(date: .distantPast)
      let again = try await one.hold(date: .distantPast)
      #expect(first && !second && again)
      let lease = server.object(.leases, "default", "leader")
      #expect(lease?[path: "spec", "holderIdentity"] == "one")
      try await one.release(date: .distantPast)
      let third = try await two.hold(date: .distantPast)
      #expect(third)
      #expect(await two.predecessors == ["one"], "it has lost the lease")
    }
  }

  /// What goes wrong on demand is what the client is made for.
  @Test(arguments: [
    Fault.tooManyRequests(retryAfter: 0), .unavailable, .internalError, .reset, .resetAfterwards,
  ])
  func faultsPass(fault: Fault) async throws {
    try await ClusterServer.run { server in
      server.fail(next: 1, with: fault) { $0.verb == "patch" }
      let _: Thing = try await Self.client(server).apply(Self.service(), .services, Self.iris)
      #expect(server.requests.count == 2)
      server.setAway(true)
      await #expect(throws: KubernetesError.self) {
        try await Self.client(server).get(.services, Self.iris, as: Thing.self)
      }
    }
  }

  /// An account may do what its rules say, and applying what is not there needs two rights.
  @Test func accountsAreHeldToTheirRules() async throws {
    try await ClusterServer.run { server in
      let rule = Account.Rule(verbs: ["get", "patch"], groups: [""], resources: ["services"])
      server.setAccounts(["t": Account("serin", [rule]), "root": .administrator])
      let client = Self.client(server, token: "t")
      for (token, kind) in [("t", KubernetesError.Kind.forbidden), ("x", .unauthorized)] {
        let error = await #expect(throws: KubernetesError.self) {
          let _: Thing = try await Self.client(server, token: token).apply(
            Self.service(), .services, Self.iris)
        }
        #expect(error?.kind == kind)
      }
      server.write(Self.service())
      let _: Thing = try await client.apply(
        Self.service(), .services, Self.iris, ownership: .forced)
      #expect(Set(server.requests.map(\.verb)) == ["patch"])
    }
  }
}
