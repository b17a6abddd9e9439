import Control
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import RuntimeConformance
import TestKit
import Testing
import Threads

/// The local runtime, with a real Envoy and model servers that are cheap to start, shut in and not.
@Suite(.timeLimit(.minutes(5))) struct ConformanceTests {
  @Test(
    .temporaryFolder, arguments: RuntimeLaw.allCases, [IsolationSettings.Mode.bestEffort, .none])
  func theLocalRuntimeConforms(law: RuntimeLaw, mode: IsolationSettings.Mode) async throws {
    var setup = try Workbench.setup()
    setup.local.isolation.mode = mode
    // What was copied is forgotten when a mirror has been over for so long: later than any law ends.
    setup.local.requestTimeout = .seconds(300)
    let subject = LocalSubject(Workbench(setup: setup))
    try await subject.bench.runtime.start()
    do {
      try await law.check(subject)
    } catch {
      try await subject.bench.runtime.shutdown()
      throw error
    }
    try await subject.bench.runtime.shutdown()
  }
}

/// A workbench, and what its clients were answered.
final class LocalSubject: Subject {
  private let state: Lock<(bench: Workbench, answers: Answers)>

  init(_ bench: Workbench) { state = Lock((bench, Answers())) }

  var bench: Workbench { state.withLock { $0.bench } }
  var runtime: any Runtime { bench.runtime }
  var telemetry: any Telemetry { bench.runtime }

  func revision(_ version: String, fails: Bool) throws -> Revision {
    try Workbench.revision(version, behaviour: fails ? #"{"exit": "no such tensor"}"# : "{}")
  }

  func ask(
    _ count: Int, of deployment: DeploymentName, with header: HeaderMatch?
  ) async throws -> Answers {
    let answers = try await bench.inferMany(count, with: header).reduce(into: Answers()) {
      all, answer in
      let words = answer.key.split(separator: " ").map(String.init)
      if words[0] == "200" {
        all.byRevision[Revision.ID(words[1]), default: 0] += answer.value
      } else {
        all.refused += answer.value
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
    let response = try await slow
    guard response.status == 200, let name = response.value("serin-revision") else { return nil }
    note(Answers(byRevision: [Revision.ID(name): 1]))
    return Revision.ID(name)
  }

  func restart() async throws {
    await bench.runtime.stop()
    let next = Workbench(setup: bench.setup)
    state.withLock { $0.bench = next }
    try await next.runtime.start()
  }

  func pause() async throws { try await Task.sleep(for: .milliseconds(20)) }

  private func note(_ answers: Answers) {
    state.withLock { $0.answers.add(answers) }
  }
}
