import Glibc

/// The file or folder that an artifact is, held open.
///
/// Everything is opened from here, name by name, and no name may be a symbolic link: whoever may change
/// the folders below while they are read can lead nobody out of them.
final class ArtifactRoot: Sendable {
  /// What it is called in errors.
  let path: String
  /// The name of the artifact in `folder` when it is a file; nil when it is the folder.
  private let file: String?
  private let folder: Descriptor

  var isFile: Bool { file != nil }

  /// Opens an artifact.
  ///
  /// From the folder `allowed` on, below which the path lies, no name may be a symbolic link. Without one
  /// the path is trusted, and the artifact alone is not.
  init(_ path: String, below allowed: String? = nil) throws {
    self.path = path
    let parts = path.split(separator: "/").map(String.init)
    guard let name = parts.last else { throw Self.refusal(path, Self.oddKind) }
    let parent = try Self.parent(of: parts, path, below: allowed)
    switch try parent.kind(of: name) {
    case nil: throw Self.absence(path, "no such file")
    case S_IFREG: (file, folder) = (name, parent)
    case S_IFDIR: (file, folder) = (nil, try Descriptor(name, in: parent, Descriptor.passage))
    default: throw Self.refusal(path, Self.oddKind)
    }
  }

  private static func parent(
    of parts: [String], _ path: String, below allowed: String?
  ) throws -> Descriptor {
    guard let allowed else {
      let above = (path.hasPrefix("/") ? "/" : "./") + parts.dropLast().joined(separator: "/")
      return try folder(above, for: path)
    }
    let names = parts.dropLast().dropFirst(allowed.split(separator: "/").count)
    return try names.reduce(try folder(allowed, for: path)) { try enter($1, $0, path) }
  }

  private static func folder(_ folder: String, for path: String) throws -> Descriptor {
    var status = stat()
    let isMissing = stat(folder, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
    guard !isMissing else { throw absence(path, "no such file") }
    return try Descriptor(folder, Descriptor.passage)
  }

  private static func enter(
    _ name: String, _ folder: Descriptor, _ path: String
  ) throws -> Descriptor {
    switch try folder.kind(of: name) {
    case S_IFDIR: return try Descriptor(name, in: folder, Descriptor.passage)
    case S_IFLNK: throw refusal(path, "\(name) on the way to it is a symbolic link")
    default: throw absence(path, "no such file")
    }
  }

  /// Opens a file of the artifact for reading; nil for the artifact that is a file.
  func open(_ relative: String?) throws -> Descriptor {
    let parts = relative.map { $0.split(separator: "/").map(String.init) } ?? [file ?? "."]
    let (folder, name) = (try enter(parts.dropLast()), parts.last ?? ".")
    // A pipe that took the place of a file would not be waited for.
    let opened = try Descriptor(name, in: folder, O_RDONLY | O_NONBLOCK)
    var status = stat()
    guard fstat(opened.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw Self.refusal(shown(relative), "it changed while it was read")
    }
    return opened
  }

  /// Returns how many bytes a file of the artifact holds.
  func size(of relative: String?) throws -> Int {
    var status = stat()
    let file = try open(relative)
    let isKnown = withExtendedLifetime(file) { fstat(file.number, &status) == 0 }
    guard isKnown else { throw Files.error("read", shown(relative)) }
    return Int(status.st_size)
  }

  /// Returns the names in a folder of the artifact, each with what it is; "" for the artifact itself.
  ///
  /// One descriptor is open meanwhile, and closed before the next folder is read.
  func entries(of relative: String) throws -> [(name: String, kind: mode_t)] {
    let folder = try enter(relative.split(separator: "/").map(String.init)[...])
    let path = shown(relative)
    let number = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0, let handle = fdopendir(number) else { throw Files.error("list", path) }
    defer { closedir(handle) }
    var found: [(name: String, kind: mode_t)] = []
    while true {
      errno = 0
      guard let entry = readdir(handle) else {
        guard errno == 0 else { throw Files.error("list", path) }
        return found
      }
      let name = try Self.name(of: entry, in: path)
      guard name != ".", name != "..", let kind = try folder.kind(of: name) else { continue }
      found.append((name, kind))
      guard found.count <= ArtifactListing.most else { throw ArtifactListing.tooMany(self.path) }
    }
  }

  private func enter(_ names: ArraySlice<String>) throws -> Descriptor {
    try names.reduce(folder) { try Descriptor($1, in: $0, Descriptor.passage) }
  }

  func shown(_ relative: String?) -> String {
    guard let relative, !relative.isEmpty else { return path }
    return "\(path)/\(relative)"
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

  static let oddKind = "it is neither a file nor a folder"

  static func refusal(_ path: String, _ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.artifact, "read the artifact \(path)", message)
  }

  static func absence(_ path: String, _ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.missing, "read the artifact \(path)", message)
  }
}
