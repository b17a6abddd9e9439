import ClusterKit
import Control
import Encoding
import Foundation
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Threads

@testable import ClusterRuntime
@testable import Kubernetes

/// A cluster of which nothing is known but its kubeconfig: that of the tests, or the one of `SERIN_TEST_KUBECONFIG`.
///
/// Everything happens in the namespace of its current context, in objects whose names begin with that of one deployment. What
/// KServe and a gateway would say of them the test says, so these should not run there; their types must be known.
final class AnyCluster: Sendable {
  let access: ClusterAccess
  let client: KubernetesClient
  /// The name of the deployment, and the beginning of every other name.
  let name = DeploymentName(name: "serin-test-\(UUID().uuidString.prefix(8).lowercased())")
  /// The revisions that KServe cannot load.
  private let failing = Lock<Set<Revision.ID>>([])

  private init(_ access: ClusterAccess) {
    self.access = access
    client = KubernetesClient(access)
  }

  /// Runs `body` on the cluster, and deletes whatever it has left.
  static func run(_ body: (AnyCluster) async throws -> Void) async throws {
    if let access = try Self.named { return try await AnyCluster(access).run(body) }
    try await ClusterServer.run(types: Catalog.shown) { try await AnyCluster(on: $0).run(body) }
  }

  /// Where the cluster is that a person has named; nil when the one of the tests is meant.
  private static var named: ClusterAccess? {
    get throws {
      let file = ProcessInfo.processInfo.environment["SERIN_TEST_KUBECONFIG"]
      return try file.map { try Kubeconfig($0).access() }
    }
  }

  /// Whether the API knows a type of objects, which somebody may not have installed.
  static func knows(_ type: ResourceType) async throws -> Bool {
    guard let access = try named else { return true }
    do {
      _ = try await KubernetesClient(access).list(
        type, in: access.namespace, as: ClusterEntry.self)
      return true
    } catch let error as KubernetesError where error.kind == .unknownType {
      return false
    }
  }

  /// The server of a test.
  convenience init(on server: ClusterServer) throws {
    let file = TemporaryFolder.current.appending(path: "kubeconfig-\(UUID().uuidString)")
    try Data(server.kubeconfig.utf8).write(to: file)
    try self.init(Kubeconfig(file.path).access())
  }

