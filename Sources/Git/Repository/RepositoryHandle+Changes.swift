import CGit2
import Ledger

// What each commit of a ledger did, for whoever verifies it.

extension RepositoryHandle {
  /// No file of a ledger is larger by far; whoever made one wants the memory of the reader.
  static let largestFile = 64 << 20

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
      next = try commitHead(of: id).parent
    }
    return line
  }

  /// Returns a commit as an audit reads it, after the one that was read last: nearly always its parent.
  borrowing func ledgerCommit(
    _ raw: git_oid, _ memory: inout CommitMemory
  ) throws(GitError) -> LedgerCommit {
    let bytes = try object(raw)
    let head = try known(bytes.withUnsafeBytes { CommitHead($0) }, of: raw)
    let before = try head.parent.map { parent throws(GitError) in
      if let last = memory.last, ObjectID(last.commit) == ObjectID(parent) { return last.tree }
      return try commitHead(of: parent).tree
    }
    memory.last = (commit: raw, tree: head.tree)
    var changes: [FileChange] = []
    try compare(before, head.tree, under: "", depth: 0, &memory, into: &changes)
    return LedgerCommit(id: ObjectID(raw).description, object: bytes, changes: changes)
  }

  private borrowing func commitHead(of id: git_oid) throws(GitError) -> CommitHead {
    try known(withObject(id, GIT_OBJECT_COMMIT) { CommitHead($0) }, of: id)
  }

  private borrowing func known(
    _ head: CommitHead?, of id: git_oid
  ) throws(GitError) -> CommitHead {
    guard let head else {
      throw GitError(.invalid, "read the commit \(ObjectID(id)) in \(path)", "it is not a commit")
    }
    return head
  }

  /// Returns an object's bytes as git stores them; libgit2 refuses one that is not what it is named.
  borrowing func object(
    _ id: git_oid, _ type: git_object_t = GIT_OBJECT_COMMIT
  ) throws(GitError) -> [UInt8] {
    try withObject(id, type) { Array($0) }
  }

  private borrowing func withObject<Result>(
    _ id: git_oid, _ type: git_object_t, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(GitError) -> Result {
    var (database, object, raw): (OpaquePointer?, OpaquePointer?, git_oid) = (nil, nil, id)
    try GitError.check(git_repository_odb(&database, pointer), "open the objects of \(path)")
    defer { git_odb_free(database) }
    try GitError.check(
      git_odb_read(&object, database, &raw), "read the object \(ObjectID(id)) in \(path)")
    defer { git_odb_object_free(object) }
    guard git_odb_object_type(object) == type else {
      let name = String(cString: git_object_type2string(type))
      throw GitError(.invalid, "read the \(name) \(ObjectID(id)) in \(path)", "it is no \(name)")
    }
    let count = git_odb_object_size(object)
    return body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: count))
  }

  /// Walks down two trees at once, only where they differ.
  private borrowing func compare(
    _ old: git_oid?, _ new: git_oid?, under prefix: String, depth: Int,
    _ memory: inout CommitMemory, into changes: inout [FileChange]
  ) throws(GitError) {
    guard depth <= TreeLimits.depth else {
      throw GitError(.tooLarge, "compare \(prefix)", "folders are nested too deep")
    }
    let pairs = try differences(old, new, &memory)
    for (before, after) in pairs {
      try compare(before, after, under: prefix, depth: depth, &memory, into: &changes)
    }
  }

  /// Returns what has one name on both sides and is not the same, or exists on one side alone.
  private borrowing func differences(
    _ old: git_oid?, _ new: git_oid?, _ memory: inout CommitMemory
  ) throws(GitError) -> [(FolderBytes.Entry?, FolderBytes.Entry?)] {
    let before = try folder(old, &memory)
    let after = try folder(new, &memory)
    if let new { memory.keep(after, new) }
    do throws(FolderBytes.Broken) {
      return try FolderBytes.differences(before, after)
    } catch {
      let name = (new ?? old).map { ObjectID($0).description } ?? ""
      throw GitError(.invalid, "read the folder \(name) in \(path)", "it is no folder")
    }
  }

  /// Compares what has one name on both sides, or exists on one alone.
  private borrowing func compare(
    _ old: FolderBytes.Entry?, _ new: FolderBytes.Entry?, under prefix: String, depth: Int,
    _ memory: inout CommitMemory, into changes: inout [FileChange]
  ) throws(GitError) {
    guard let entry = new ?? old else { return }
    let path = prefix + String(decoding: entry.name, as: UTF8.self)
    let (before, after) = (old?.folder, new?.folder)
    if before != nil || after != nil {
      try compare(before, after, under: path + "/", depth: depth + 1, &memory, into: &changes)
    }
    let (wasFile, isFile) = (old != nil && before == nil, new != nil && after == nil)
    guard wasFile || isFile else { return }
    changes.append(
      FileChange(
        path: path, kind: !isFile ? .removed : wasFile ? .modified : .added,
        isPlain: entry.mode == GIT_FILEMODE_BLOB.rawValue,
        contents: isFile ? try contents(at: entry) : []))
  }

  private borrowing func contents(at entry: FolderBytes.Entry) throws(GitError) -> [UInt8] {
    guard entry.isFile else { return [] }
    return try contents(of: entry.id, limit: Self.largestFile)
  }

  private borrowing func folder(
    _ id: git_oid?, _ memory: inout CommitMemory
  ) throws(GitError) -> FolderBytes {
    guard let id else { return .empty }
    if let folder = memory.take(id) { return folder }
    return FolderBytes(bytes: try object(id, GIT_OBJECT_TREE))
  }
}

/// The first two lines of a commit: "tree 2f…", and "parent 91…" unless it is the root.
///
/// All that a walk needs; libgit2 would take every commit apart to its last word.
struct CommitHead {
  let tree: git_oid
  let parent: git_oid?

  init?(_ object: UnsafeRawBufferPointer) {
    guard let tree = Self.id("tree ", at: 0, of: object) else { return nil }
    self.tree = tree
    parent = Self.id("parent ", at: "tree \n".utf8.count + 40, of: object)
  }

  /// Returns all parents of a commit: the lines behind its tree.
  static func parents(of object: UnsafeRawBufferPointer) -> [git_oid] {
    var (parents, place): ([git_oid], Int) = ([], "tree \n".utf8.count + 40)
    while let parent = id("parent ", at: place, of: object) {
      parents.append(parent)
      place += "parent \n".utf8.count + 40
    }
    return parents
  }

  private static func id(
    _ name: String, at place: Int, of object: UnsafeRawBufferPointer
  ) -> git_oid? {
    let line = object.dropFirst(place)
    let digits = line.dropFirst(name.utf8.count).prefix(40)
    guard line.starts(with: name.utf8), digits.count == 40 else { return nil }
    var id = git_oid()
    let status = UnsafeRawBufferPointer(rebasing: digits).withMemoryRebound(to: CChar.self) {
      git_oid_fromstrn(&id, $0.baseAddress, 40)
    }
    return status == 0 ? id : nil
  }
}
