import Analysis
import Control
import Kubernetes
import Manifests
import Rollouts
import RuntimeConformance
import TestKit
import Testing
import Threads

@testable import ClusterRuntime

extension AnyClusterTests {
  /// What the controller relies on of every runtime, on every API server.
  ///
  /// No client asks anything: who would answer is read from the objects. That counts are those of a real gateway is for
  /// the test cluster to show.
  @Suite(.timeLimit(.minutes(5))) struct LawTests {
    @Test(.temporaryFolder, arguments: RuntimeLaw.allCases.filter { $0 != .countsAddUp })
    func theClusterRuntimeConforms(law: RuntimeLaw) async throws {
      let isKnown = try await AnyCluster.knows(.backendTrafficPolicies)
      // Who has another gateway keeps no clients, and is asked for nothing else of it.
      guard isKnown || law != .clientsStayWithTheCandidate else { return }
      try await AnyCluster.run { cluster in
        try await law.check(
          andEnd: PaperSubject(cluster, try await PaperSubject.life(of: cluster)))
      }
    }
  }
}

/// A cluster whose clients are answered on paper.
private final class PaperSubject: RunningSubject {
  private let cluster: AnyCluster
  private let state: Lock<(runtime: ClusterRuntime, counts: PaperCounts)>

  init(_ cluster: AnyCluster, _ runtime: ClusterRuntime) {
    self.cluster = cluster
    state = Lock((runtime, PaperCounts(deployment: cluster.name)))
  }

  var deployment: DeploymentName { cluster.name }
  var runtime: any Runtime { life }
  var telemetry: any Telemetry { state.withLock { $0.counts } }
  private var life: ClusterRuntime { state.withLock { $0.runtime } }

  static func life(of cluster: AnyCluster) async throws -> ClusterRuntime {
    let isKnown = try await AnyCluster.knows(.backendTrafficPolicies)
    return try await cluster.runtime {
      $0.drainTimeout = .seconds(2)
      $0.hashPolicy = isKnown ? .envoyGateway : .none
    }
  }

  func end() async { await life.stop() }

  func revision(_ version: String, fails: Bool) throws -> Revision {
    let revision = try ClusterBench.revision(version)
    if fails { cluster.fail(revision.id) }
    return revision
  }

  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async throws -> Answers {
    let gateway = try await gateway()
    let answers = gateway.answers(to: count, with: header)
    let copies = gateway.copies(of: count, with: header)
    state.withLock { $0.counts.note(answers, copies) }
    return answers
  }

  func answers(of deployment: DeploymentName) -> Answers { state.withLock { $0.counts.answers } }

  /// Who was asked before `body` answers after it, when nobody has taken it away meanwhile.
  func whileAsking(
    _ deployment: DeploymentName, _ body: () async throws -> Void
  ) async throws -> Revision.ID? {
    let asked = try await ask(1, of: deployment, with: nil).revisions.first
    let before = try await server(of: asked)
    try await body()
    let after = try await server(of: asked)
    return before != nil && before == after ? asked : nil
  }

  func restart() async throws {
    await life.stop()
    let next = try await Self.life(of: cluster)
    state.withLock { $0.runtime = next }
  }

  func pause() async throws { try await Task.sleep(for: .milliseconds(20)) }

  private func gateway() async throws -> PaperGateway {
    let route: ClusterEntry? = try await cluster.client.find(.httpRoutes, cluster.objectName())
    let isHashed = try await AnyCluster.knows(.backendTrafficPolicies)
    let policy: ClusterEntry? =
      isHashed
      ? try await cluster.client.find(.backendTrafficPolicies, cluster.objectName()) : nil
    return PaperGateway(route, try await cluster.entries(.inferenceServices), policy: policy)
  }

  /// The `uid` of what serves a revision; nil when nothing does.
  private func server(of revision: Revision.ID?) async throws -> String? {
    try await cluster.entries(.inferenceServices)
      .first { $0.revision == revision && !$0.isGoing }?.metadata.uid
  }
}

/// What was answered and copied on paper.
private struct PaperCounts: Telemetry {
  let deployment: DeploymentName
  private(set) var answers = Answers()
  private var requests: [Revision.ID: Int] = [:]

  init(deployment: DeploymentName) { self.deployment = deployment }

  mutating func note(_ more: Answers, _ copies: [Revision.ID: Int]) {
    answers.add(more)
    requests.merge(more.byRevision) { $0 + $1 }
    requests.merge(copies) { $0 + $1 }
  }

  func counters() -> Counters {
    let all = requests.mapValues {
      Counts(requests: $0, errors: 0, latency: Histogram(edges: [1], counts: [$0, 0]))
    }
    return Counters(
      asOf: Instant(milliseconds: 0), source: "paper", epoch: "1",
      revisions: [deployment: all])
  }
}
