import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import TestKit
import Testing

/// What a team may name: the folders and hosts that the operator allows, and no more of the disk than its share.
@Suite(.timeLimit(.minutes(5))) struct ArtifactBoundsTests {
  private static var here: String { TemporaryFolder.current.path }

  private static func refusal(
    _ uri: String, _ change: @escaping (inout LocalRuntimeSetup) -> Void
  ) async throws -> LocalRuntimeError? {
    let store = try ArtifactTests.store(change)
    return await #expect(throws: LocalRuntimeError.self) {
      try await store.fetch(ArtifactTests.model(uri), for: ArtifactTests.user("r1"))
    }
  }

  /// Only what lies below an allowed folder is read, and nothing to which a link or ".." leads from there.
  @Test(
    .temporaryFolder,
    arguments: [
      ("models/ours/8", nil), ("models/ours/8/weights", nil),
      ("secret", "does not allow files of that folder"),
      ("models-of-others/8", "does not allow files of that folder"),
      ("models", "does not allow files of that folder"),
      ("models/../secret", "the path has an empty name"),
      ("models//ours/8", "the path has an empty"),
      ("models/ours/link", "neither a file nor a folder"),
      ("models/up/secret", "up on the way to it is a symbolic link"),
      ("models/ours/tree", "a symbolic link may lead anywhere"),
      ("models/nowhere/8", "no such file"),
    ])
  func filesAreBelowAllowedFolders(path: String, words: String?) async throws {
    for (path, text) in [
      ("models/ours/8/weights", "w"), ("secret", "s"), ("models-of-others/8", "o"),
      ("models/ours/tree/a", "a"),
    ] { try ArtifactTests.write(text, path) }
    try shell(
      [
        "sh", "-c",
        "ln -s ../../secret models/ours/link; ln -s .. models/up; ln -s /etc models/ours/tree/etc",
      ], in: TemporaryFolder.current)
    let allowed = Self.here + "/models"
    guard let words else {
      let store = try ArtifactTests.store { $0.local.allowedFolders = ["/srv/other", allowed] }
      let model = ArtifactTests.model("file://\(Self.here)/\(path)")
      #expect(try await store.fetch(model, for: ArtifactTests.user("r1")).digest.count == 71)
      return
    }
    let error = try await Self.refusal("file://\(Self.here)/\(path)") {
      $0.local.allowedFolders = [allowed]
    }
    #expect(error?.message.contains(words) == true, "\(String(describing: error))")
  }

  /// A manifest of a repository elsewhere names no file, unless the operator names folders.
  @Test(.temporaryFolder) func aRemoteSourceNamesNoFiles() async throws {
    try ArtifactTests.write("w", "model")
    for (isHere, folders) in [(false, nil), (false, []), (true, [])] as [(Bool, [String]?)] {
      let error = try await Self.refusal("file://\(Self.here)/model") {
        $0.local.allowedFolders = folders
        $0.local = $0.local.forManifests(ofThisMachine: isHere)
      }
      #expect(error?.message.contains("files are not allowed here") == true)
    }
    let store = try ArtifactTests.store { $0.local = $0.local.forManifests(ofThisMachine: true) }
    _ = try await store.fetch(
      ArtifactTests.model("file://\(Self.here)/model"), for: ArtifactTests.user("r1"))
  }

  /// A folder that is swapped for a link while it is read leads nowhere: never are bytes from outside copied.
  @Test(.temporaryFolder) func aFolderThatIsSwappedLeadsNowhere() async throws {
    // Many files, so that the folder is swapped between the look at it and its last file.
    for number in 0..<50 {
      try ArtifactTests.write("secret", "outside/\(number)")
      try ArtifactTests.write("ours", "models/a/\(number)")
    }
    let swap = """
      import ctypes, os, time
      os.symlink(os.path.abspath("outside"), "link")
      while True:
        # RENAME_EXCHANGE: at each moment the name is one of both.
        ctypes.CDLL(None).renameat2(-100, b"models/a", -100, b"link", 2)
        time.sleep(0.001)
      """
    let swapping = try BackgroundProcess(
      ["python3", "-c", swap], in: TemporaryFolder.current,
      output: TemporaryFolder.current.appending(path: "swap.log"))
    defer { swapping.stop(SIGKILL) }
    let store = try ArtifactTests.store { $0.local.allowedFolders = [Self.here] }
    for number in 0..<40 {
      let user = ArtifactTests.user("r\(number)")
      let model = ArtifactTests.model("file://\(Self.here)/models")
      guard let artifact = try? await store.fetch(model, for: user) else { continue }
      let files = try shell(["sh", "-c", "grep -rl secret '\(artifact.path)' || true"])
      #expect(files == "")
      try await store.release(user)
    }
  }

  private static func deep(_ levels: Int, _ root: String) throws {
    let path = ([root] + (1..<levels).map { "d\($0)" }).joined(separator: "/")
    try ArtifactTests.write("w", path + "/weights")
  }

  /// A walk holds a handful of descriptors however deep a folder is, and so works with few.
  @Test(.temporaryFolder) func aDeepFolderTakesNoDescriptors() async throws {
    try Self.deep(60, "fine")
    setenv("SERIN_TEST_FOLDER", Self.here + "/fine", 1)
    await #expect(processExitsWith: .success) {
      let path = try #require(ProcessInfo.processInfo.environment["SERIN_TEST_FOLDER"])
      let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
      let highest = open.compactMap { rlim_t($0) }.max() ?? 0
      var limit = rlimit(rlim_cur: highest + 12, rlim_max: highest + 12)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      #expect(try ArtifactDigest.digest(of: path).hasPrefix("sha256:"))
    }
  }

  @Test(.temporaryFolder) func aDeeperFolderIsRefused() throws {
    try Self.deep(70, "deep")
    let error = #expect(throws: LocalRuntimeError.self) {
      try ArtifactDigest.digest(of: Self.here + "/deep")
    }
    #expect(error?.message.contains("more than 64 folders") == true)
  }

  /// What was expected is said, and never what was found: a team would read it from a file that is not its own.
  @Test(.temporaryFolder) func aMismatchTellsNoDigest() async throws {
    try ArtifactTests.write("a secret of four words", "secret")
    let found = try ArtifactDigest.digest(of: Self.here + "/secret")
    let expected = "sha256:" + String(repeating: "0", count: 64)
    let log = CapturedLog()
    let store = try ArtifactTests.store(logger: log.logger)
    let error = await #expect(throws: LocalRuntimeError.self) {
      try await store.fetch(
        ArtifactTests.model("file://\(Self.here)/secret", digest: expected),
        for: ArtifactTests.user("r1"))
    }
    #expect(error?.description.contains(expected) == true)
    #expect(error?.description.contains(found) == false, "\(String(describing: error))")
    #expect(log.lines.contains { $0.contains("digest=\(found)") }, "\(log.lines)")
  }

  /// All copies together stay within their limit; what does not fit waits, and fits when another has gone.
  @Test(.temporaryFolder) func allArtifactsHaveALimit() async throws {
    for name in ["a", "b"] { try ArtifactTests.write(String(repeating: name, count: 700), name) }
    let store = try ArtifactTests.store { $0.local.artifacts.totalBytes = 1024 }
    func fetch(_ name: String) async throws {
      _ = try await store.fetch(
        ArtifactTests.model("file://\(Self.here)/\(name)"), for: ArtifactTests.user(name))
    }
    try await fetch("a")
    let error = await #expect(throws: LocalRuntimeError.self) { try await fetch("b") }
    #expect(error?.kind == .unreachable && error?.message.contains("1KiB") == true)
    try await store.release(ArtifactTests.user("a"))
    try await fetch("b")
    #expect(try ArtifactTests.names("stage").isEmpty)
  }

  /// A host that the operator did not name must have a public address, whatever its name resolves to.
  @Test(
    .temporaryFolder,
    arguments: ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]"])
  func thisMachineIsNoHost(host: String) async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    try ArtifactTests.write("w", "files/model.bin")
    let uri = server.base.replacing("127.0.0.1", with: host) + "/model.bin"
    let error = try await Self.refusal(uri) { $0.local.caFile = server.authority }
    #expect(error?.kind == .artifact, "\(String(describing: error))")
    #expect(
      error?.message == "the host has no public address; the operator can name it in allowedHosts")
    #expect((try? server.requests) ?? [] == [])
  }

  /// A model's own settings are a page; a gigabyte of them is not read into memory.
  @Test(.temporaryFolder) func settingsOfAModelHaveALimit() throws {
    try ArtifactTests.write("{}" + String(repeating: " ", count: 1 << 20), "m/model-settings.json")
    let files = ServerFiles(
      key: ArtifactTests.user("r1"), model: ArtifactTests.customModel, ports: [1, 2, 3],
      folder: Self.here, tools: Tools(envoy: "", python: "/usr/bin/python3"),
      settings: LocalSettings())
    let error = #expect(throws: LocalRuntimeError.self) {
      try files.write(
        for: Artifact(path: Self.here + "/m", digest: "sha256:0"), stage: Self.here)
    }
    #expect(error?.message == "it is larger than 1048576 bytes")
  }
}
