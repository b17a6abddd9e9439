import ClusterKit
import Control
import Encoding
import Foundation
import Kubernetes
import Manifests
import Rollouts
import TestKit

@testable import ClusterRuntime

/// A cluster of which nothing is known but its kubeconfig: that of the tests, or the one of `SERIN_TEST_KUBECONFIG`.
///
/// Everything happens in the namespace of its current context, in objects whose names begin with that of one deployment. What
/// KServe and a gateway would say of them the test says, so these should not run there; their types must be known.
final class AnyCluster: Sendable {
  let access: ClusterAccess
  let client: KubernetesClient
  /// The name of the deployment, and the beginning of every other name.
  let name = DeploymentName(name: "serin-test-\(UUID().uuidString.prefix(8).lowercased())")

  private init(_ access: ClusterAccess) {
    self.access = access
    client = KubernetesClient(access)
  }

  /// Runs `body` on the cluster, and deletes whatever it has left.
  static func run(_ body: (AnyCluster) async throws -> Void) async throws {
    guard let file = ProcessInfo.processInfo.environment["SERIN_TEST_KUBECONFIG"] else {
      return try await ClusterServer.run { try await AnyCluster(on: $0).run(body) }
    }
    try await AnyCluster(Kubeconfig(file).access()).run(body)
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
    .httpRoutes, .inferenceServices, .services, .leases,
  ]

  // MARK: What is there

  func entries(_ type: ResourceType) async throws -> [ClusterEntry] {
    try await client.list(type, in: access.namespace, as: ClusterEntry.self).objects
      .filter { $0.metadata.name.hasPrefix(name.name) }
  }

  func objectName(_ suffix: String = "") -> ObjectName {
    ObjectName(access.namespace, name.name + suffix)
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
  func runtime() async throws -> ClusterRuntime {
    let settings = KubernetesSettings(
      namespace: access.namespace, gateways: [GatewayReference(name: "models")],
      drainTimeout: .seconds(1), server: .kserve, image: "serin",
      allowedFolders: [TemporaryFolder.current.path])
    let runtime = ClusterRuntime(
      ClusterRuntimeSetup(settings, owner: name.name, propagation: .zero), client: client,
      clock: SystemClock(), logger: ClusterBench.logger)
    await runtime.start()
    try await eventually { (try? await runtime.observe()) != nil }
    return runtime
  }

  /// Applies a plan as the controller does, again and again, until it is in force.
  func put(_ plan: Plan, on runtime: ClusterRuntime) async throws {
    try await eventually {
      try await runtime.apply(plan, to: name)
      return try await runtime.observe()[name]?.generationInForce == plan.generation
    }
  }

  // MARK: What others say

  private func speakForControllers(every pause: Duration) async {
    let others = KubernetesClient(access, manager: "serin-test-controllers")
    while !Task.isCancelled {
      try? await speak(others)
      try? await Task.sleep(for: pause)
    }
  }

  private func speak(_ others: KubernetesClient) async throws {
    let servers = try await entries(.inferenceServices)
    for server in servers where !ControllerStatus.isReady(server.json) {
      let _: ClusterEntry = try await others.applyStatus(
        ControllerStatus.ready, .inferenceServices, server.objectName, uid: server.metadata.uid)
    }
    for route in try await entries(.httpRoutes) where !ControllerStatus.isAccepted(route.json) {
      let _: ClusterEntry = try await others.applyStatus(
        ControllerStatus.accepted(route.json), .httpRoutes, route.objectName,
        uid: route.metadata.uid)
    }
  }
}
