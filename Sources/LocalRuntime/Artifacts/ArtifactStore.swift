import Crypto
import Foundation
import Glibc
package import HTTP
package import Logging
import Manifests
package import Rollouts
import Threads

/// A verified model on this machine's disk.
package struct Artifact: Equatable, Sendable {
  /// A file or a folder.
  package let path: String
  /// "sha256:" and 64 digits.
  package let digest: String

  package init(path: String, digest: String) {
    self.path = path
    self.digest = digest
  }
}

/// The models on this machine's disk, each under the digest of what it holds and the URI it came from.
///
/// An artifact is written and verified beside its place and then renamed into it: what stands in its
/// place is whole. It is a copy, so whatever happens to the original later changes nothing.
///
/// A digest vouches for the URI that it was read from and for no other, which may hold something else
/// or nothing: each URI is read once, also when its digest is known, and has a copy of its own. What
/// goes wrong with one URI is nobody else's matter.
package actor ArtifactStore {
  private let folder: RuntimeFolder
  private let setup: LocalRuntimeSetup
  private let client: HTTPClient
  private let logger: Logger
  /// Who uses which copy; what nobody uses is removed.
  private var users: [ServerKey: String] = [:]
  /// What is being fetched, each once, however many wait for it.
  var fetches: [ArtifactOrigin: ArtifactFetch] = [:]
  /// How many have ever waited for a fetch, to tell them apart.
  var waiters = 0
  /// How often something was put into a place since the start.
  private var arrivals: [String: Int] = [:]
  private let executor = BlockingQueue(label: "serin.artifacts")

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  package init(
    folder: RuntimeFolder, setup: LocalRuntimeSetup, client: HTTPClient, logger: Logger
  ) {
    self.folder = folder
    self.setup = setup
    self.client = client
    self.logger = logger
  }

  /// Returns the artifact of a model, fetched and verified, for `user` until it gives it back.
  ///
  /// - Throws: `LocalRuntimeError`: of kind `missing` when it is not there (yet), `unreachable` when it
  ///   may go better later, otherwise the artifact is not what the manifest says.
  package func fetch(_ model: Model, for user: ServerKey) async throws -> Artifact {
    guard let digest = model.digest else { return try await fetchUnnamed(model, for: user) }
    guard let origin = Self.origin(of: model, digest) else {
      throw LocalRuntimeError(
        .artifact, "fetch \(ArtifactSource.shown(model.uri))", "\(digest) is no digest")
    }
    // From now on, or another one's release could remove it while it is read or put into its place.
    users[user] = origin.name
    do {
      if let artifact = try await intact(origin) { return artifact }
      return try await shared(model, from: origin)
    } catch {
      users[user] = nil
      throw error
    }
  }

  private func fetchUnnamed(_ model: Model, for user: ServerKey) async throws -> Artifact {
    let artifact = try await transfer(model, expecting: nil)
    users[user] = Self.origin(of: model, artifact.digest)?.name
    return artifact
  }

  /// Takes up an artifact that an earlier controller fetched; nil when it is gone.
  package func adopt(_ model: Model, _ digest: String, for user: ServerKey) -> Artifact? {
    guard let origin = Self.origin(of: model, digest), let artifact = stored(origin) else {
      return nil
    }
    users[user] = origin.name
    return artifact
  }

  private static func origin(of model: Model, _ digest: String) -> ArtifactOrigin? {
    ArtifactDigest.digits(digest).map { ArtifactOrigin(uri: model.uri, digits: $0) }
  }

  /// Ends the use of whatever `user` had.
  package func release(_ user: ServerKey) throws {
    users[user] = nil
    try removeUnused()
  }

  /// Removes every artifact that nobody uses, and what an interrupted fetch left behind.
  package func removeUnused() throws {
    let used = Set(users.values)
    for name in Files.names(in: folder.artifacts) where !used.contains(name) {
      try remove(name)
      logger.debug("artifact removed", metadata: ["digest": "\(name)"])
    }
  }

  private func remove(_ name: String) throws {
    try Files.remove("\(folder.artifacts)/\(name)")
  }

  /// Returns what is stored in its place, when it still is what it was: the code of a model runs as the
  /// same user, and may have written where it should only read.
  private func intact(_ origin: ArtifactOrigin) async throws -> Artifact? {
    while let artifact = stored(origin) {
      let arrival = arrivals[origin.name]
      if let digest = try? await digest(of: artifact.path), digest == artifact.digest {
        return artifact
      }
      try Task.checkCancellation()
      // Somebody else saw it, too, and has put a good one there.
      guard arrival == arrivals[origin.name] else { continue }
      logger.warning("a stored artifact was altered", metadata: ["digest": "\(artifact.digest)"])
      try remove(origin.name)
    }
    return nil
  }

  /// An artifact lies in a folder of its own, under the name it had: servers go by suffixes.
  private func stored(_ origin: ArtifactOrigin) -> Artifact? {
    let place = "\(folder.artifacts)/\(origin.name)"
    guard let name = Files.names(in: place).first else { return nil }
    return Artifact(path: "\(place)/\(name)", digest: origin.digest)
  }
}

// One transfer.
extension ArtifactStore {
  func transfer(_ model: Model, expecting expected: String?) async throws -> Artifact {
    let source = try ArtifactSource(model.uri, settings: setup.local)
    let stage = "\(folder.stage)/\(UUID().uuidString)"
    try Files.makeFolder(stage)
    do {
      let path = "\(stage)/\(Self.name(of: source))"
      switch source {
      case .local(let original): try await copy(original, to: path)
      case .web(let url): try await download(url, to: path)
      }
      let digest = try await digest(of: path)
      guard expected == nil || expected == digest else {
        throw LocalRuntimeError(
          .artifact, "verify the artifact", "it is \(digest), and not \(expected ?? "")")
      }
      return try await place(stage, digest: digest, of: model)
    } catch {
      try Files.remove(stage)
      throw error
    }
  }

