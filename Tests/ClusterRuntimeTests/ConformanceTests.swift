import ClusterNode
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
    try await ClusterBench.run(kind, { $0.hashPolicy = .envoyGateway }) { bench in
      try await law.check(
        andEnd: ClusterSubject(bench, try await bench.runtime(), NobodyCounts()))
    }
  }

  /// The gateway's counts come by way of a real Prometheus, whatever a revision is made of.
  @Test(.temporaryFolder, arguments: RuntimeLaw.ofCounts)
  func itsCountsConform(law: RuntimeLaw) async throws {
    try await ClusterBench.run(.kserve, { $0.hashPolicy = .envoyGateway }) { bench in
      let prometheus = try PrometheusServer(
        scraping: bench.node.admin, at: "/stats/prometheus", every: "200ms",
        in: TemporaryFolder.current)
      let process = try await prometheus.start()
      defer { process.stop() }
      let runtime = try await bench.runtime()
      let counts = try await ScrapedCounts(runtime, prometheus)
      try await law.check(andEnd: ClusterSubject(bench, runtime, counts))
    }
  }
}

/// A subject that has something running.
protocol RunningSubject: Subject {
  func end() async
}

extension RuntimeLaw {
  /// Checks the law, and ends the subject whatever comes of it.
  func check(andEnd subject: some RunningSubject) async throws {
    do {
      try await check(subject)
    } catch {
      await subject.end()
      throw error
    }
    await subject.end()
  }
}

extension ClusterRuntime {
  /// Begins, and returns when it has read the cluster.
  nonisolated func begun() async throws -> ClusterRuntime {
    await start()
    try await eventually { (try? await self.observe()) != nil }
    return self
  }

  /// Runs `body` with it, and stops it whatever comes of it.
  nonisolated func untilStopped(_ body: (ClusterRuntime) async throws -> Void) async throws {
    do {
      try await body(self)
    } catch {
      await stop()
      throw error
    }
    await stop()
  }
}

/// A bench, and what its clients were answered.
final class ClusterSubject: RunningSubject {
  let bench: ClusterBench
  private let counts: any CountsOverLives
  private let state: Lock<(runtime: ClusterRuntime, answers: Answers)>

  init(_ bench: ClusterBench, _ runtime: ClusterRuntime, _ counts: any CountsOverLives) {
    (self.bench, self.counts) = (bench, counts)
    state = Lock((runtime, Answers()))
  }

  private var cluster: ClusterRuntime { state.withLock { $0.runtime } }
  var runtime: any Runtime { cluster }
  var telemetry: any Telemetry { counts }

  func end() async { await cluster.stop() }

  func revision(_ version: String, fails: Bool) throws -> Revision {
    try ClusterBench.revision(version, behaviour: fails ? #"{"exit": "no such tensor"}"# : "{}")
  }

  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async throws -> Answers {
    var answers = Answers()
    for _ in 0..<count {
      try await counts.keepUp()
      let (status, revision) = try await bench.infer(with: header)
      if status == 200, let revision {
        answers.byRevision[revision, default: 0] += 1
      } else {
        answers.refused += 1
      }
    }
    note(answers)
    try await counts.settle()
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
    try await counts.goOn(with: next)
  }

  func pause() async throws { try await Task.sleep(for: .milliseconds(20)) }

  private func note(_ answers: Answers) {
    state.withLock { $0.answers.add(answers) }
  }
}

private struct NobodyCounts: CountsOverLives {
  func counters() throws -> Counters { throw CancellationError() }
  func keepUp() {}
  func settle() {}
  func goOn(with runtime: ClusterRuntime) {}
}

extension RuntimeLaw {
  /// The laws that ask for counts.
  fileprivate static let ofCounts: [RuntimeLaw] = [
    .countsAddUp, .copiesAreAnsweredToNobody, .aHeaderChoosesTheCandidate,
  ]
  fileprivate static let withoutCounts = allCases.filter { !ofCounts.contains($0) }
}
