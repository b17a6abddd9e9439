import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// How much of the disk the artifacts of one namespace may take.
@Suite(.timeLimit(.minutes(5))) struct ArtifactQuotaTests {
  private static func user(_ name: String, of namespace: String = "payments") -> ServerKey {
    ServerKey(DeploymentName(namespace: namespace, name: "iris"), Revision.ID(name))
  }

  /// Writes 700 bytes under a name, and returns the model that they are.
  private static func model(_ name: String, isNamed: Bool = true) throws -> Model {
    try ArtifactTests.write(String(repeating: name, count: 700), name)
    let path = TemporaryFolder.current.appending(path: name).path
    return ArtifactTests.model(
      "file://\(path)", digest: isNamed ? try ArtifactDigest.digest(of: path) : nil)
  }

  private static func store(
    _ quotas: [String: Int] = ["payments": 1024]
  ) throws -> ArtifactStore {
    try ArtifactTests.store {
      $0.namespaces = NamespaceRules(
        quotas.mapValues { NamespaceSettings(quotas: QuotaSettings(artifactBytes: $0)) })
    }
  }

  private static func isRefused(
    _ model: Model, _ store: ArtifactStore, _ user: ServerKey
  ) async throws -> Bool {
    do {
      _ = try await store.fetch(model, for: user)
      return false
    } catch let error as LocalRuntimeError {
      #expect(error.kind == .quota)
      #expect(
        error.message == """
          the artifacts of the namespace "\(user.deployment.namespace)" would be more than its quota of 1KiB; \
          remove a deployment, or ask for a larger one
          """)
      return true
    }
  }

  /// What is too much is refused, also when it is on the disk already for another namespace, and leaves nothing
  /// behind; others have their own room, and what goes makes room.
  @Test(.temporaryFolder, arguments: [true, false])
  func aNamespaceHasALimit(isNamed: Bool) async throws {
    let store = try Self.store(["payments": 1024, "fraud": 1 << 20])
    let (a, b) = (try Self.model("a", isNamed: isNamed), try Self.model("b", isNamed: isNamed))
    _ = try await store.fetch(a, for: Self.user("r1"))
    #expect(try await Self.isRefused(b, store, Self.user("r2")))
    #expect(try ArtifactTests.names("artifacts").count == 1)
    #expect(try ArtifactTests.names("stage").isEmpty)
    for model in [a, b] {
      _ = try await store.fetch(model, for: Self.user("\(model.uri.count)", of: "fraud"))
    }
    _ = try await store.fetch(b, for: Self.user("r3", of: "fraud"))
    #expect(try await Self.isRefused(b, store, Self.user("r2")))
    try await store.release(Self.user("r1"))
    _ = try await store.fetch(b, for: Self.user("r2"))
    #expect(try await Self.isRefused(a, store, Self.user("r1")))
  }

  /// A copy counts once for a namespace, however many of its revisions use it, and for each namespace that does.
  @Test(.temporaryFolder) func aCopyCountsOnceForEachNamespace() async throws {
    let store = try Self.store(["*": 1024])
    let (a, b) = (try Self.model("a"), try Self.model("b"))
    for namespace in ["payments", "fraud"] {
      for revision in ["r1", "r2"] {
        _ = try await store.fetch(a, for: Self.user(revision, of: namespace))
      }
      #expect(try await Self.isRefused(b, store, Self.user("r3", of: namespace)))
    }
  }

  /// Two at once do not both find the room that only one of them can have.
  @Test(.temporaryFolder) func twoAtOnceShareTheRoom() async throws {
    let store = try Self.store()
    let models = [try Self.model("a"), try Self.model("b")]
    let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
      for model in models {
        group.addTask {
          try await Self.isRefused(model, store, Self.user(String(model.uri.suffix(1))))
        }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(refused >= 1)
  }

  /// One namespace without room does not end the fetch of another that has it.
  @Test(.temporaryFolder) func aFetchEndsForItsOwnNamespace() async throws {
    let store = try Self.store(["payments": 512, "fraud": 1 << 20])
    let model = try Self.model("a")
    async let poor: Void = {
      let error = await #expect(throws: LocalRuntimeError.self) {
        try await store.fetch(model, for: Self.user("r1"))
      }
      #expect(error?.kind == .quota)
    }()
    async let rich = store.fetch(model, for: Self.user("r1", of: "fraud"))
    #expect(try await rich.digest == model.digest)
    await poor
  }

  /// A quota that was lowered takes nothing from what has served, also when its copy must be fetched again.
  @Test(.temporaryFolder) func whatServedKeepsItsArtifact() async throws {
    let store = try Self.store(["payments": 100])
    let model = try Self.model("a")
    _ = try await store.fetch(model, for: Self.user("r1"), served: true)
    _ = try await store.fetch(model, for: Self.user("r2"))
  }

  /// A candidate that is too much waits and says for what, while the stable revision serves; its server starts as
  /// soon as there is room.
  @Test(.temporaryFolder) func aCandidateWaitsForRoom() async throws {
    let quota = QuotaSettings(artifactBytes: 1024)
    try await Workbench.run({
      $0.namespaces = NamespaceRules(["default": NamespaceSettings(quotas: quota)])
    }) { bench in
      let behaviour = #"{"note": "\#(String(repeating: "x", count: 700))"}"#
      let (stable, candidate) = (
        try Workbench.revision("1", behaviour: behaviour),
        try Workbench.revision("2", behaviour: behaviour)
      )
      try await bench.put(Workbench.plan(1, [(stable, 1000)]))
      try await bench.runtime.apply(
        Workbench.plan(2, [(stable, 1000)], loaded: [candidate]), to: Workbench.iris)
      try await eventually {
        guard case .preparing(let what) = try await bench.readiness(candidate) else { return false }
        return what.hasPrefix("waiting for room: the artifacts of the namespace \"default\" would")
      }
      #expect(try await bench.inferMany(5) == ["200 rev1": 5])
      try FileManager.default.removeItem(
        at: TemporaryFolder.current.appending(path: "model-2.json"))
      _ = try Workbench.revision("2")
      try await eventually { try await bench.readiness(candidate) == .ready }
    }
  }
}
