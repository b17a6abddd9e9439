import Foundation
import Glibc
import HTTP
import LocalRuntime
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

/// Digests that anyone can recompute, and copies that are what was asked for.
@Suite(.timeLimit(.minutes(5))) struct ArtifactTests {
  static let pipeline =
    #"find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum"#

  static func write(_ text: String, _ path: String) throws {
    let file = TemporaryFolder.current.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  /// The order is that of the bytes: "a-b" before "a/b" before "aB", whatever the language.
  @Test(
    .temporaryFolder,
    arguments: [
      ["model.joblib": "x"], ["b": "1", "a": "2", "B": "3"],
      ["a/b": "1", "a-b": "2", "aB": "3", "a.b": "4"], ["é/ü": "1", "z": "2", " spaced  name": ""],
      ["deep/er/and/er": "", "deep/er.txt": "\n", "*": "star", "-flag": "f", "quote'\"": "q"],
    ])
  func aFolderHasTheDigestOfItsListing(files: [String: String]) throws {
    for (path, text) in files { try Self.write(text, "model/" + path) }
    try FileManager.default.createDirectory(
      at: TemporaryFolder.current.appending(path: "model/empty"), withIntermediateDirectories: true)
    let folder = TemporaryFolder.current.appending(path: "model")
    let expected = try shell(["sh", "-c", Self.pipeline], in: folder).split(separator: " ")[0]
    #expect(try ArtifactDigest.digest(of: folder.path) == "sha256:\(expected)")
  }

  @Test(.temporaryFolder, arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3 << 20])
  func aFileHasTheDigestOfItsBytes(size: Int) throws {
    try Self.write(String(repeating: "m", count: size), "model.bin")
    let path = TemporaryFolder.current.appending(path: "model.bin").path
    let expected = try shell(["sha256sum", path]).split(separator: " ")[0]
    #expect(try ArtifactDigest.digest(of: path) == "sha256:\(expected)")
  }

  /// What the listing cannot hold, or what is not there, is refused by name.
  @Test(
    .temporaryFolder,
    arguments: [
      ("ln -s /etc/passwd model/link", "model/link: a symbolic link may lead anywhere"),
      ("ln -s . model/sub/loop", "model/sub/loop: a symbolic link may lead anywhere"),
      ("mkfifo model/pipe", "model/pipe: it is neither a file nor a folder"),
      ("printf x > 'model/a\nb'", "the name has a line break or a backslash"),
      (#"printf x > 'model/a\b'"#, "the name has a line break or a backslash"),
      (#"printf x > "model/$(printf '\377')""#, "the name of a file in it is not UTF-8"),
      ("rm model/weights", "the folder holds no file"),
      ("rm -r model; ln -s /etc model", "model: it is neither a file nor a folder"),
      ("rm -r model", "model: no such file"),
    ])
  func whatHasNoDigestIsRefused(command: String, words: String) throws {
    try Self.write("w", "model/weights")
    try shell(["sh", "-c", "mkdir model/sub; \(command)"], in: TemporaryFolder.current)
    let error = #expect(throws: LocalRuntimeError.self) {
      try ArtifactDigest.digest(of: TemporaryFolder.current.appending(path: "model").path)
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  /// A URI is a team's word, and the operator decides.
  @Test(
    .temporaryFolder,
    arguments: [
      ("http://127.0.0.1/model", "use https"), ("s3://bucket/model", "not s3"), ("model", "no URI"),
      ("file://host/model", "file:///absolute/path"), ("file:model", "file:///absolute/path"),
      ("https://user:hunter2@models.test/m", "must not hold a password"),
      ("https://evil.test/model?token=hunter2", "does not allow the host evil.test"),
      ("https:///model", "names no host"), ("FILE:///x?y", "no query"),
    ])
  func oddPlacesAreRefused(uri: String, words: String) async throws {
    let store = try Self.store { $0.local.allowedHosts = ["models.test"] }
    let error = await #expect(throws: LocalRuntimeError.self) {
      try await store.fetch(Self.model(uri), for: Self.user("r1"))
    }
    #expect(error?.kind == .artifact)
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    #expect(error?.description.contains("hunter2") == false)
  }

  static func model(_ uri: String, digest: String? = nil) -> Model {
    Model(version: "1", uri: uri, digest: digest, format: "fake", smoke: nil, retry: 0)
  }

  static func user(_ revision: String) -> ServerKey {
    ServerKey(DeploymentName(namespace: "default", name: "iris"), Revision.ID(revision))
  }

  static var customModel: Model {
    Model(version: "1", uri: "file:///m", digest: nil, format: "custom", smoke: nil, retry: 0)
  }

  static func store(
    logger: Logger = Workbench.logger, _ change: (inout LocalRuntimeSetup) -> Void = { _ in }
  ) throws -> ArtifactStore {
    var setup = LocalRuntimeSetup(
      folder: TemporaryFolder.current.appending(path: "state").path)
    change(&setup)
    let folder = RuntimeFolder(setup.folder)
    try folder.create()
    return ArtifactStore(
      folder: folder, setup: setup, client: HTTPClient(), logger: logger)
  }

  static func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: TemporaryFolder.current.appending(path: "state/" + path).path)
  }

  /// What happens to the original later changes nothing, and the last user takes the copy away.
  @Test(.temporaryFolder) func aFolderIsCopied() async throws {
    try Self.write("weights", "model/a/weights.bin")
    try Self.write("{}", "model/config.json")
    let original = TemporaryFolder.current.appending(path: "model").path
    let digest = try ArtifactDigest.digest(of: original)
    let store = try Self.store()
    let model = Self.model("file://\(original)", digest: digest)
    let artifact = try await store.fetch(model, for: Self.user("r1"))
    try Self.write("other", "model/a/weights.bin")
    #expect(artifact.digest == digest)
    #expect(try ArtifactDigest.digest(of: artifact.path) == digest)
    // What a model's own code did to the copy does not reach the next one.
    try Data("evil".utf8).write(to: URL(filePath: artifact.path + "/a/weights.bin"))
    try Self.write("weights", "model/a/weights.bin")
    #expect(try await store.fetch(model, for: Self.user("r2")) == artifact)
    #expect(try ArtifactDigest.digest(of: artifact.path) == digest)
    try Self.write("other", "model/a/weights.bin")
    try await store.release(Self.user("r1"))
    #expect(try Self.names("artifacts").count == 1)
    try await store.release(Self.user("r2"))
    #expect(try Self.names("artifacts").isEmpty && Self.names("stage").isEmpty)
    let error = await #expect(throws: LocalRuntimeError.self) {
      try await store.fetch(model, for: Self.user("r1"))
    }
    #expect(error?.description.contains(digest) == true)
    #expect(try Self.names("artifacts").isEmpty && Self.names("stage").isEmpty)
  }

  /// A digest says nothing of a URI that it was not read from: one that is not there is not ready, and
  /// one that holds something else is refused, although the bytes asked for are on the disk.
  @Test(.temporaryFolder) func aDigestVouchesForItsOwnURI() async throws {
    func model(_ name: String, _ digest: String) -> Model {
      Self.model("file://\(TemporaryFolder.current.path)/\(name)", digest: digest)
    }
    for (name, text) in [("2", "weights"), ("8", "weights"), ("9", "other")] {
      try Self.write(text, name)
    }
    let digest = try ArtifactDigest.digest(of: TemporaryFolder.current.appending(path: "2").path)
    let store = try Self.store()
    let artifact = try await store.fetch(model("2", digest), for: Self.user("r2"))
    for (name, kind) in [("nowhere", LocalRuntimeError.Kind.missing), ("9", .artifact)] {
      let error = await #expect(throws: LocalRuntimeError.self) {
        try await store.fetch(model(name, digest), for: Self.user("r9"))
      }
      #expect(error?.kind == kind, "\(name): \(String(describing: error))")
    }
    let other = try await store.fetch(model("8", digest), for: Self.user("r8"))
    #expect(other.digest == artifact.digest && other.path != artifact.path)
    // What was proven once is not read again: not by this store, and not by the next one.
    try FileManager.default.removeItem(at: TemporaryFolder.current.appending(path: "2"))
    try FileManager.default.removeItem(at: TemporaryFolder.current.appending(path: "8"))
    for store in [store, try Self.store()] {
      for (name, known) in [("2", artifact), ("8", other)] {
        let user = Self.user("r3-\(name)")
        #expect(try await store.fetch(model(name, digest), for: user) == known)
      }
      await #expect(throws: LocalRuntimeError.self) {
        try await store.fetch(model("nowhere", digest), for: Self.user("r9"))
      }
    }
    #expect(try Self.names("stage").isEmpty && Self.names("artifacts").count == 2)
    for user in ["r2", "r8", "r3-2", "r3-8"] { try await store.release(Self.user(user)) }
    #expect(try Self.names("artifacts").isEmpty)
  }

  @Test(.temporaryFolder) func aModelLargerThanAllowedIsRefused() async throws {
    try Self.write(String(repeating: "m", count: 1001), "model.bin")
    let store = try Self.store { $0.local.artifacts.largestBytes = 1000 }
    let path = TemporaryFolder.current.appending(path: "model.bin").path
    await #expect(throws: LocalRuntimeError.self) {
      try await store.fetch(Self.model("file://" + path), for: Self.user("r1"))
    }
    #expect(try Self.names("stage").isEmpty)
  }

  /// Over TLS with a private authority: a good fetch, once for two who want it, and everything that
  /// must not pass for a model.
  @Test(.temporaryFolder) func modelsAreFetchedOverTLS() async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    try Self.write(String(repeating: "m", count: 3 << 20), "files/model.bin")
    let digest = try ArtifactDigest.digest(
      of: TemporaryFolder.current.appending(path: "files/model.bin").path)
    let store = try Self.store {
      $0.local.caFile = server.authority
      $0.local.artifacts.largestBytes = 4 << 20
      $0.local.allowedHosts = ["127.0.0.1"]
    }
    let model = Self.model(server.base + "/model.bin", digest: digest)
    async let first = store.fetch(model, for: Self.user("r1"))
    async let second = store.fetch(model, for: Self.user("r2"))
    let artifact = try await first
    #expect(try await second == artifact)
    #expect(try ArtifactDigest.digest(of: artifact.path) == digest)
    #expect(try server.requests == ["/model.bin"])
    let unnamed = Self.model(server.base + "/model.bin?sig=hunter2")
    #expect(try await store.fetch(unnamed, for: Self.user("r3")).digest == digest)
    for (path, kind, words) in [
      ("/missing", LocalRuntimeError.Kind.missing, "answered 404"),
      ("/busy", .unreachable, "answered 503"), ("/moved", .artifact, "it is redirected (302)"),
      ("/endless", .artifact, "larger than 4MiB"),
    ] {
      let error = await #expect(throws: LocalRuntimeError.self) {
        try await store.fetch(Self.model(server.base + path), for: Self.user("r4"))
      }
      #expect(
        error?.kind == kind && error?.message.contains(words) == true,
        "\(String(describing: error))")
    }
    let strict = try Self.store { $0.local.allowedHosts = ["127.0.0.1"] }
    let error = await #expect(throws: LocalRuntimeError.self) {
      try await strict.fetch(unnamed, for: Self.user("r5"))
    }
    #expect(error?.kind == .artifact && error?.message.contains("certificate") == true)
    #expect(error?.description.contains("hunter2") == false)
    #expect(try Self.names("stage").isEmpty)
  }

  /// A fetch that is given up leaves nothing that would be taken for a model.
  @Test(.temporaryFolder) func anInterruptedFetchLeavesNothing() async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    let store = try Self.store {
      $0.local.caFile = server.authority
      $0.local.allowedHosts = ["127.0.0.1"]
    }
    let fetch = Task {
      try await store.fetch(Self.model(server.base + "/endless"), for: Self.user("r1"))
    }
    try await eventually { try Self.names("stage").count == 1 }
    try await Task.sleep(for: .milliseconds(50))
    fetch.cancel()
    await #expect(throws: (any Error).self) { try await fetch.value }
    #expect(try Self.names("artifacts").isEmpty && Self.names("stage").isEmpty)
  }
}

/// Serves the folder "files" of the test over TLS, on loopback.
struct FileServer {
  let process: BackgroundProcess
  let base: String
  let authority: String

  var requests: [String] {
    get throws {
      try String(
        contentsOf: TemporaryFolder.current.appending(path: "requests.log"), encoding: .utf8
      ).split(separator: "\n").map(String.init)
    }
  }

  static func start() async throws -> FileServer {
    let folder = TemporaryFolder.current
    try FileManager.default.createDirectory(
      at: folder.appending(path: "files"), withIntermediateDirectories: true)
    try shell(
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=serin test", "-addext",
        "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "ca.pem",
      ], in: folder)
    let port = try freePort()
    let process = try BackgroundProcess(
      [
        TestTools.python, TestTools.resource("files.py"), "\(port)", folder.path + "/files",
        folder.path + "/ca.pem", folder.path + "/key.pem", folder.path + "/requests.log",
      ], output: folder.appending(path: "files.log"))
    try await eventually { Listeners.isListening(port) }
    return FileServer(
      process: process, base: "https://127.0.0.1:\(port)", authority: folder.path + "/ca.pem")
  }

  func stop() { process.stop() }
}
