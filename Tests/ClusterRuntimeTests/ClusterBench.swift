import ClusterKit
import ClusterNode
import ClusterRuntime
import Control
import Encoding
import Foundation
import HTTP
import Kubernetes
import Logging
import Manifests
import Rollouts
import TestKit

/// A cluster of one test: the API, the node behind it, and the runtime that drives them.
final class ClusterBench: Sendable {
  static let iris = DeploymentName(name: "iris")
  static let good = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,1,1,1]}]}"#

  let server: ClusterServer
  let node: ClusterNode
  let port: Int
  let settings: KubernetesSettings
  let client = HTTPClient()

  /// Quiet, unless a person wants to see.
  static let logger: Logger = {
    var logger = Logger(label: "serin.test")
    let isShown = ProcessInfo.processInfo.environment["SERIN_TEST_LOG"] != nil
    logger.logLevel = isShown ? .debug : .critical
    return logger
  }()

  private init(_ server: ClusterServer, _ node: ClusterNode, _ settings: KubernetesSettings) async {
    (self.server, self.node, self.settings) = (server, node, settings)
    port = node.port
  }

  /// Runs `body` on a cluster, and ends everything that was started for it.
  static func run(
    _ kind: ClusterServing = .kserve, programs: NodePrograms = NodePrograms(),
    _ change: (inout KubernetesSettings) -> Void = { _ in },
    _ body: (ClusterBench) async throws -> Void
  ) async throws {
    let folder = TemporaryFolder.current
    try await ClusterServer.run { server in
      let node = try ClusterNode(server, in: folder, programs: programs)
      await node.start()
      var settings = Self.settings(kind)
      change(&settings)
      let bench = await ClusterBench(server, node, settings)
      do {
        try await body(bench)
      } catch {
        await node.stop()
        throw error
      }
      await node.stop()
    }
  }

  private static func settings(_ kind: ClusterServing) -> KubernetesSettings {
    KubernetesSettings(
      gateways: [GatewayReference(name: "models", namespace: "gateways")],
      drainTimeout: .seconds(2), server: kind, image: "serin",
      allowedFolders: [TemporaryFolder.current.path],
      container: kind == .kserve ? [:] : ["image": "server"])
  }

  /// A controller's runtime on this cluster, with nothing of its own.
  func runtime(
    owner: String = "serin.cluster", as credentials: ClusterAccess.Credentials = .none,
    _ change: (inout KubernetesSettings) -> Void = { _ in }
  ) async throws -> ClusterRuntime {
    var settings = settings
    change(&settings)
    let client = KubernetesClient(ClusterAccess(server: server.url, credentials: credentials))
    let runtime = ClusterRuntime(
      ClusterRuntimeSetup(settings, owner: owner, propagation: .zero), client: client,
      clock: SystemClock(),
      logger: Self.logger)
    return try await runtime.begun()
  }

  /// Runs `body` with such a runtime, and stops it whatever comes of it.
  func withRuntime(_ body: (ClusterRuntime) async throws -> Void) async throws {
    try await runtime().untilStopped(body)
  }

  /// Returns a revision whose server behaves as the JSON says.
  static func revision(
    _ version: String, behaviour: String = "{}", digest: String? = nil, smoke: String? = nil,
    expecting answer: ExpectedAnswer? = nil
  ) throws -> Revision {
    let file = TemporaryFolder.current.appending(path: "model-\(version).json")
    try Data((behaviour + "\n").utf8).write(to: file)
    return Revision(
      id: Revision.ID("rev\(version)"),
      model: Model(
        version: version, uri: "file://\(file.path)", digest: digest, format: "sklearn",
        smoke: smoke, retry: 0, answer: answer))
  }

  static func plan(
    _ generation: Int, _ shares: [(Revision, Int)], loaded: [Revision] = [],
    and others: [Plan.Route] = [], replicas: Int = 1, affinity: Affinity? = nil,
    countsEntities: Bool = false
  ) -> Plan {
    let split = shares.filter { $0.1 > 0 }.map {
      Plan.Share(revision: $0.0.id, weight: PerMille($0.1))
    }
    return Plan(
      generation: generation, loaded: shares.map(\.0) + loaded,
      routes: split.isEmpty ? [] : [.split(split)] + others, affinity: affinity,
      countsEntities: countsEntities, replicas: replicas)
  }

  /// Applies a plan as the controller does, again and again, until it is in force.
  func put(
    _ plan: Plan, to deployment: DeploymentName = ClusterBench.iris, on runtime: ClusterRuntime
  ) async throws {
    try await eventually {
      try? await runtime.apply(plan, to: deployment)
      return (try? await runtime.observe())?[deployment]?.generationInForce == plan.generation
    }
  }

  /// Asks for one inference; returns the status and the revision that answered.
  func infer(
    path: String = "/v2/models/iris/infer", with header: HeaderMatch? = nil
  ) async throws -> (status: Int, revision: Revision.ID?) {
    var request = HTTPRequest("http://127.0.0.1:\(port)\(path)")
    request.method = "POST"
    request.body = Array(Self.good.utf8)
    request.headers = [("Content-Type", "application/json")]
    if let header { request.headers.append((header.header, header.value)) }
    let response = try await client.send(request)
    let revision = response.headers.first { $0.name == "serin-revision" }?.value
    return (response.status, revision.map { Revision.ID($0) })
  }
}
