import Control
import Foundation
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// One runtime for endpoints and for jobs, with a real Envoy.
@Suite(.timeLimit(.minutes(2))) struct MachineRuntimeTests {
  private static let jobs = DeploymentName(namespace: "risk", name: "scores")

  private static func batchPlan(_ generation: Int, _ revision: Revision?) -> Plan {
    Plan(
      generation: generation, loaded: revision.map { [$0] } ?? [],
      routes: revision.map { [.split([Plan.Share(revision: $0.id, weight: .all)])] } ?? [],
      serving: .batch)
  }

  /// Runs `body` with a started runtime, and ends what it started.
  private static func run(
    batch: Bool, _ body: (MachineRuntime, LocalRuntimeSetup) async throws -> Void
  ) async throws {
    var setup = try Workbench.setup()
    if batch {
      setup.local.batch = BatchSettings(
        folder: TemporaryFolder.current.appending(path: "batch").path)
    }
    let runtime = MachineRuntime(setup, intake: nil, logger: Workbench.logger)
    try await runtime.start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(runtime, setup))
    } catch {
      result = .failure(error)
    }
    await runtime.stop()
    try await LocalRuntime(setup, logger: Workbench.logger).shutdownLeftovers()
    try result.get()
  }

  /// A version that nothing can carry out is rejected with a reason that says what to do, and its end is one.
  @Test(.temporaryFolder) func withoutAFolderBatchIsRejected() async throws {
    try await Self.run(batch: false) { runtime, _ in
      let revision = try Workbench.revision("1")
      try await runtime.apply(Self.batchPlan(1, revision), to: Self.jobs)
      let state = try #require(try await runtime.observe()[Self.jobs])
      guard case .failed(let why) = state.readiness[revision.id] else {
        Issue.record("\(state)")
        return
      }
      #expect(why.contains("local.batch.folder") && state.generationInForce == nil)
      try await runtime.apply(Self.batchPlan(2, nil), to: Self.jobs)
      #expect(try await runtime.observe()[Self.jobs]?.generationInForce == 2)
    }
  }

  /// An endpoint and a batch deployment are served side by side, and counted apart.
  @Test(.temporaryFolder) func bothAreServedSideBySide() async throws {
    try await Self.run(batch: true) { runtime, setup in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      for (name, plan) in [
        (Workbench.iris, Workbench.plan(1, [(first, 1000)])),
        (Self.jobs, Self.batchPlan(1, second)),
      ] {
        try await eventually {
          try await runtime.apply(plan, to: name)
          return try await runtime.observe()[name]?.generationInForce == 1
        }
      }
      let report = BatchReport(
        deployment: Self.jobs, revision: second.id, run: "a", requests: 7, errors: 1)
      #expect(await runtime.take(report) == .accepted)
      let counters = try await runtime.counters()
      #expect(counters.total(of: second.id, in: Self.jobs)?.requests == 7)
      #expect(counters.series[Workbench.iris] != nil)
      let states = try await runtime.observe()
      #expect(states[Workbench.iris]?.readiness == [first.id: .ready])
      #expect(states[Self.jobs]?.readiness == [second.id: .ready])
    }
  }
}
