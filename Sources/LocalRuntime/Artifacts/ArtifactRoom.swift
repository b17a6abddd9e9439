import Manifests
import Rollouts

/// What one fetch has taken of the disk so far; the store that made it is the only one that touches it.
final class ArtifactRoom {
  /// Against whose quota it counts; nil for nobody's.
  let namespace: String?
  var taken = 0

  init(of namespace: String?) { self.namespace = namespace }
}

// How much of the disk the artifacts take.
extension ArtifactStore {
  /// Takes room for what has come, or refuses what has grown too large.
  func reserve(_ count: Int, in room: ArtifactRoom, _ source: String) throws {
    let limits = setup.local.artifacts
    room.taken += count
    arriving[room.namespace, default: 0] += count
    let operation = "fetch \(ArtifactSource.shown(source))"
    guard room.taken <= limits.largestBytes else {
      throw LocalRuntimeError(
        .artifact, operation, "it is larger than \(limits.largestBytes.bytesText)")
    }
    guard Self.sum(storedBytes) + Self.sum(arriving) <= limits.totalBytes else {
      // Others may be removed meanwhile.
      throw LocalRuntimeError(
        .unreachable, operation,
        "there is no room: all artifacts together may take \(limits.totalBytes.bytesText)")
    }
    guard let namespace = room.namespace else { return }
    try requireQuota(
      of: namespace, for: Set(copies(of: namespace).values), and: arriving[namespace] ?? 0)
  }

  /// Refuses a copy that is there already where it is too much for the namespace of its new user.
  ///
  /// What the namespace uses anyway, for another revision, takes no more; what is not there yet takes its room as it
  /// comes.
  func admit(_ user: ServerKey, to name: String) throws {
    let namespace = user.deployment.namespace
    let others = Set(copies(of: namespace).filter { $0.key != user }.values)
    guard !others.contains(name) else { return }
    try requireQuota(of: namespace, for: others.union([name]), and: arriving[namespace] ?? 0)
  }

  /// Which copies the revisions of a namespace use, those of which nothing has come yet among them.
  private func copies(of namespace: String) -> [ServerKey: String] {
    users.filter { $0.key.deployment.namespace == namespace }
  }

  private func requireQuota(of namespace: String, for names: Set<String>, and more: Int) throws {
    guard let limit = setup.namespaces.quota(of: namespace).artifactBytes else { return }
    let used = names.reduce(0) { $0 + (storedBytes[$1] ?? 0) }
    guard used + more <= limit else {
      throw LocalRuntimeError(
        .quota, "have another artifact",
        "the artifacts of the namespace \"\(namespace)\" would be more than its quota of "
          + "\(limit.bytesText); remove a deployment, or ask for a larger one")
    }
  }

  /// The bytes of the copies that are in their place, counted again after one came or went.
  private var storedBytes: [String: Int] {
    if let known = stored { return known }
    var bytes: [String: Int] = [:]
    for name in Files.names(in: folder.artifacts) {
      bytes[name] = ArtifactListing.bytes(of: "\(folder.artifacts)/\(name)")
    }
    stored = bytes
    return bytes
  }

  private static func sum(_ bytes: [some Hashable: Int]) -> Int { bytes.values.reduce(0, +) }
}

extension ArtifactListing {
  /// Returns how many bytes the files of a folder hold; none when it cannot be read.
  fileprivate static func bytes(of folder: String) -> Int {
    guard let listing = try? ArtifactListing(of: folder) else { return 0 }
    return listing.all.reduce(0) { $0 + ((try? listing.root.size(of: $1)) ?? 0) }
  }
}
