import ClusterRuntime
import Control
import Manifests
import Rollouts
import RuntimeConformance
import TestKit
import Testing
import Threads

/// The runtime of a cluster, on an API with a real Envoy and real servers behind it.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
  @Test(
    .temporaryFolder, arguments: RuntimeLaw.withoutCounts,
    [ClusterServing.kserve, .container(port: 8080)])
  func theClusterRuntimeConforms(law: RuntimeLaw, kind: ClusterServing) async throws {
    try await ClusterBench.run(kind) { bench in
      let subject = ClusterSubject(bench, try await bench.runtime())
      do {
        try await law.check(subject)
      } catch {
        await subject.end()
        throw error
      }
      await subject.end()
    }
  }
}

/// A bench, and what its clients were answered.
final class ClusterSubject: Subject {
  let bench: ClusterBench
  private let state: Lock<(runtime: ClusterRuntime, answers: Answers)>

  init(_ bench: ClusterBench, _ runtime: ClusterRuntime) {
    self.bench = bench
    state = Lock((runtime, Answers()))
  }

  private var cluster: ClusterRuntime { state.withLock { $0.runtime } }
  var runtime: any Runtime { cluster }
  var telemetry: any Telemetry { NobodyCounts() }

  func end() async { await cluster.stop() }

  func revision(_ version: String, fails: Bool) throws -> Revision {
    try ClusterBench.revision(version, behaviour: fails ? #"{"exit": "no such tensor"}"# : "{}")
  }

  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async throws -> Answers {
    var answers = Answers()
    for _ in 0..<count {
      let (status, revision) = try await bench.infer(with: header)
      if status == 200, let revision {
        answers.byRevision[revision, default: 0] += 1
      } else {
        answers.refused += 1
      }
    }
    note(answers)
    return answers
  }

  func answers(of deployment: DeploymentName) -> Answers { state.withLock { $0.answers } }

  func whileAsking(
    _ deployment: DeploymentName, _ body: () async throws -> Void
  ) async throws -> Revision.ID? {
    let bench = bench
    async let slow = bench.infer(path: "/v2/models/\(deployment.name)/infer?sleep=1")
    try await Task.sleep(for: .milliseconds(200))
    try await body()
    let (status, revision) = try await slow
    guard status == 200, let revision else { return nil }
    note(Answers(byRevision: [revision: 1]))
    return revision
  }

  func restart() async throws {
    await cluster.stop()
    let next = try await bench.runtime()
    state.withLock { $0.runtime = next }
  }

  func pause() async throws { try await Task.sleep(for: .milliseconds(20)) }

  private func note(_ answers: Answers) {
    state.withLock { $0.answers.add(answers) }
  }
}

private struct NobodyCounts: Telemetry {
  func counters() throws -> Counters { throw CancellationError() }
}

extension RuntimeLaw {
  /// The laws that ask for no counts: a gateway's counts come by way of a Prometheus, later than an answer.
  fileprivate static let withoutCounts = allCases.filter {
    ![.countsAddUp, .copiesAreAnsweredToNobody, .aHeaderChoosesTheCandidate].contains($0)
  }
}
