import Foundation
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// A fetch is of a URI and a digest: what comes of one URI says nothing of another with its digest.
@Suite(.timeLimit(.minutes(5))) struct ArtifactOriginTests {
  private static func model(_ path: String, _ digest: String) -> Model {
    ArtifactTests.model("file://\(TemporaryFolder.current.path)/\(path)", digest: digest)
  }

  private static func digest(of path: String) throws -> String {
    try ArtifactDigest.digest(of: TemporaryFolder.current.appending(path: path).path)
  }

  /// An attacker's manifest has the victim's digest and garbage, or a server that never ends.
  ///
  /// The victim gets its model meanwhile, whoever came first.
  @Test(.temporaryFolder, arguments: [false, true])
  func garbageUnderAnotherURIHurtsNobody(victimIsFirst: Bool) async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    try ArtifactTests.write("weights", "files/model.bin")
    try ArtifactTests.write("garbage", "files/garbage.bin")
    let digest = try Self.digest(of: "files/model.bin")
    let store = try ArtifactTests.store {
      $0.local.caFile = server.authority
      $0.local.allowedHosts = ["127.0.0.1"]
    }
    func fetch(_ name: String) -> Task<Artifact, any Error> {
      let model = ArtifactTests.model("\(server.base)/\(name)", digest: digest)
      return Task { try await store.fetch(model, for: ArtifactTests.user(name)) }
    }
    let (early, endless) = (victimIsFirst ? fetch("model.bin") : nil, fetch("endless"))
    let garbage = fetch("garbage.bin")
    let victim = early ?? fetch("model.bin")
    let error = await #expect(throws: LocalRuntimeError.self) { try await garbage.value }
    #expect(error?.kind == .artifact)
    let artifact = try await victim.value
    endless.cancel()
    await #expect(throws: (any Error).self) { try await endless.value }
    #expect(try ArtifactDigest.digest(of: artifact.path) == digest)
    #expect(try ArtifactTests.names("artifacts").count == 1)
    #expect(try ArtifactTests.names("stage").isEmpty)
  }

  /// Servers go by suffixes, and a copy has the name that its own URI gave it.
  @Test(.temporaryFolder) func aCopyHasTheNameOfItsOwnURI() async throws {
    try ArtifactTests.write("weights", "evil.txt")
    try ArtifactTests.write("weights", "model.json")
    let digest = try Self.digest(of: "model.json")
    let store = try ArtifactTests.store()
    for name in ["evil.txt", "model.json"] {
      let artifact = try await store.fetch(
        Self.model(name, digest), for: ArtifactTests.user(name))
      #expect(artifact.path.hasSuffix("/\(name)"))
    }
  }

  /// A file may hold just what the listing of a folder says, and then has the folder's digest.
  @Test(.temporaryFolder) func aListingIsNotItsFolder() async throws {
    try ArtifactTests.write("weights", "model/weights.bin")
    let folder = TemporaryFolder.current.appending(path: "model")
    let listing = try shell(["sha256sum", "weights.bin"], in: folder)
    try ArtifactTests.write(listing, "evil/model")
    let digest = try Self.digest(of: "model")
    #expect(try Self.digest(of: "evil/model") == digest)
    let store = try ArtifactTests.store()
    _ = try await store.fetch(Self.model("evil/model", digest), for: ArtifactTests.user("evil"))
    let artifact = try await store.fetch(
      Self.model("model", digest), for: ArtifactTests.user("model"))
    #expect(FileManager.default.fileExists(atPath: artifact.path + "/weights.bin"))
  }

  /// Whoever gives up does so alone: a fetch goes on for the others who wait for it.
  @Test(.temporaryFolder) func aFetchOutlivesOneWhoGivesUp() async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    try ArtifactTests.write("weights", "files/model.bin")
    let store = try ArtifactTests.store {
      $0.local.caFile = server.authority
      $0.local.allowedHosts = ["127.0.0.1"]
    }
    let digest = try Self.digest(of: "files/model.bin")
    let model = ArtifactTests.model(server.base + "/model.bin", digest: digest)
    let first = Task { try await store.fetch(model, for: ArtifactTests.user("r1")) }
    try await eventually { try ArtifactTests.names("stage").count == 1 }
    let second = Task { try await store.fetch(model, for: ArtifactTests.user("r2")) }
    try await Task.sleep(for: .milliseconds(50))
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    #expect(try await second.value.digest == digest)
    #expect(try server.requests == ["/model.bin"])
  }

  /// URIs that look alike in Unicode are two, as their bytes are.
  @Test(.temporaryFolder) func lookAlikeURIsAreTwo() async throws {
    let names = ["caf\u{E9}", "cafe\u{301}"]
    try ArtifactTests.write("weights", names[0])
    let digest = try Self.digest(of: names[0])
    let store = try ArtifactTests.store()
    let fetches = names.map { name in
      Task {
        try await store.fetch(
          Self.model(name, digest), for: ArtifactTests.user("\(name.utf8.count)"))
      }
    }
    #expect(try await fetches[0].value.digest == digest)
    await #expect(throws: LocalRuntimeError.self) { try await fetches[1].value }
  }

  /// What a model's code did to a copy is found by all who ask for it at once, and mended once: nobody is
  /// handed a copy that another one then takes away.
  @Test(.temporaryFolder) func anAlteredCopyIsMendedOnce() async throws {
    try ArtifactTests.write(String(repeating: "m", count: 3 << 20), "model.bin")
    let digest = try Self.digest(of: "model.bin")
    let store = try ArtifactTests.store()
    let model = Self.model("model.bin", digest)
    for _ in 0..<10 {
      let known = try await store.fetch(model, for: ArtifactTests.user("r0"))
      try Data(repeating: 0, count: 5 << 20).write(to: URL(filePath: known.path))
      let fetches = (1...8).map { number in
        Task {
          try await Task.sleep(for: .milliseconds(number * 4))
          let artifact = try await store.fetch(model, for: ArtifactTests.user("r\(number)"))
          return FileManager.default.fileExists(atPath: artifact.path)
        }
      }
      for fetch in fetches { #expect(try await fetch.value) }
      #expect(try ArtifactDigest.digest(of: known.path) == digest)
    }
  }
}
