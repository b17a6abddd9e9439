import ClusterKit
import ClusterRuntime
import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// What people with kubectl see of deployments.
@Suite(.timeLimit(.minutes(2))) struct MirrorTests {
  private static let iris = ClusterBench.iris

  private static func report(
    _ position: Position, candidate: String? = nil, _ exposure: Exposure = Exposure(),
    isHeld: Bool = false, told: [ToldDecision] = []
  ) -> DeploymentReport {
    DeploymentReport(
      name: iris, wanted: candidate ?? "1", position: position, stable: "1", candidate: candidate,
      exposure: exposure, isHeld: isHeld, generation: 3, told: told)
  }

  private static func decision(
    _ number: Int, _ verdict: Decision.Verdict, _ sentence: String
  ) -> ToldDecision {
    ToldDecision(
      number: number, verdict: verdict, version: "2", sentence: sentence,
      at: Instant(milliseconds: 1_790_244_000_500))
  }

  private static let advanced = report(
    .step(place: 2, of: 3, route: .split(weight: PerMille(250))), candidate: "2",
    Exposure(candidate: 243, stable: 757),
    told: [decision(1, .admit, "iris asks for it"), decision(2, .advance, "the step is over")])

  /// Runs `body` beside a mirror that shows what it is given.
  private static func run(
    _ reports: [DeploymentReport]?,
    _ body: (ClusterServer, Lock<[DeploymentReport]?>) async throws -> Void
  ) async throws {
    let shown = Lock(reports)
    try await ClusterServer.run(types: Catalog.shown) { server in
      let settings = KubernetesSettings(gateways: [], image: "serin")
      let runtime = ClusterRuntime(
        ClusterRuntimeSetup(settings, owner: "serin.cluster"),
        client: KubernetesClient(ClusterAccess(server: server.url)),
        clock: SystemClock(), logger: ClusterBench.logger)
      let mirror = ClusterMirror(of: runtime) { shown.withLock { $0 } }
      let task = Task { await mirror.run() }
      do {
        try await body(server, shown)
      } catch {
        task.cancel()
        await task.value
        throw error
      }
      task.cancel()
      await task.value
    }
  }

  private static let type = TypeID(group: "serin.dev", plural: "modeldeployments")

  private static func object(_ server: ClusterServer) -> JSONValue? {
    server.object(type, "default", "iris")
  }

  private static func condition(_ type: String, _ object: JSONValue?) -> JSONValue? {
    object?["status"]?["conditions"]?.items.first { $0["type"]?.string == type }?["status"]
  }

  /// Phase, versions, what was asked and what is seen, the reason, conditions, and an event for each decision.
  @Test func aDeploymentIsShown() async throws {
    try await Self.run([Self.advanced]) { server, _ in
      try await eventually { Self.object(server)?["status"]?["phase"] == "step 2 of 3 (25%)" }
      let status = try #require(Self.object(server)?["status"])
      #expect(status["stable"] == "1" && status["candidate"] == "2")
      #expect(status["asked"] == "25%" && status["observed"] == "24%")
      #expect(status["reason"] == "the step is over")
      #expect(status["decidedAt"] == "2026-09-24T10:00:00Z")
      #expect(Self.condition("Ready", Self.object(server)) == "True")
      #expect(Self.condition("Reconciling", Self.object(server)) == "True")
      #expect(Self.condition("Stalled", Self.object(server)) == "False")
      try await eventually { server.objects(of: .events).count == 2 }
      let reasons = server.objects(of: .events).compactMap { $0["reason"]?.string }
      #expect(Set(reasons) == ["Admit", "Advance"])
    }
  }

  /// What somebody writes into it changes nothing, and is undone; so is its deletion.
  @Test func editsAreUndone() async throws {
    try await Self.run([Self.advanced]) { server, _ in
      try await eventually { Self.object(server)?["status"]?["phase"] != nil }
      server.edit(Self.type, "default", "iris", ["spec": ["version": "9"]])
      server.writeStatus(Self.type, "default", "iris", ["phase": "healthy", "candidate": "9"])
      try await eventually {
        Self.object(server)?["spec"]?["version"] == "2"
          && Self.object(server)?["status"]?["candidate"] == "2"
      }
      server.delete(Self.type, "default", "iris")
      try await eventually { Self.object(server)?["status"]?["stable"] == "1" }
    }
  }

  /// The next life of a controller has decided nothing yet, and leaves the reason; a deployment that is gone goes.
  @Test func whatWasSaidStays() async throws {
    try await Self.run([Self.advanced]) { server, shown in
      try await eventually { Self.object(server)?["status"]?["reason"] == "the step is over" }
      shown.withLock { $0 = [Self.report(.healthy, isHeld: true)] }
      try await eventually { Self.object(server)?["status"]?["phase"] == "healthy" }
      #expect(Self.object(server)?["status"]?["reason"] == "the step is over")
      #expect(Self.condition("Stalled", Self.object(server)) == "True")
      server.writeStatus(Self.type, "default", "iris", ["reason": "all is well"])
      try await eventually { Self.object(server)?["status"]?["reason"] == "the step is over" }
      shown.withLock { $0 = nil }
      try await Task.sleep(for: .milliseconds(1500))
      #expect(Self.object(server) != nil, "who stands by says nothing")
      shown.withLock { $0 = [] }
      try await eventually { Self.object(server) == nil }
    }
  }

  /// What another controller shows under the same name is left alone.
  @Test func anotherOnesObjectIsLeftAlone() async throws {
    try await Self.run(nil) { server, shown in
      server.write([
        "apiVersion": "serin.dev/v1alpha1", "kind": "ModelDeployment",
        "metadata": [
          "name": "iris", "namespace": "default", "labels": ["serin.dev/owner": "theirs.cluster"],
        ], "spec": ["version": "7"],
      ])
      let before = Self.object(server)
      #expect(before != nil)
      shown.withLock { $0 = [Self.advanced] }
      try await Task.sleep(for: .milliseconds(1500))
      #expect(Self.object(server) == before)
      shown.withLock { $0 = [] }
      try await Task.sleep(for: .milliseconds(1500))
      #expect(Self.object(server) == before)
    }
  }

  /// While nothing changes nothing is asked.
  @Test func nothingIsAskedWhileNothingChanges() async throws {
    try await Self.run([Self.advanced]) { server, _ in
      try await eventually { server.objects(of: .events).count == 2 }
      try await Task.sleep(for: .milliseconds(300))
      server.forgetRequests()
      try await Task.sleep(for: .milliseconds(2500))
      #expect(server.requests.isEmpty, "\(server.requests.map(\.path))")
    }
  }
}
