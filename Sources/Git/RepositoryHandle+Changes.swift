import CGit2
import Ledger

// What each commit of a ledger did, for whoever verifies it.

extension RepositoryHandle {
  /// No file of a ledger is larger by far; whoever made one wants the memory of the reader.
  private static let largestFile = 64 << 20

  /// Returns the commits after `base`, newest first, along the first parents; all of them without.
  ///
  /// Twenty bytes a commit is all that a pass over a long branch has to remember.
  borrowing func line(to tip: ObjectID, after base: ObjectID?) throws(GitError) -> [git_oid] {
    guard git_repository_is_shallow(pointer) == 0 else {
      throw GitError(
        .invalid, "read the history in \(path)",
        "this clone is shallow, so that its beginning is missing: git fetch --unshallow")
    }
    var line: [git_oid] = []
    var next: git_oid? = tip.raw
    while let id = next, base.map({ ObjectID(id) != $0 }) ?? true {
      line.append(id)
      next = try commitHead(try object(id), of: id).parent
    }
    return line
  }

  /// Returns a commit as an audit reads it, after the one that was read last: nearly always its parent.
  borrowing func ledgerCommit(
    _ raw: git_oid, after last: inout CommitTree?
  ) throws(GitError) -> LedgerCommit {
    let bytes = try object(raw)
    let head = try commitHead(bytes, of: raw)
    let before = try head.parent.map { parent throws(GitError) in
      if let last, ObjectID(last.commit) == ObjectID(parent) { return last.tree }
      return try commitHead(try object(parent), of: parent).tree
    }
    last = CommitTree(commit: raw, tree: head.tree)
    var changes: [FileChange] = []
    try compare(before, head.tree, under: "", depth: 0, into: &changes)
    return LedgerCommit(id: ObjectID(raw).description, object: bytes, changes: changes)
  }

  private borrowing func commitHead(
    _ object: [UInt8], of id: git_oid
  ) throws(GitError) -> CommitHead {
    guard let head = CommitHead(object) else {
      throw GitError(.invalid, "read the commit \(ObjectID(id)) in \(path)", "it is not a commit")
    }
    return head
  }

  /// Returns an object's bytes as git stores them; libgit2 refuses one that is not what it is named.
  borrowing func object(_ id: git_oid) throws(GitError) -> [UInt8] {
    var (database, object, raw): (OpaquePointer?, OpaquePointer?, git_oid) = (nil, nil, id)
    try GitError.check(git_repository_odb(&database, pointer), "open the objects of \(path)")
    defer { git_odb_free(database) }
    try GitError.check(
      git_odb_read(&object, database, &raw), "read the commit \(ObjectID(id)) in \(path)")
    defer { git_odb_object_free(object) }
    let count = git_odb_object_size(object)
    return Array(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: count))
  }

  /// Walks down two trees at once, only where they differ.
  private borrowing func compare(
    _ old: git_oid?, _ new: git_oid?, under prefix: String, depth: Int,
    into changes: inout [FileChange]
  ) throws(GitError) {
    guard depth <= TreeLimits.ledger.depth else {
      throw GitError(.tooLarge, "compare \(prefix)", "folders are nested too deep")
    }
    let left = try tree(old)
    let right = try tree(new)
    var (i, j) = (0, 0)
    while true {
      let (before, after) = (left.entry(i), right.entry(j))
      guard before != nil || after != nil else { return }
      let order = before.flatMap { before in after.map { git_tree_entry_cmp(before, $0) } }
      let isBefore = after == nil || order.map { $0 <= 0 } ?? false
      let isAfter = before == nil || order.map { $0 >= 0 } ?? false
      try compare(
        isBefore ? before : nil, isAfter ? after : nil, under: prefix, depth: depth,
        into: &changes)
      if isBefore { i += 1 }
      if isAfter { j += 1 }
    }
  }

  /// Compares what has one name on both sides, or exists on one alone.
  private borrowing func compare(
    _ old: OpaquePointer?, _ new: OpaquePointer?, under prefix: String, depth: Int,
    into changes: inout [FileChange]
  ) throws(GitError) {
    if let old, let new, git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(new)) == 1,
      git_tree_entry_filemode_raw(old) == git_tree_entry_filemode_raw(new)
    {
      return
    }
    guard let entry = new ?? old else { return }
    let path = prefix + String(cString: git_tree_entry_name(entry))
    let (before, after) = (Self.folder(old), Self.folder(new))
    if before != nil || after != nil {
      try compare(before, after, under: path + "/", depth: depth + 1, into: &changes)
    }
    let (wasFile, isFile) = (old != nil && before == nil, new != nil && after == nil)
    guard wasFile || isFile else { return }
    changes.append(
      FileChange(
        path: path, kind: !isFile ? .removed : wasFile ? .modified : .added,
        isPlain: git_tree_entry_filemode_raw(entry) == GIT_FILEMODE_BLOB,
        contents: isFile ? try contents(at: entry) : []))
  }

  private borrowing func contents(at entry: OpaquePointer) throws(GitError) -> [UInt8] {
    guard git_tree_entry_type(entry) == GIT_OBJECT_BLOB else { return [] }
    return try contents(
      of: ObjectID(git_tree_entry_id(entry).pointee), limit: Self.largestFile)
  }

  private static func folder(_ entry: OpaquePointer?) -> git_oid? {
    guard let entry, git_tree_entry_type(entry) == GIT_OBJECT_TREE else { return nil }
    return git_tree_entry_id(entry).pointee
  }

  private borrowing func tree(_ id: git_oid?) throws(GitError) -> TreeHandle {
    guard var raw = id else { return TreeHandle(nil) }
    var tree: OpaquePointer?
    try GitError.check(
      git_tree_lookup(&tree, pointer, &raw), "read the folder \(ObjectID(raw)) in \(path)")
    return TreeHandle(tree)
  }
}

/// A commit and its tree.
struct CommitTree {
  let commit: git_oid
  let tree: git_oid
}

/// The first two lines of a commit: "tree 2f…", and "parent 91…" unless it is the root.
///
/// All that a walk needs; libgit2 would take every commit apart to its last word.
private struct CommitHead {
  let tree: git_oid
  let parent: git_oid?

  init?(_ object: [UInt8]) {
    guard let tree = Self.id("tree ", at: 0, of: object) else { return nil }
    self.tree = tree
    parent = Self.id("parent ", at: "tree \n".utf8.count + 40, of: object)
  }

  private static func id(_ name: String, at place: Int, of object: [UInt8]) -> git_oid? {
    let line = object.dropFirst(place)
    guard line.starts(with: name.utf8) else { return nil }
    var id = git_oid()
    let digits = line.dropFirst(name.utf8.count).prefix(40).map { CChar(truncatingIfNeeded: $0) }
    return digits.count == 40 && git_oid_fromstrn(&id, digits, 40) == 0 ? id : nil
  }
}

/// A folder, or none.
private struct TreeHandle: ~Copyable {
  private let pointer: OpaquePointer?
  private let count: Int

  init(_ pointer: OpaquePointer?) {
    self.pointer = pointer
    count = pointer.map { git_tree_entrycount($0) } ?? 0
  }

  deinit { git_tree_free(pointer) }

  /// Borrowed from the folder; nil behind the last.
  borrowing func entry(_ index: Int) -> OpaquePointer? {
    index < count ? git_tree_entry_byindex(pointer, index) : nil
  }
}
