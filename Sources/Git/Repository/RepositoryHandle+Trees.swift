import CGit2
import Glibc

/// How much of the ledger's tree is read: our own branch grows with every decision.
///
/// Of a manifests' tree, `FolderWalk` says how much.
enum TreeLimits {
  static let depth = 64
}

/// What a path names: equal only where everything below is equal.
struct PathEntry: Equatable {
  let id: ObjectID
  let mode: UInt32
}

extension RepositoryHandle {
  /// Returns the paths of the files under a path of a commit of the ledger, in order; none when there
  /// is no such path.
  borrowing func paths(of commit: ObjectID, under path: String = "") throws(GitError) -> [String] {
    let root = try tree(of: commit)
    var paths: [String] = []
    guard let path = Self.normalised(path) else {
      try collect(root, under: "", depth: 1, into: &paths)
      return paths
    }
    var entry: OpaquePointer?
    let status = git_tree_entry_bypath(&entry, root.pointer, path)
    guard status != GIT_ENOTFOUND.rawValue, let entry else { return [] }
    defer { git_tree_entry_free(entry) }
    try GitError.check(status, "find \(path) in \(commit)")
    try collect(entry: entry, at: path, depth: 0, into: &paths)
    return paths
  }

  /// Returns what a path of a commit names, and as what; nil when there is nothing.
  borrowing func entry(at path: String, of commit: ObjectID) throws(GitError) -> PathEntry? {
    try entry(at: path, below: tree(of: commit), of: commit)
  }

  /// Returns what some paths of a commit name.
  borrowing func entries(
    of paths: [String], at commit: ObjectID
  ) throws(GitError) -> [PathEntry?] {
    let root = try tree(of: commit)
    var entries: [PathEntry?] = []
    for path in paths { entries.append(try entry(at: path, below: root, of: commit)) }
    return entries
  }

  private borrowing func entry(
    at path: String, below root: borrowing ObjectHandle, of commit: ObjectID
  ) throws(GitError) -> PathEntry? {
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
        "the blob \(ObjectID(raw)) has \(size) bytes, more than \(limit)")
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
  static func normalised(_ path: String) -> String? {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return parts.isEmpty ? nil : parts.joined(separator: "/")
  }

  private borrowing func collect(
    _ tree: borrowing ObjectHandle, under prefix: String, depth: Int, into paths: inout [String]
  ) throws(GitError) {
    for index in 0..<git_tree_entrycount(tree.pointer) {
      guard let entry = git_tree_entry_byindex(tree.pointer, index) else { continue }
      let name = UnsafeRawBufferPointer(
        start: git_tree_entry_name(entry), count: strlen(git_tree_entry_name(entry)))
      let path = prefix + FolderBytes.text(of: name)
      try collect(entry: entry, at: path, depth: depth, into: &paths)
    }
  }

  private borrowing func collect(
    entry: OpaquePointer, at path: String, depth: Int, into paths: inout [String]
  ) throws(GitError) {
    guard depth <= TreeLimits.depth else {
      throw GitError(
        .tooLarge, "list \(path)", "folders are nested deeper than \(TreeLimits.depth)")
    }
    guard git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE else { return paths.append(path) }
    var (raw, pointer): (git_oid, OpaquePointer?) = (git_tree_entry_id(entry).pointee, nil)
    try GitError.check(
      git_tree_lookup(&pointer, self.pointer, &raw), "read the folder \(path) in \(self.path)")
    try collect(ObjectHandle(pointer), under: path + "/", depth: depth + 1, into: &paths)
  }

  /// Returns how large an object is, and what, without reading it.
  borrowing func header(of id: git_oid) throws(GitError) -> (size: Int, type: git_object_t) {
    var database: OpaquePointer?
    try GitError.check(git_repository_odb(&database, pointer), "open the objects of \(path)")
    defer { git_odb_free(database) }
    var (size, type, raw) = (0, GIT_OBJECT_INVALID, id)
    try GitError.check(
      git_odb_read_header(&size, &type, database, &raw), "look at \(ObjectID(id)) in \(path)")
    return (size, type)
  }
}
