import ClusterKit
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

@testable import ClusterRuntime

extension AnyClusterTests {
  /// What people with kubectl see of deployments.
  @Suite(
    .timeLimit(.minutes(2)),
    .enabled("the definition of ModelDeployment is not installed there") {
      try await AnyCluster.knows(MirrorDrawing.type)
    })
  struct MirrorTests {
    private static func report(
      _ cluster: AnyCluster, _ position: Position, candidate: String? = nil,
      _ exposure: Exposure = Exposure(), isHeld: Bool = false, told: [ToldDecision] = []
    ) -> DeploymentReport {
      DeploymentReport(
        name: cluster.name, wanted: candidate ?? "1", position: position, stable: "1",
        candidate: candidate, exposure: exposure, isHeld: isHeld, generation: 3, told: told)
    }

    private static func decision(
      _ number: Int, _ verdict: Decision.Verdict, _ sentence: String
    ) -> ToldDecision {
      ToldDecision(
        number: number, verdict: verdict, version: "2", sentence: sentence,
        at: Instant(milliseconds: 1_790_244_000_500))
    }

    private static func advanced(_ cluster: AnyCluster) -> DeploymentReport {
      report(
        cluster, .step(place: 2, of: 3, route: .split(weight: PerMille(250))), candidate: "2",
        Exposure(candidate: 243, stable: 757),
        told: [decision(1, .admit, "iris asks for it"), decision(2, .advance, "the step is over")])
    }

    /// Runs `body` beside a mirror that shows what it is given: at first a rollout that has advanced, or nothing.
    private static func run(
      showing isShowing: Bool = true,
      _ body: (AnyCluster, Lock<[DeploymentReport]?>) async throws -> Void
    ) async throws {
      try await AnyCluster.run { try await show(on: $0, isShowing, body) }
    }

    private static func show(
      on cluster: AnyCluster, _ isShowing: Bool,
      _ body: (AnyCluster, Lock<[DeploymentReport]?>) async throws -> Void
    ) async throws {
      let shown = Lock<[DeploymentReport]?>(isShowing ? [advanced(cluster)] : nil)
      let mirror = ClusterMirror(of: cluster.idleRuntime()) { shown.withLock { $0 } }
      let task = Task { await mirror.run() }
      do {
        try await body(cluster, shown)
      } catch {
        task.cancel()
        await task.value
        throw error
      }
      task.cancel()
      await task.value
    }

    private static func condition(_ type: String, _ object: JSONValue?) -> JSONValue? {
      object?["status"]?["conditions"]?.items.first { $0["type"]?.string == type }?["status"]
    }

    /// Phase, versions, what was asked and what is seen, the reason, conditions, and an event for each decision.
    @Test(.temporaryFolder) func aDeploymentIsShown() async throws {
      try await Self.run { cluster, _ in
        try await eventually { try await cluster.status?["phase"] == "step 2 of 3 (25%)" }
        let shown = try await cluster.object(MirrorDrawing.type)
        let status = try #require(shown?["status"])
        #expect(status["stable"] == "1" && status["candidate"] == "2")
        #expect(status["asked"] == "25%" && status["observed"] == "24%")
        #expect(status["reason"] == "the step is over")
        #expect(status["decidedAt"] == "2026-09-24T10:00:00Z")
        #expect(Self.condition("Ready", shown) == "True")
        #expect(Self.condition("Reconciling", shown) == "True")
        #expect(Self.condition("Stalled", shown) == "False")
        try await eventually { try await cluster.entries(.events).count == 2 }
        let reasons = try await cluster.entries(.events).compactMap { $0["reason"]?.string }
        #expect(Set(reasons) == ["Admit", "Advance"])
      }
    }

    /// What somebody writes into it changes nothing, and is undone; so is its deletion.
    @Test(.temporaryFolder) func editsAreUndone() async throws {
      try await Self.run { cluster, _ in
        try await eventually { try await cluster.status?["phase"] != nil }
        try await cluster.edit(MirrorDrawing.type, ["spec": ["version": "9"]])
        try await cluster.editStatus(["phase": "healthy", "candidate": "9"])
        try await eventually {
          let shown = try await cluster.object(MirrorDrawing.type)
          return shown?["spec"]?["version"] == "2" && shown?["status"]?["candidate"] == "2"
        }
        for entry in try await cluster.entries(MirrorDrawing.type) {
          try await cluster.client.delete(MirrorDrawing.type, entry.metadata)
        }
        try await eventually { try await cluster.status?["stable"] == "1" }
      }
    }

    /// The next life of a controller has decided nothing yet, and leaves the reason; a deployment that is gone goes.
    @Test(.temporaryFolder) func whatWasSaidStays() async throws {
      try await Self.run { cluster, shown in
        try await eventually { try await cluster.status?["reason"] == "the step is over" }
        shown.withLock { $0 = [Self.report(cluster, .healthy, isHeld: true)] }
        try await eventually { try await cluster.status?["phase"] == "healthy" }
        #expect(try await cluster.status?["reason"] == "the step is over")
        let held = try await cluster.object(MirrorDrawing.type)
        #expect(Self.condition("Stalled", held) == "True")
        try await cluster.editStatus(["reason": "all is well"])
        try await eventually { try await cluster.status?["reason"] == "the step is over" }
        shown.withLock { $0 = nil }
        try await Task.sleep(for: .milliseconds(1500))
        #expect(try await cluster.object(MirrorDrawing.type) != nil, "who stands by says nothing")
        shown.withLock { $0 = [] }
        try await eventually { try await cluster.object(MirrorDrawing.type) == nil }
      }
    }

    /// What another controller shows under the same name is left alone.
    @Test(.temporaryFolder) func anotherOnesObjectIsLeftAlone() async throws {
      try await Self.run(showing: false) { cluster, shown in
        try await cluster.make(
          [
            "metadata": ["labels": ["serin.dev/owner": "theirs.cluster"]],
            "spec": ["version": "7"],
          ], MirrorDrawing.type)
        let before = try await cluster.object(MirrorDrawing.type)
        #expect(before != nil)
        for reports in [[Self.advanced(cluster)], []] {
          shown.withLock { $0 = reports }
          try await Task.sleep(for: .milliseconds(1500))
          #expect(try await cluster.object(MirrorDrawing.type) == before)
        }
      }
    }

    /// While nothing changes nothing is asked.
    ///
    /// Who asks is known of the server of the tests alone.
    @Test(.temporaryFolder) func nothingIsAskedWhileNothingChanges() async throws {
      try await ClusterServer.run(types: Catalog.shown) { server in
        try await Self.show(on: AnyCluster(on: server), true) { cluster, _ in
          try await eventually { try await cluster.entries(.events).count == 2 }
          try await Task.sleep(for: .milliseconds(300))
          server.forgetRequests()
          try await Task.sleep(for: .milliseconds(2500))
          #expect(server.requests.isEmpty, "\(server.requests.map(\.path))")
        }
      }
    }
  }
}

extension AnyCluster {
  /// What the mirror says of the deployment.
  fileprivate var status: JSONValue? {
    get async throws { try await object(MirrorDrawing.type)?["status"] }
  }

  fileprivate func editStatus(_ status: JSONValue) async throws {
    try await edit(MirrorDrawing.type, ["status": status], part: "status")
  }
}
