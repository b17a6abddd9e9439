import CGit2
import Control
import Glibc

/// How much of a tree the controller is willing to read.
///
/// A commit is small even when what it names is not: a few kilobytes of trees that contain each
/// other twice, forty levels deep, are a trillion files.
struct TreeLimits {
  let depth: Int
  let entries: Int
  /// Whether to look up sizes, which costs a read of each object's header.
  let readsSizes: Bool

  /// Far more than any repository of manifests, and read in well under a second.
  static let manifests = TreeLimits(depth: 64, entries: 100_000, readsSizes: true)
  /// Our own branch, which grows with every decision.
  static let ledger = TreeLimits(depth: 64, entries: .max, readsSizes: false)
}

/// What a path names: equal only where everything below is equal.
struct PathEntry: Equatable {
  let id: ObjectID
  let mode: UInt32
}

extension RepositoryHandle {
  /// Returns the files under a path of a commit, in path order; none when there is no such path.
  ///
  /// Sizes come from the objects' headers: no contents are read.
  borrowing func entries(
    of commit: ObjectID, under path: String, within limits: TreeLimits
  ) throws(GitError) -> [TreeEntry] {
    let root = try tree(of: commit)
    var walk = TreeWalk(limits: limits, operation: "list \(commit)")
    guard let path = Self.normalised(path) else {
      try collect(root, under: "", depth: 1, into: &walk)
      return walk.entries
    }
    var entry: OpaquePointer?
    let status = git_tree_entry_bypath(&entry, root.pointer, path)
    guard status != GIT_ENOTFOUND.rawValue, let entry else { return [] }
    defer { git_tree_entry_free(entry) }
    try GitError.check(status, "find \(path) in \(commit)")
    try collect(entry: entry, at: path, depth: 0, into: &walk)
    return walk.entries
  }

  /// Returns what a path of a commit names, and as what; nil when there is nothing.
  borrowing func entry(at path: String, of commit: ObjectID) throws(GitError) -> PathEntry? {
    let root = try tree(of: commit)
    guard let path = Self.normalised(path) else {
      return PathEntry(
        id: ObjectID(git_object_id(root.pointer).pointee), mode: GIT_FILEMODE_TREE.rawValue)
    }
    var entry: OpaquePointer?
    let status = git_tree_entry_bypath(&entry, root.pointer, path)
    guard status != GIT_ENOTFOUND.rawValue else { return nil }
    try GitError.check(status, "find \(path) in \(commit)")
    defer { git_tree_entry_free(entry) }
    return PathEntry(
      id: ObjectID(git_tree_entry_id(entry).pointee), mode: git_tree_entry_filemode(entry).rawValue)
  }

  /// Returns the paths of all files of a commit of the ledger, in order.
  borrowing func paths(of commit: ObjectID) throws(GitError) -> [String] {
    try entries(of: commit, under: "", within: .ledger).map(\.path)
  }

  /// Returns the contents of a file of a commit, or nil when there is none.
  borrowing func file(_ path: String, of commit: ObjectID) throws(GitError) -> [UInt8]? {
    guard let path = Self.normalised(path) else { return nil }
    let root = try tree(of: commit)
    var entry: OpaquePointer?
    let status = git_tree_entry_bypath(&entry, root.pointer, path)
    guard status != GIT_ENOTFOUND.rawValue else { return nil }
    try GitError.check(status, "find \(path) in \(commit)")
    defer { git_tree_entry_free(entry) }
    guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB else { return nil }
    return try contents(of: git_tree_entry_id(entry).pointee)
  }

  /// Returns the contents of a blob, looking at its size before reading it.
  borrowing func contents(
    of raw: git_oid, limit: Int = .max
  ) throws(GitError) -> [UInt8] {
    let (size, type) = try header(of: raw)
    guard type == GIT_OBJECT_BLOB else {
      throw GitError(.invalid, "read the blob \(ObjectID(raw)) in \(path)", "it is not a blob")
    }
    guard size <= limit else {
      throw GitError(
        .tooLarge, "read the blob \(ObjectID(raw)) in \(path)",
        "\(size) bytes are more than \(limit)")
    }
    return try object(raw, GIT_OBJECT_BLOB)
  }

