import ClusterKit
import ClusterRuntime
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

/// The old revision while the new one bakes: it runs on, or is stopped and comes back before its traffic does.
@Suite(.timeLimit(.minutes(4))) struct ReserveTests {
  private static let iris = ClusterBench.iris

  private static func bake(_ generation: Int, _ old: Revision, _ new: Revision) -> Plan {
    Plan(
      generation: generation, loaded: [old, new], reserve: old.id,
      routes: [.split([Plan.Share(revision: new.id, weight: .all)])])
  }

  /// Runs `body` where the second of two revisions bakes, with all requests.
  private static func run(
    _ kind: ClusterServing, _ reserve: ReserveServing,
    _ body: (ClusterBench, ClusterRuntime, Revision, Revision) async throws -> Void
  ) async throws {
    let change: (inout KubernetesSettings) -> Void = {
      ($0.reserve, $0.drainTimeout) = (reserve, .milliseconds(200))
    }
    try await ClusterBench.run(kind, change) { bench in
      let (old, new) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(old, 1000)]), on: runtime)
        try await bench.put(ClusterBench.plan(2, [(old, 950), (new, 50)]), on: runtime)
        try await bench.put(bake(3, old, new), on: runtime)
        try await body(bench, runtime, old, new)
      }
    }
  }

  private static func pods(_ bench: ClusterBench, _ revision: Revision) -> Int {
    bench.server.objects(of: .pods).count {
      $0["metadata"]?["annotations"]?["serin.dev/revision-id"] == .string(revision.id.description)
    }
  }

  private static func state(_ runtime: ClusterRuntime) async throws -> RuntimeState? {
    try await runtime.observe()[iris]
  }

  private static func awaitStop(
    _ bench: ClusterBench, _ runtime: ClusterRuntime, _ old: Revision
  ) async throws {
    try await eventually {
      try await state(runtime)?.readiness[old.id] == .preparing("stopped")
        && pods(bench, old) == 0
    }
  }

  private static let both: [ClusterServing] = [.kserve, .container(port: 8080)]

  /// No pod of it is left, the plan stays in force, and the objects stay: nothing is written meanwhile.
  @Test(.temporaryFolder, arguments: both)
  func aReserveIsStopped(kind: ClusterServing) async throws {
    try await Self.run(kind, .stopped) { bench, runtime, old, new in
      try await Self.awaitStop(bench, runtime, old)
      try await eventually { try await Self.state(runtime)?.generationInForce == 3 }
      bench.server.forgetRequests()
      for _ in 0..<20 {
        try await runtime.apply(Self.bake(3, old, new), to: Self.iris)
        #expect(try await Self.state(runtime)?.generationInForce == 3)
        #expect(try await bench.infer().revision == new.id)
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(bench.server.requests.isEmpty, "\(bench.server.requests.map(\.path))")
      #expect(try await Self.state(runtime)?.readiness[new.id] == .ready)
      try await bench.put(ClusterBench.plan(4, [(new, 1000)]), on: runtime)
      try await eventually { try await Self.state(runtime)?.readiness.keys.sorted() == [new.id] }
    }
  }

  /// On the way back it is started, and requests move when it is ready: none fails.
  @Test(.temporaryFolder, arguments: both)
  func aReserveIsReadyBeforeItsTraffic(kind: ClusterServing) async throws {
    try await Self.run(kind, .stopped) { bench, runtime, old, new in
      try await Self.awaitStop(bench, runtime, old)
      let load = Task {
        var failed = 0
        while !Task.isCancelled {
          if (try? await bench.infer().status) != 200, !Task.isCancelled { failed += 1 }
        }
        return failed
      }
      try await bench.put(ClusterBench.plan(4, [(old, 1000)]), on: runtime)
      #expect(try await bench.infer().revision == old.id)
      try await eventually { try await Self.state(runtime)?.readiness == [old.id: .ready] }
      load.cancel()
      #expect(await load.value == 0)
    }
  }

  /// The next controller finds it stopped and lets it be, and starts it when it has to, or when the operator no longer
  /// wants it stopped.
  @Test(.temporaryFolder, arguments: both, ReserveServing.allCases)
  func theNextLifeGoesOn(kind: ClusterServing, reserve: ReserveServing) async throws {
    try await Self.run(kind, .stopped) { bench, runtime, old, new in
      try await Self.awaitStop(bench, runtime, old)
      await runtime.stop()
      let next = try await bench.runtime { $0.reserve = reserve }
      try await bench.put(Self.bake(3, old, new), on: next)
      if reserve == .running {
        try await eventually { try await Self.state(next)?.readiness[old.id] == .ready }
      } else {
        try await Task.sleep(for: .milliseconds(300))
        #expect(try await Self.state(next)?.readiness[old.id] == .preparing("stopped"))
      }
      try await bench.put(ClusterBench.plan(4, [(old, 1000)]), on: next)
      #expect(try await bench.infer().revision == old.id)
      await next.stop()
    }
  }

  /// Without the setting it runs on, ready to go back to at once.
  @Test(.temporaryFolder, arguments: both)
  func aReserveRunsOn(kind: ClusterServing) async throws {
    try await Self.run(kind, .running) { bench, runtime, old, new in
      try await Task.sleep(for: .milliseconds(600))
      #expect(try await Self.state(runtime)?.readiness == [old.id: .ready, new.id: .ready])
      #expect(Self.pods(bench, old) == 1)
    }
  }
}
