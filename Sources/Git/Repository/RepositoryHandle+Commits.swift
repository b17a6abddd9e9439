import CGit2
import Glibc
import Ledger
import Manifests

extension RepositoryHandle {
  /// Writes one commit after the other; moves no reference.
  borrowing func write(
    _ changes: [LedgerChange], by committer: Committer, over parent: ObjectID?,
    signedWith key: SigningKey?
  ) throws(GitError) -> [ObjectID] {
    var commits: [ObjectID] = []
    for change in changes {
      commits.append(
        try write(
          change.files, message: change.message, by: committer,
          seconds: change.date.wholeSeconds, over: commits.last ?? parent, signedWith: key))
    }
    return commits
  }

  /// Writes a commit that puts files over the tree of its parent; moves no reference.
  ///
  /// Only the folders on the way to the files are rewritten, so that the cost does not grow with the
  /// branch.
  borrowing func write(
    _ files: [String: [UInt8]], message: String, by committer: Committer, seconds: Int64,
    over parent: ObjectID?, signedWith key: SigningKey?
  ) throws(GitError) -> ObjectID {
    let tree = try write(files, over: parent)
    // Never before the parent: tools that walk by date would lose their way.
    var seconds = seconds
    if let parent { seconds = max(seconds, try self.seconds(of: parent)) }
    let payload = try payload(
      of: tree, message: message, by: committer, seconds: seconds, over: parent)
    var raw = git_oid()
    // Without a signature it writes a commit like any other.
    let status = git_commit_create_with_signature(
      &raw, pointer, payload, try key.map { key throws(GitError) in try sign(payload, key) }, nil)
    try GitError.check(status, "commit to \(path)")
    return ObjectID(raw)
  }

  /// Returns the text of a commit as it is signed.
  private borrowing func payload(
    of tree: borrowing ObjectHandle, message: String, by committer: Committer, seconds: Int64,
    over parent: ObjectID?
  ) throws(GitError) -> String {
    var signature: UnsafeMutablePointer<git_signature>?
    try GitError.check(
      git_signature_new(&signature, committer.name, committer.email, seconds, 0),
      "commit as \(committer.name)")
    defer { git_signature_free(signature) }
    var buffer = git_buf()
    defer { git_buf_dispose(&buffer) }
    var parents: [OpaquePointer?] = []
    defer { for parent in parents { git_object_free(parent) } }
    if var raw = parent?.raw {
      var pointer: OpaquePointer?
      try GitError.check(git_commit_lookup(&pointer, self.pointer, &raw), "read the parent")
      parents.append(pointer)
    }
    let status = git_commit_create_buffer(
      &buffer, pointer, signature, signature, nil, message, tree.pointer, parents.count, &parents)
    try GitError.check(status, "write a commit for \(path)")
    return String(cString: buffer.ptr)
  }

  private borrowing func sign(_ payload: String, _ key: SigningKey) throws(GitError) -> String {
    do {
      // libgit2 would make the newline at its end a line of the header, which git itself does not.
      return String(try key.sign(Array(payload.utf8)).dropLast())
    } catch {
      throw GitError(.other(-1), "sign a commit to \(path)", "\(error)")
    }
  }

  /// Returns the committer's date.
  borrowing func seconds(of commit: ObjectID) throws(GitError) -> Int64 {
    let handle = try self.commit(commit)
    return git_commit_time(handle.pointer)
  }

  private borrowing func write(
    _ files: [String: [UInt8]], over parent: ObjectID?
  ) throws(GitError) -> ObjectHandle {
    let base = try base(of: parent)
    var updates: [git_tree_update] = []
    defer { for update in updates { update.path.deallocate() } }
    for (path, contents) in files.sorted(by: { $0.key < $1.key }) {
      var update = git_tree_update()
      update.action = GIT_TREE_UPDATE_UPSERT
      update.filemode = GIT_FILEMODE_BLOB
      update.id = try write(blob: contents).raw
      update.path = UnsafePointer(strdup(path))
      updates.append(update)
    }
    var raw = git_oid()
    try GitError.check(
      git_tree_create_updated(&raw, pointer, base.pointer, updates.count, &updates),
      "write \(files.count) files to \(path)")
    var tree: OpaquePointer?
    try GitError.check(git_tree_lookup(&tree, pointer, &raw), "read the tree just written")
    return ObjectHandle(tree)
  }

  private borrowing func write(blob contents: [UInt8]) throws(GitError) -> ObjectID {
    var raw = git_oid()
    let status = contents.withUnsafeBytes { bytes in
      git_blob_create_from_buffer(&raw, pointer, bytes.baseAddress, bytes.count)
    }
    try GitError.check(status, "write a blob to \(path)")
    return ObjectID(raw)
  }

  /// Returns the tree of the parent, or an empty one for the first commit.
  private borrowing func base(of parent: ObjectID?) throws(GitError) -> ObjectHandle {
    if let parent { return try tree(of: parent) }
    var builder: OpaquePointer?
    try GitError.check(git_treebuilder_new(&builder, pointer, nil), "build a tree")
    defer { git_treebuilder_free(builder) }
    var raw = git_oid()
    try GitError.check(git_treebuilder_write(&raw, builder), "write a tree to \(path)")
    var tree: OpaquePointer?
    try GitError.check(git_tree_lookup(&tree, pointer, &raw), "read the tree just written")
    return ObjectHandle(tree)
  }
}
