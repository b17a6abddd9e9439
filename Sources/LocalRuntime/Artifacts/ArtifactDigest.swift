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
      guard case .local(let path) = source else { return nil }
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

/// The regular files of an artifact, in the order of the bytes of their paths.
struct ArtifactListing: Equatable, Sendable {
  let root: String
  /// Relative to the root; nil when the root is the file.
  let files: [String]?

  init(of root: String) throws {
    self.root = root
    switch try Self.kind(of: root) {
    case S_IFREG: files = nil
    case S_IFDIR:
      var found: [String] = []
      try Self.collect(root, "", into: &found)
      guard !found.isEmpty else { throw Self.absence(root, "the folder holds no file") }
      files = found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    default: throw Self.refusal(root, "it is neither a file nor a folder")
    }
  }

  /// The whole paths, in order.
  var paths: [String] { files.map { $0.map { "\(root)/\($0)" } } ?? [root] }

  private static func collect(_ folder: String, _ prefix: String, into found: inout [String]) throws
  {
    guard let handle = opendir(folder) else { throw Files.error("list", folder) }
    defer { closedir(handle) }
    while true {
      errno = 0
      guard let entry = readdir(handle) else {
        guard errno == 0 else { throw Files.error("list", folder) }
        return
      }
      let name = try name(of: entry, in: folder)
      guard name != ".", name != ".." else { continue }
      let path = "\(folder)/\(name)"
      switch try kind(of: path) {
      case S_IFREG: found.append(prefix + name)
      case S_IFDIR: try collect(path, "\(prefix)\(name)/", into: &found)
      case S_IFLNK: throw refusal(path, "a symbolic link may lead anywhere")
      default: throw refusal(path, "it is neither a file nor a folder")
      }
    }
  }

  /// Returns the name of an entry, which `sha256sum` must print as it is.
  private static func name(
    of entry: UnsafeMutablePointer<dirent>, in folder: String
  ) throws -> String {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
    }
    guard let name else { throw refusal(folder, "the name of a file in it is not UTF-8") }
    guard !name.contains(where: { $0.isNewline || $0 == "\\" }) else {
      throw refusal(
        "\(folder)/\(name)".debugDescription, "the name has a line break or a backslash")
    }
    return name
  }

  private static func kind(of path: String) throws -> mode_t {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      let isMissing = errno == ENOENT || errno == ENOTDIR
      guard !isMissing else { throw absence(path, "no such file") }
      throw Files.error("read", path)
    }
    return status.st_mode & S_IFMT
  }

  private static func refusal(_ path: String, _ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.artifact, "read the artifact \(path)", message)
  }

  private static func absence(_ path: String, _ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.missing, "read the artifact \(path)", message)
  }
}

/// One pass over the bytes of an artifact, a piece at a time.
///
/// In pieces, so that an actor can let others in between: a model may have 20 GiB.
struct ArtifactReading {
  private let listing: ArtifactListing
  private let paths: [String]
  private var next = 0
  private var file: OpenFile?
  private var hash = SHA256()
  private var lines = SHA256()

  /// A compromise between calls and memory; larger pieces are no faster.
  private static let piece = 1 << 20

  init(of listing: ArtifactListing) {
    self.listing = listing
    paths = listing.paths
  }

  /// Reads the next piece; false at the end.
  mutating func step() throws -> Bool {
    if let file {
      let bytes = try Files.read(file.descriptor, path: file.path, atMost: Self.piece)
      guard bytes.isEmpty else {
        hash.update(data: bytes)
        return true
      }
      finishFile()
    }
    guard next < paths.count else { return false }
    file = try OpenFile(paths[next])
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

  private final class OpenFile {
    let path: String
    let descriptor: Int32

    init(_ path: String) throws {
      self.path = path
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard descriptor >= 0 else { throw Files.error("read", path) }
    }

    deinit { close(descriptor) }
  }
}
