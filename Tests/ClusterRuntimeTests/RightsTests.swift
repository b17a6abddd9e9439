import ClusterKit
import ClusterRuntime
import Control
import Encoding
import Foundation
import HTTP
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// The roles of the manifests are what the controller asks for: nothing is missing, and nothing is too much.
@Suite(.timeLimit(.minutes(4))) struct RightsTests {
  private static let iris = ClusterBench.iris
  private static let token = ClusterAccess.Credentials.token(.bytes(Array("serin".utf8)))

  /// An overlay: its roles, in which namespace each holds (nil: in all), and of which its runtime is told.
  struct Overlay: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let roles: [(file: String, namespace: String?)]
    let namespace: String?
    var isMirrored = false

    static let all = [
      Overlay(
        testDescription: "namespace", roles: [("overlays/namespace/models.yaml", "default")],
        namespace: "default"),
      Overlay(
        testDescription: "cluster",
        roles: [
          ("overlays/cluster/watching.yaml", nil), ("overlays/cluster/models.yaml", "default"),
        ], namespace: nil, isMirrored: true),
    ]
  }

  @Test(.temporaryFolder, arguments: Overlay.all)
  func theRolesOfAnOverlayAreWhatARuntimeAsksFor(overlay: Overlay) async throws {
    let roles = try overlay.roles.map { (role: try RoleFile($0.file), namespace: $0.namespace) }
    let rules = roles.flatMap { $0.role.account(in: $0.namespace) }
    var used: Set<Right> = []
    for serving in [ClusterServing.kserve, .container(port: 8080)] {
      let change: (inout KubernetesSettings) -> Void = {
        ($0.namespace, $0.hashPolicy) = (overlay.namespace, .envoyGateway)
      }
      try await ClusterBench.run(serving, change) { bench in
        bench.server.setAccounts(["serin": Account("serin", rules)])
        // What is missing is named, although the life does not come to its end then.
        defer { Self.expectNothingForbidden(bench.server) }
        try await Self.live(on: bench)
        if overlay.isMirrored { try await Self.mirror(on: bench) }
        used.formUnion(bench.server.requests.flatMap(\.rights))
      }
    }
    let granted = roles.flatMap(\.role.rights)
    #expect(granted.count == Set(granted).count, "two roles give one right")
    #expect(used.subtracting(granted).sorted() == [], "missing")
    #expect(Set(granted).subtracting(used).sorted() == [], "too much")
  }

  /// One whole life: a first revision, a second one, an edit of somebody else's, another controller, the end.
  private static func live(on bench: ClusterBench) async throws {
    let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
    var runtime = try await bench.runtime(as: token)
    try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
    try await bench.put(
      ClusterBench.plan(2, [(first, 900), (second, 100)], affinity: .header(name: "x-user")),
      on: runtime)
    let rules = bench.server.object(.httpRoutes, "default", "iris")?[path: "spec", "rules"]
    bench.server.edit(
      .httpRoutes, "default", "iris", ["spec": ["rules": .array([rules?.items.first ?? [:]])]])
    try await eventually {
      bench.server.object(.httpRoutes, "default", "iris")?[path: "spec", "rules"] == rules
    }
    await runtime.stop()
    runtime = try await bench.runtime(as: token)
    try await bench.put(ClusterBench.plan(3, [(second, 1000)]), on: runtime)
    try await runtime.apply(ClusterBench.plan(4, []), to: iris)
    try await eventually { (try? await runtime.observe())?[iris]?.readiness.isEmpty ?? true }
    await runtime.stop()
  }

  /// A deployment is shown, with an event, and gone.
  private static func mirror(on bench: ClusterBench) async throws {
    let told = ToldDecision(
      number: 1, verdict: .complete, version: "1", sentence: "it is proven",
      at: Instant(milliseconds: 0))
    let report = DeploymentReport(
      name: iris, wanted: "1", position: .healthy, stable: "1", candidate: nil, generation: 1,
      told: [told])
    let reports = Lock([report])
    let runtime = ClusterRuntime(
      ClusterRuntimeSetup(bench.settings, owner: "serin.cluster"),
      client: KubernetesClient(ClusterAccess(server: bench.server.url, credentials: token)),
      clock: SystemClock(), logger: ClusterBench.logger)
    let mirror = ClusterMirror(of: runtime) { reports.withLock { $0 } }
    let task = Task { await mirror.run() }
    let type = TypeID(group: "serin.dev", plural: "modeldeployments")
    try await eventually { bench.server.objects(of: .events).count == 1 }
    reports.withLock { $0 = [] }
    try await eventually { bench.server.object(type, "default", "iris") == nil }
    task.cancel()
    await task.value
  }

  private static func expectNothingForbidden(_ server: ClusterServer) {
    let forbidden = server.requests.filter { $0.status == 403 }
    #expect(forbidden.isEmpty, "\(forbidden.map { "\($0.method) \($0.path)" })")
  }

  /// Who leads is agreed upon with the rights of a role of its own, on one Lease.
  @Test func theRoleOfLeadershipIsWhatALeaseAsksFor() async throws {
    let role = try RoleFile("base/leadership.yaml")
    try await ClusterServer.run(namespaces: ["serin"]) { server in
      server.setAccounts(["serin": Account("serin", role.account(in: "serin"))])
      let client = KubernetesClient(ClusterAccess(server: server.url, credentials: Self.token))
      let name = ObjectName("serin", "serin")
      let (one, two) = (
        LeaseLock(client, name, identity: "one"), LeaseLock(client, name, identity: "two")
      )
      #expect(try await one.hold(date: .now))
      #expect(try await one.hold(date: .now))
      #expect(try await two.hold(date: .now) == false)
      try await one.release(date: .now)
      #expect(try await two.hold(date: .now))
      Self.expectNothingForbidden(server)
      #expect(Set(server.requests.flatMap(\.rights)).sorted() == role.rights.sorted())
    }
  }
}
