import Glibc

/// The regular files of an artifact, in the order of the bytes of their paths.
struct ArtifactListing: Sendable {
  let root: ArtifactRoot
  /// Relative to the root; nil when the root is the file.
  let files: [String]?

  /// More names than this are no model: a mistake, or meant to keep the controller busy.
  static let most = 100_000
  /// Folders within folders; each file is opened from the root, name by name.
  static let deepest = 64

  init(of path: String) throws { try self.init(ArtifactRoot(path)) }

  init(_ root: ArtifactRoot) throws {
    self.root = root
    guard !root.isFile else {
      files = nil
      return
    }
    let found = try Self.collect(root)
    guard !found.isEmpty else { throw ArtifactRoot.absence(root.path, "the folder holds no file") }
    files = found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What is to be read, in order: each file, or nil for the root that is one.
  var all: [String?] { files ?? [nil] }

  /// Walks through the folders with a list of those that are to come.
  ///
  /// A walk that called itself would hold a descriptor for each level, of which a process has few.
  private static func collect(_ root: ArtifactRoot) throws -> [String] {
    var (found, folders, count): ([String], [String], Int) = ([], [""], 0)
    while let folder = folders.popLast() {
      for (name, kind) in try root.entries(of: folder) {
        count += 1
        guard count <= most else { throw tooMany(root.path) }
        let path = folder.isEmpty ? name : "\(folder)/\(name)"
        switch kind {
        case S_IFREG: found.append(path)
        case S_IFDIR: folders.append(try checked(path, root))
        case S_IFLNK:
          throw ArtifactRoot.refusal(root.shown(path), "a symbolic link may lead anywhere")
        default: throw ArtifactRoot.refusal(root.shown(path), ArtifactRoot.oddKind)
        }
      }
    }
    return found
  }

  private static func checked(_ folder: String, _ root: ArtifactRoot) throws -> String {
    guard folder.utf8.count(where: { $0 == UInt8(ascii: "/") }) < deepest else {
      throw ArtifactRoot.refusal(root.path, "it has more than \(deepest) folders within each other")
    }
    return folder
  }

  static func tooMany(_ path: String) -> LocalRuntimeError {
    ArtifactRoot.refusal(path, "it holds more than \(most) files and folders")
  }
}
