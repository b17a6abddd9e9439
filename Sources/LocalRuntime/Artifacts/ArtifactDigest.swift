import Crypto
import Foundation
import Glibc
import Manifests

/// The digest by which a manifest names an artifact.
///
/// A file's is the SHA-256 of its bytes. A folder's is the SHA-256 of what `sha256sum` prints for
/// its files in the order of their paths, so that anyone can compute it again:
///
/// ```
/// find . -type f -printf '%P\0' | LC_ALL=C sort -z | xargs -0 sha256sum -- | sha256sum
/// ```
///
/// What that listing cannot hold is refused: links, devices, line breaks in names, and a folder
/// without a file.
package enum ArtifactDigest {
  /// Returns the digest of a file or a folder, as "sha256:" and 64 digits.
  package static func digest(of path: String) throws -> String {
    var reading = ArtifactReading(of: try ArtifactListing(of: path))
    while try reading.step() {}
    return reading.digest
  }

  /// Returns the digest of what a `file` URI names; nil when it is no such URI.
  package static func digest(ofFileAt uri: String) throws(LocalRuntimeError) -> String? {
    guard uri.lowercased().hasPrefix("file:") else { return nil }
    do {
      let source = try ArtifactSource(uri, settings: LocalSettings())
      guard case .local(let path, _) = source else { return nil }
      return try digest(of: path)
    } catch let error as LocalRuntimeError {
      throw error
    } catch {
      throw LocalRuntimeError(.file, "read \(ArtifactSource.shown(uri))", "\(error)")
    }
  }

  /// "sha256:…", from the hash.
  static func name(_ hash: SHA256Digest) -> String {
    "sha256:" + hash.map(\.hexadecimal).joined()
  }

  /// Returns the 64 digits of a digest; nil when it is none.
  static func digits(_ digest: String) -> String? {
    guard digest.hasPrefix("sha256:") else { return nil }
    let digits = digest.dropFirst(7)
    let isHash = digits.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    return isHash && digits.utf8.count == 64 ? String(digits) : nil
  }
}

/// One pass over the bytes of an artifact, a piece at a time.
///
/// In pieces, so that an actor can let others in between: a model may have 20 GiB.
struct ArtifactReading {
  private let listing: ArtifactListing
  private let files: [String?]
  private var next = 0
  private var file: Descriptor?
  private var hash = SHA256()
  private var lines = SHA256()

  /// A compromise between calls and memory; larger pieces are no faster.
  private static let piece = 1 << 20

  init(of listing: ArtifactListing) {
    self.listing = listing
    files = listing.all
  }

  /// Reads the next piece; false at the end.
  mutating func step() throws -> Bool {
    if let file {
      let path = listing.root.shown(files[next - 1])
      let bytes = try Files.read(file.number, path: path, atMost: Self.piece)
      guard bytes.isEmpty else {
        hash.update(data: bytes)
        return true
      }
      finishFile()
    }
    guard next < files.count else { return false }
    file = try listing.root.open(files[next])
    next += 1
    return true
  }

  private mutating func finishFile() {
    file = nil
    guard let files = listing.files else { return }
    let digits = hash.finalize().map(\.hexadecimal).joined()
    lines.update(data: Array("\(digits)  \(files[next - 1])\n".utf8))
    hash = SHA256()
  }

  /// The digest; meaningful after the last step.
  var digest: String {
    ArtifactDigest.name(listing.files == nil ? hash.finalize() : lines.finalize())
  }
}
