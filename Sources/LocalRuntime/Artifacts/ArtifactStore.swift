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
  let folder: RuntimeFolder
  let setup: LocalRuntimeSetup
  let client: HTTPClient
  let logger: Logger
  /// Who uses which copy; what nobody uses is removed.
  var users: [ServerKey: String] = [:]
  /// What is being fetched, each once for a namespace, however many wait for it.
  var fetches: [ArtifactFetch.Key: ArtifactFetch] = [:]
  /// How many have ever waited for a fetch, to tell them apart.
  var waiters = 0
  /// How often something was put into a place since the start.
  var arrivals: [String: Int] = [:]
  /// The bytes of each copy by its name; nil until they are counted again.
  var stored: [String: Int]?
  /// The bytes of what is being fetched, by the namespace whose quota it counts against; nil for none.
  var arriving: [String?: Int] = [:]
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
  /// What has `served` before keeps its artifact, whatever its namespace may have by now.
  ///
  /// - Throws: `LocalRuntimeError`: of kind `missing` when it is not there (yet), `unreachable` or `quota` when
  ///   it may go better later, otherwise the artifact is not what the manifest says.
  package func fetch(
    _ model: Model, for user: ServerKey, served: Bool = false
  ) async throws -> Artifact {
    let namespace = served ? nil : user.deployment.namespace
    guard let digest = model.digest else {
      return try await fetchUnnamed(model, for: user, countedFor: namespace)
    }
    guard let origin = Self.origin(of: model, digest) else {
      throw LocalRuntimeError(
        .artifact, "fetch \(ArtifactSource.shown(model.uri))", "\(digest) is no digest")
    }
    if !served { try admit(user, to: origin.name) }
    // From now on, or another one's release could remove it while it is read or put into its place.
    users[user] = origin.name
    do {
      if let artifact = try await intact(origin) { return artifact }
      return try await shared(model, from: ArtifactFetch.Key(origin: origin, namespace: namespace))
    } catch {
      users[user] = nil
      throw error
    }
  }

  private func fetchUnnamed(
    _ model: Model, for user: ServerKey, countedFor namespace: String?
  ) async throws -> Artifact {
    let artifact = try await transfer(model, expecting: nil, countedFor: namespace)
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

  static func origin(of model: Model, _ digest: String) -> ArtifactOrigin? {
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
    stored = nil
    try Files.remove("\(folder.artifacts)/\(name)")
  }

  /// Returns what is stored in its place, when it still is what it was: the code of a model runs as the
  /// same user, and may have written where it should only read.
  func intact(_ origin: ArtifactOrigin) async throws -> Artifact? {
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
  func stored(_ origin: ArtifactOrigin) -> Artifact? {
    let place = "\(folder.artifacts)/\(origin.name)"
    guard let name = Files.names(in: place).first else { return nil }
    return Artifact(path: "\(place)/\(name)", digest: origin.digest)
  }
}