  private static func name(of source: ArtifactSource) -> String {
    let path =
      switch source {
      case .local(let path): path
      case .web(let url): URLComponents(string: url)?.path ?? ""
      }
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    return ["", ".", ".."].contains(name) || name.utf8.count > 200 ? "model" : name
  }

  /// Computes the digest of the copy, piece by piece, so that others are served meanwhile.
  private func digest(of path: String) async throws -> String {
    var reading = ArtifactReading(of: try ArtifactListing(of: path))
    while try reading.step() {
      try Task.checkCancellation()
      await Task.yield()
    }
    return reading.digest
  }

  /// Puts what was read from a URI into its place, unless an intact copy stands there already.
  private func place(_ stage: String, digest: String, of model: Model) async throws -> Artifact {
    guard let origin = Self.origin(of: model, digest) else {
      preconditionFailure("\(digest) was computed here")
    }
    if let known = try await intact(origin) {
      try Files.remove(stage)
      return known
    }
    let place = "\(folder.artifacts)/\(origin.name)"
    guard rename(stage, place) == 0 else { throw Files.error("replace", place) }
    arrivals[origin.name, default: 0] += 1
    try Files.sync(folder: folder.artifacts)
    logger.debug("artifact stored", metadata: ["digest": "\(digest)"])
    guard let artifact = stored(origin) else {
      throw LocalRuntimeError(.file, "find \(digest)", "it vanished")
    }
    return artifact
  }

  private func copy(_ original: String, to path: String) async throws {
    let listing = try ArtifactListing(of: original)
    var room = setup.artifactLimit
    for (index, source) in listing.paths.enumerated() {
      let target = listing.files.map { "\(path)/\($0[index])" } ?? path
      try Files.makeFolder(Tools.folder(of: target))
      try await copyFile(source, to: target, room: &room)
    }
    for folder in Set((listing.files ?? []).flatMap(Self.folders)) {
      try Files.sync(folder: folder.isEmpty ? path : "\(path)/\(folder)")
    }
  }

  /// Returns the folders above a relative path: "" and "a" for "a/b".
  private static func folders(above file: String) -> [String] {
    let parts = file.split(separator: "/").dropLast()
    return (0...parts.count).map { parts.prefix($0).joined(separator: "/") }
  }

  private func copyFile(_ source: String, to target: String, room: inout Int) async throws {
    let input = try Descriptor(source, O_RDONLY | O_NOFOLLOW)
    let output = try Descriptor(target, O_WRONLY | O_CREAT | O_EXCL)
    while true {
      try Task.checkCancellation()
      let bytes = try Files.read(input.number, path: source, atMost: 1 << 20)
      guard !bytes.isEmpty else { return try output.sync() }
      try reserve(bytes.count, of: &room, source)
      try Files.write(bytes, to: output.number, path: target)
      await Task.yield()
    }
  }

  private func download(_ url: String, to path: String) async throws {
    var request = HTTPRequest(url)
    request.caFile = setup.local.caFile
    // A large model takes as long as it takes, but something must arrive all the time.
    request.timeout = nil
    request.idleTimeout = .seconds(60)
    do {
      let (head, body) = try await client.open(request)
      try Self.accept(head, of: url)
      let output = try Descriptor(path, O_WRONLY | O_CREAT | O_EXCL)
      var room = setup.artifactLimit
      for try await bytes in body {
        try reserve(bytes.count, of: &room, url)
        try Files.write(bytes, to: output.number, path: path)
      }
      try output.sync()
    } catch let error as HTTPError {
      let isFinal = error.kind == .certificate || error.kind == .refused
      throw LocalRuntimeError(
        isFinal ? .artifact : .unreachable, "fetch \(ArtifactSource.shown(url))", error.message)
    }
  }

  /// Refuses every answer but the artifact itself.
  private static func accept(_ head: HTTPHead, of url: String) throws {
    guard head.status != 200 else { return }
    let message =
      (300..<400).contains(head.status)
      ? "it is redirected (\(head.status)); name the place where it is"
      : "the server answered \(head.status)"
    throw LocalRuntimeError(
      kind(of: head.status), "fetch \(ArtifactSource.shown(url))", message)
  }

  /// What an answer says about the next attempt.
  ///
  /// A store that does not let its clients list answers 403 for what is not there.
  private static func kind(of status: Int) -> LocalRuntimeError.Kind {
    switch status {
    case 403, 404, 410: .missing
    case 408, 429, 500...: .unreachable
    default: .artifact
    }
  }

  private func reserve(_ count: Int, of room: inout Int, _ source: String) throws {
    room -= count
    guard room >= 0 else {
      throw LocalRuntimeError(
        .artifact, "fetch \(ArtifactSource.shown(source))",
        "it is larger than \(setup.artifactLimit) bytes")
    }
  }
}

/// An open file, closed with the last reference to it.
private final class Descriptor: Sendable {
  let number: Int32
  private let path: String

  init(_ path: String, _ flags: Int32) throws {
    self.path = path
    number = open(path, flags | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw Files.error("open", path) }
  }

  deinit { close(number) }

  func sync() throws {
    guard fsync(number) == 0 else { throw Files.error("sync", path) }
  }
}
