import Manifests

/// What one fetch has taken of the disk so far; the store that made it is the only one that touches it.
final class ArtifactRoom {
  var taken = 0
}

// How much of the disk the artifacts take.
extension ArtifactStore {
  /// Takes room for what has come, or refuses what has grown too large.
  func reserve(_ count: Int, in room: ArtifactRoom, _ source: String) throws {
    let limits = setup.local.artifacts
    room.taken += count
    arriving += count
    let operation = "fetch \(ArtifactSource.shown(source))"
    guard room.taken <= limits.largestBytes else {
      throw LocalRuntimeError(
        .artifact, operation, "it is larger than \(limits.largestBytes.bytesText)")
    }
    guard storedBytes + arriving <= limits.totalBytes else {
      // Others may be removed meanwhile.
      throw LocalRuntimeError(
        .unreachable, operation,
        "there is no room: all artifacts together may take \(limits.totalBytes.bytesText)")
    }
  }

  /// The bytes of all copies that are in their place, counted again after one came or went.
  private var storedBytes: Int {
    if let known = stored { return known }
    let places = Files.names(in: folder.artifacts).map { "\(folder.artifacts)/\($0)" }
    let bytes = places.reduce(0) { $0 + ArtifactListing.bytes(of: $1) }
    stored = bytes
    return bytes
  }
}

extension ArtifactListing {
  /// Returns how many bytes the files of a folder hold; none when it cannot be read.
  fileprivate static func bytes(of folder: String) -> Int {
    guard let listing = try? ArtifactListing(of: folder) else { return 0 }
    return listing.all.reduce(0) { $0 + ((try? listing.root.size(of: $1)) ?? 0) }
  }
}
