import CGit2

/// A repository whose new objects stay in memory until all of them are written as one pack.
///
/// Each loose object is a file that is made durable by itself; a pack and its index are two, however much
/// they hold.
struct PackWriter: ~Copyable {
  /// What is written through it is seen by nobody else before `write`.
  let repository: RepositoryHandle
  private let path: String

  /// Libgit2's own priorities are 1 and 2: the memory is asked first, and takes what is written.
  private static let priority: CInt = 999

  /// Opens the repository at a path once more.
  static func open(_ path: String) throws(GitError) -> PackWriter {
    let repository = try RepositoryHandle.bare(at: path)
    try keepInMemory(repository, "write a pack to \(path)")
    return PackWriter(repository: repository, path: path)
  }

  private static func keepInMemory(
    _ repository: borrowing RepositoryHandle, _ operation: String
  ) throws(GitError) {
    var (objects, memory): (OpaquePointer?, UnsafeMutablePointer<git_odb_backend>?) = (nil, nil)
    try GitError.check(git_repository_odb(&objects, repository.pointer), operation)
    defer { git_odb_free(objects) }
    try GitError.check(git_mempack_new(&memory), operation)
    // The repository frees it.
    try GitError.check(git_odb_add_backend(objects, memory, priority), operation)
  }

  /// Writes the objects as one pack, durably.
  borrowing func write(_ objects: [ObjectID]) throws(GitError) {
    let operation = "write a pack of \(objects.count) objects to \(path)"
    var pack: OpaquePointer?
    try GitError.check(git_packbuilder_new(&pack, repository.pointer), operation)
    defer { git_packbuilder_free(pack) }
    for object in objects {
      var raw = object.raw
      try GitError.check(git_packbuilder_insert(pack, &raw, nil), operation)
    }
    try GitError.check(git_packbuilder_write(pack, nil, 0, nil, nil), operation)
  }
}

extension RepositoryHandle {
  /// Returns a commit, the trees on the way to some of its files, and these files.
  borrowing func objects(of commit: ObjectID, at paths: [String]) throws(GitError) -> [ObjectID] {
    let root = try tree(of: commit)
    var objects = [commit, ObjectID(git_object_id(root.pointer).pointee)]
    for path in Set(paths.flatMap(Self.prefixes)) {
      var entry: OpaquePointer?
      try GitError.check(
        git_tree_entry_bypath(&entry, root.pointer, path), "read the \(path) just written")
      defer { git_tree_entry_free(entry) }
      objects.append(ObjectID(git_tree_entry_id(entry).pointee))
    }
    return objects
  }

  /// Returns a path and the folders on the way to it: "a/b/c" is in "a" and in "a/b".
  private static func prefixes(_ path: String) -> [String] {
    let parts = path.split(separator: "/")
    return parts.indices.map { parts[...$0].joined(separator: "/") }
  }
}