  private func run(_ body: (AnyCluster) async throws -> Void) async throws {
    var failure: (any Error)?
    await withControllers {
      do { try await body(self) } catch { failure = error }
    }
    for type in Self.types {
      do { try await deleteAll(type) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  private func deleteAll(_ type: ResourceType) async throws {
    guard try await Self.knows(type) else { return }
    for entry in try await entries(type) { try await client.delete(type, entry.metadata) }
  }

  /// Runs `body` while KServe and a gateway say what they would say, as often as told.
  func withControllers<Result>(
    every pause: Duration = .milliseconds(100), _ body: () async throws -> Result
  ) async rethrows -> Result {
    let controllers = Task { await speakForControllers(every: pause) }
    defer { controllers.cancel() }
    return try await body()
  }

  private static let types: [ResourceType] = [
    .httpRoutes, .backendTrafficPolicies, .inferenceServices, .services, .leases,
    MirrorDrawing.type, .events,
  ]

  // MARK: What is there

  func entries(_ type: ResourceType) async throws -> [ClusterEntry] {
    try await client.list(type, in: access.namespace, as: ClusterEntry.self).objects
      .filter { $0.metadata.name.hasPrefix(name.name) }
  }

  func objectName(_ suffix: String = "") -> ObjectName {
    ObjectName(access.namespace, name.name + suffix)
  }

  /// An object, as it is now; nil when there is none.
  func object(_ type: ResourceType, _ name: ObjectName? = nil) async throws -> JSONValue? {
    let entry: ClusterEntry? = try await client.find(type, name ?? objectName())
    return entry?.json
  }

  /// The rules of the route; none when there is no route.
  func rules() async throws -> [JSONValue] {
    try await object(.httpRoutes)?[["spec", "rules"]]?.items ?? []
  }

  /// The weights of the rule that has the most of them, without those that get nothing.
  func weights() async throws -> [Int] {
    try Self.weights(of: await client.get(.httpRoutes, objectName()))
  }

  static func weights(of route: ClusterEntry) -> [Int] {
    let rules = route["spec", "rules"]?.items ?? []
    let weights = rules.map { $0["backendRefs"]?.items.compactMap { $0["weight"]?.integer } ?? [] }
    return (weights.max { $0.count < $1.count } ?? []).filter { $0 > 0 }
  }

  /// The servers that a route sends clients to.
  static func servers(of route: JSONValue) -> Set<String> {
    let backends = (route[["spec", "rules"]]?.items ?? []).flatMap {
      $0["backendRefs"]?.items ?? []
    }
    let weighted = backends.filter { $0["weight"]?.integer != 0 }
    return Set(
      weighted.compactMap { $0["name"]?.string?.replacing(/-predictor$/, with: "") })
  }

  // MARK: What runs

  /// A controller's runtime, with nothing of its own.
  func runtime(
    _ change: (inout KubernetesSettings) -> Void = { _ in }
  ) async throws -> ClusterRuntime {
    try await idleRuntime(change).begun()
  }

  /// A runtime that has not begun.
  func idleRuntime(_ change: (inout KubernetesSettings) -> Void = { _ in }) -> ClusterRuntime {
    var settings = KubernetesSettings(
      namespace: access.namespace, gateways: [GatewayReference(name: "models")],
      drainTimeout: .seconds(1), server: .kserve, image: "serin",
      allowedFolders: [TemporaryFolder.current.path])
    change(&settings)
    return ClusterRuntime(
      ClusterRuntimeSetup(settings, owner: name.name, propagation: .zero), client: client,
      clock: SystemClock(), logger: ClusterBench.logger)
  }

  /// Runs `body` with such a runtime, and stops it whatever comes of it.
  func withRuntime(
    _ change: (inout KubernetesSettings) -> Void = { _ in },
    _ body: (ClusterRuntime) async throws -> Void
  ) async throws {
    try await runtime(change).untilStopped(body)
  }

  /// Applies a plan as the controller does, again and again, until it is in force.
  func put(_ plan: Plan, on runtime: ClusterRuntime) async throws {
    try await eventually {
      try await runtime.apply(plan, to: name)
      return try await runtime.observe()[name]?.generationInForce == plan.generation
    }
  }

  // MARK: What others do and say

  /// Changes an object as a person does with kubectl: what is given of it, or of a part of it; returns what came of it.
  @discardableResult
  func edit(
    _ type: ResourceType, _ patch: JSONValue, part: String? = nil
  ) async throws -> JSONValue {
    var call = Call("PATCH", type, objectName(), part: part)
    call.content = KubernetesClient.content(patch, "application/merge-patch+json")
    let person = KubernetesClient(access, manager: "kubectl-edit")
    let entry: ClusterEntry = try await person.decode(call)
    return entry.json
  }

  /// Makes an object as somebody else does.
  func make(_ object: JSONValue, _ type: ResourceType, _ name: ObjectName? = nil) async throws {
    let name = name ?? objectName()
    let whole = object.merged(with: [
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
      "metadata": ["name": .string(name.name)],
    ])
    let them = KubernetesClient(access, manager: "them")
    let _: ClusterEntry = try await them.apply(whole, type, name)
  }

  /// From now on KServe says of a revision that it cannot be loaded.
  func fail(_ revision: Revision.ID) { failing.withLock { _ = $0.insert(revision) } }

  private func speakForControllers(every pause: Duration) async {
    let others = KubernetesClient(access, manager: "serin-test-controllers")
    while !Task.isCancelled {
      try? await speak(others)
      try? await Task.sleep(for: pause)
    }
  }

  private func speak(_ others: KubernetesClient) async throws {
    let servers = try await entries(.inferenceServices)
    for server in servers where !ControllerStatus.isSpoken(of: server.json) {
      let fails = failing.withLock { failing in server.revision.map(failing.contains) ?? false }
      let _: ClusterEntry = try await others.applyStatus(
        fails ? ControllerStatus.failed : ControllerStatus.ready, .inferenceServices,
        server.objectName, uid: server.metadata.uid)
    }
    for route in try await entries(.httpRoutes) where !ControllerStatus.isAccepted(route.json) {
      let _: ClusterEntry = try await others.applyStatus(
        ControllerStatus.accepted(route.json), .httpRoutes, route.objectName,
        uid: route.metadata.uid)
    }
    guard try await Self.knows(.backendTrafficPolicies) else { return }
    for policy in try await entries(.backendTrafficPolicies)
    where !ControllerStatus.isTaken(policy.json) {
      guard let route = try await object(.httpRoutes, policy.objectName) else { continue }
      let _: ClusterEntry = try await others.applyStatus(
        ControllerStatus.accepted(policy.json, of: route), .backendTrafficPolicies,
        policy.objectName, uid: policy.metadata.uid)
    }
  }
}