  borrowing func tree(of commit: ObjectID) throws(GitError) -> ObjectHandle {
    let handle = try self.commit(commit)
    var tree: OpaquePointer?
    try GitError.check(
      git_commit_tree(&tree, handle.pointer), "read the tree of \(commit) in \(path)")
    return ObjectHandle(tree)
  }

  /// Returns a path as git has it, or nil for the root.
  private static func normalised(_ path: String) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  /// What a walk has found so far.
  private struct TreeWalk {
    let limits: TreeLimits
    let operation: String
    var entries: [TreeEntry] = []
    /// Folders count as well: they cost as much and may be empty.
    var visited = 0

    mutating func visit(_ path: String, depth: Int) throws(GitError) {
      visited += 1
      guard visited <= limits.entries else {
        throw GitError(.tooLarge, operation, "there are more than \(limits.entries) entries")
      }
      guard depth <= limits.depth else {
        throw GitError(.tooLarge, operation, "folders are nested deeper than \(limits.depth)")
      }
    }
  }

  private borrowing func collect(
    _ tree: borrowing ObjectHandle, under prefix: String, depth: Int, into walk: inout TreeWalk
  ) throws(GitError) {
    for index in 0..<git_tree_entrycount(tree.pointer) {
      guard let entry = git_tree_entry_byindex(tree.pointer, index) else { continue }
      let path = prefix + Self.name(git_tree_entry_name(entry))
      try collect(entry: entry, at: path, depth: depth, into: &walk)
    }
  }

  /// Returns the name of an entry; what is not UTF-8 as "\xNN", so that different bytes stay different.
  private static func name(_ bytes: UnsafePointer<CChar>) -> String {
    String(validatingCString: bytes) ?? escaped(bytes)
  }

  private static func escaped(_ bytes: UnsafePointer<CChar>) -> String {
    var text = ""
    for byte in UnsafeBufferPointer(start: bytes, count: strlen(bytes)).map(UInt8.init(bitPattern:))
    {
      let digits = String(byte, radix: 16, uppercase: true)
      text +=
        (0x20...0x7E).contains(byte)
        ? String(Unicode.Scalar(byte)) : "\\x" + (byte < 0x10 ? "0" : "") + digits
    }
    return text
  }

  private borrowing func collect(
    entry: OpaquePointer, at path: String, depth: Int, into walk: inout TreeWalk
  ) throws(GitError) {
    try walk.visit(path, depth: depth)
    let id = ObjectID(git_tree_entry_id(entry).pointee)
    switch git_tree_entry_filemode(entry) {
    case GIT_FILEMODE_TREE:
      var raw = id.raw
      var pointer: OpaquePointer?
      try GitError.check(
        git_tree_lookup(&pointer, self.pointer, &raw), "read the folder \(path) in \(self.path)")
      try collect(ObjectHandle(pointer), under: path + "/", depth: depth + 1, into: &walk)
    case GIT_FILEMODE_COMMIT:
      walk.entries.append(
        TreeEntry(path: path, kind: .submodule, blob: id.description, size: 0))
    case let mode:
      let size = walk.limits.readsSizes ? try header(of: id.raw).size : 0
      let kind: TreeEntry.Kind = mode == GIT_FILEMODE_LINK ? .symbolicLink : .file
      walk.entries.append(TreeEntry(path: path, kind: kind, blob: id.description, size: size))
    }
  }

  /// Returns how large an object is, and what, without reading it.
  private borrowing func header(of id: git_oid) throws(GitError) -> (size: Int, type: git_object_t)
  {
    var database: OpaquePointer?
    try GitError.check(git_repository_odb(&database, pointer), "open the objects of \(path)")
    defer { git_odb_free(database) }
    var (size, type, raw) = (0, GIT_OBJECT_INVALID, id)
    try GitError.check(
      git_odb_read_header(&size, &type, database, &raw), "look at \(ObjectID(id)) in \(path)")
    return (size, type)
  }
}
