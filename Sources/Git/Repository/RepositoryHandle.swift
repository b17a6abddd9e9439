import CGit2
import Foundation

/// An open `git_repository`: one owner, never copied, freed exactly once.
///
/// Used by one thread at a time; several handles on one repository may be used at once.
struct RepositoryHandle: ~Copyable {
  let pointer: OpaquePointer
  let path: String

  private init(pointer: OpaquePointer?, path: String) {
    guard let pointer else { preconditionFailure("libgit2 succeeded without a repository") }
    self.pointer = pointer
    self.path = path
  }

  deinit { git_repository_free(pointer) }

  /// Opens a bare repository of our own, making it when there is none.
  static func own(at path: String) throws(GitError) -> RepositoryHandle {
    GitLibrary.initialize()
    if FileManager.default.fileExists(atPath: path + "/HEAD") { return try bare(at: path) }
    var pointer: OpaquePointer?
    var options = git_repository_init_options()
    git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
    options.flags =
      GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_MKPATH.rawValue
      | GIT_REPOSITORY_INIT_NO_REINIT.rawValue
    try GitError.check(git_repository_init_ext(&pointer, path, &options), "create \(path)")
    return RepositoryHandle(pointer: pointer, path: path)
  }

  /// Opens a bare repository at exactly this path.
  static func bare(at path: String) throws(GitError) -> RepositoryHandle {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    let flags = GIT_REPOSITORY_OPEN_BARE.rawValue | GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
    try GitError.check(git_repository_open_ext(&pointer, path, flags, nil), "open \(path)")
    return RepositoryHandle(pointer: pointer, path: path)
  }

  /// Opens the objects of a repository of our own under another name, where there are no references.
  ///
  /// Before it asks a server for anything, libgit2 walks through the history of every reference that there
  /// is, and fails at a commit that is too large to be read.
  static func withoutReferences(in path: String) throws(GitError) -> RepositoryHandle {
    let bare = path + "/fetch"
    let objects = bare + "/objects"
    let files = FileManager.default
    do {
      if (try? files.destinationOfSymbolicLink(atPath: objects)) == nil {
        try? files.removeItem(atPath: bare)
        _ = try own(at: bare)
        try files.removeItem(atPath: objects)
        try files.createSymbolicLink(atPath: objects, withDestinationPath: "../objects")
      }
    } catch let error as GitError {
      throw error
    } catch {
      throw GitError(.other(-1), "prepare \(bare)", error.localizedDescription)
    }
    return try Self.bare(at: bare)
  }

  /// Opens a repository, bare or not, at exactly this path.
  static func present(at path: String) throws(GitError) -> RepositoryHandle {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    let flags = GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
    try GitError.check(git_repository_open_ext(&pointer, path, flags, nil), "open \(path)")
    return RepositoryHandle(pointer: pointer, path: path)
  }

  /// Opens somebody's clone, bare or not, also from a folder inside it.
  static func clone(at path: String) throws(GitError) -> RepositoryHandle {
    GitLibrary.initialize()
    var pointer: OpaquePointer?
    try GitError.check(git_repository_open_ext(&pointer, path, 0, nil), "open \(path)")
    return RepositoryHandle(pointer: pointer, path: path)
  }

  /// Removes what a process that died in the middle of a write has left behind.
  ///
  /// Only for a repository that nobody else writes to: a lock that somebody holds would go as well.
  static func removeLeftovers(at path: String) throws(GitError) {
    guard let files = FileManager.default.enumerator(atPath: path) else { return }
    for case let file as String in files {
      let name = URL(filePath: file).lastPathComponent
      // How libgit2 names whatever it will rename, or is about to remove.
      guard name.hasSuffix(".lock") || name.contains("_git2_") else { continue }
      do {
        try FileManager.default.removeItem(atPath: path + "/" + file)
      } catch {
        throw GitError(.other(-1), "remove the stale \(path)/\(file)", error.localizedDescription)
      }
    }
  }
}

/// A commit, tree or blob that was looked up.
struct ObjectHandle: ~Copyable {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer?) {
    guard let pointer else { preconditionFailure("libgit2 succeeded without an object") }
    self.pointer = pointer
  }

  deinit { git_object_free(pointer) }
}

// MARK: - References and commits

extension RepositoryHandle {
  /// Returns what a reference points to, or nil when there is none.
  borrowing func reference(_ name: String) throws(GitError) -> ObjectID? {
    var raw = git_oid()
    let status = git_reference_name_to_id(&raw, pointer, name)
    guard status != GIT_ENOTFOUND.rawValue else { return nil }
    try GitError.check(status, "resolve \(name) in \(path)")
    return ObjectID(raw)
  }

  /// Moves a reference, if it still points where it was seen; nil for one that does not exist.
  borrowing func move(
    _ name: String, from old: ObjectID?, to new: ObjectID, because reason: String
  ) throws(GitError) {
    var reference: OpaquePointer?
    defer { git_reference_free(reference) }
    var new = new.raw
    let operation = "move \(name) in \(path)"
    if var old = old?.raw {
      try GitError.check(
        git_reference_create_matching(&reference, pointer, name, &new, 1, &old, reason), operation)
    } else {
      try GitError.check(
        git_reference_create(&reference, pointer, name, &new, 0, reason), operation)
    }
  }

  /// Moves a reference back to where it was before; to nil removes it.
  ///
  /// A disk that cannot say whether the move lasts is no failure here: the move is seen.
  borrowing func takeBack(
    _ name: String, from new: ObjectID, to old: ObjectID?
  ) throws(GitError) {
    do throws(GitError) {
      guard let old else { return try remove(name) }
      try move(name, from: new, to: old, because: "take back")
    } catch {
      guard try reference(name) == old else { throw error }
    }
  }

  /// Points a reference of our own, which nobody else writes, to a commit.
  borrowing func set(_ name: String, to commit: ObjectID) throws(GitError) {
    var reference: OpaquePointer?
    defer { git_reference_free(reference) }
    var raw = commit.raw
    try GitError.check(
      git_reference_create(&reference, pointer, name, &raw, 1, "serin"), "set \(name) in \(path)")
  }

  borrowing func remove(_ name: String) throws(GitError) {
    guard try reference(name) != nil else { return }
    try GitError.check(git_reference_remove(pointer, name), "remove \(name) in \(path)")
  }

  /// Returns the names of all references that begin with `prefix`.
  borrowing func references(under prefix: String) throws(GitError) -> [String] {
    var list = git_strarray()
    try GitError.check(git_reference_list(&list, pointer), "list the references of \(path)")
    defer { git_strarray_dispose(&list) }
    let names = UnsafeBufferPointer(start: list.strings, count: list.count)
    return names.compactMap { $0.map { String(cString: $0) } }.filter { $0.hasPrefix(prefix) }
  }

  borrowing func commit(_ id: ObjectID) throws(GitError) -> ObjectHandle {
    var raw = id.raw
    var commit: OpaquePointer?
    try GitError.check(
      git_commit_lookup(&commit, pointer, &raw), "read the commit \(id) in \(path)")
    return ObjectHandle(commit)
  }

  /// Returns the commit that a name, or the first digits of one, stands for, or nil when there is
  /// none.
  borrowing func commit(named name: String) throws(GitError) -> ObjectID? {
    let isHexadecimal = name.utf8.allSatisfy { UnicodeScalar($0).properties.isASCIIHexDigit }
    guard (7...40).contains(name.utf8.count), isHexadecimal else {
      throw GitError(.invalid, "look up \(name.debugDescription)", "not the name of a commit")
    }
    var (raw, commit): (git_oid, OpaquePointer?) = (git_oid(), nil)
    try GitError.check(git_oid_fromstrn(&raw, name, name.utf8.count), "look up \(name)")
    let status = git_commit_lookup_prefix(&commit, pointer, &raw, name.utf8.count)
    guard status != GIT_ENOTFOUND.rawValue else { return nil }
    try GitError.check(status, "look up \(name)")
    let handle = ObjectHandle(commit)
    return ObjectID(git_commit_id(handle.pointer).pointee)
  }

  /// Returns who wrote a commit, as "Ada Lovelace <ada@example.org>", and what they said.
  borrowing func description(
    of id: ObjectID
  ) throws(GitError) -> (author: String, message: String) {
    let handle = try commit(id)
    let message = git_commit_message(handle.pointer).map { String(cString: $0) } ?? ""
    guard let author = git_commit_author(handle.pointer)?.pointee else { return ("", message) }
    let (name, address) = (Self.text(author.name), Self.text(author.email))
    return ("\(name) <\(address)>", message)
  }

  /// The name or the address of an author goes into every record; no person's has more letters.
  private static let longestName = 256

  private static func text(_ words: UnsafePointer<CChar>) -> String {
    let text = String(cString: words)
    return text.count <= longestName ? text : text.prefix(longestName) + "…"
  }

  /// Names the branch that a person sees who looks into the repository.
  borrowing func setHead(_ name: String) throws(GitError) {
    try GitError.check(git_repository_set_head(pointer, name), "set HEAD of \(path)")
  }

  /// Returns whether `ancestor` is `commit` or one of the commits before it.
  borrowing func contains(_ commit: ObjectID, _ ancestor: ObjectID) throws(GitError) -> Bool {
    guard commit != ancestor else { return true }
    var (raw, rawAncestor) = (commit.raw, ancestor.raw)
    let status = git_graph_descendant_of(pointer, &raw, &rawAncestor)
    try GitError.check(status, "compare \(commit) with \(ancestor)")
    return status == 1
  }

  /// Returns how many commits `tip` has that `base` has not.
  borrowing func count(of tip: ObjectID, since base: ObjectID?) throws(GitError) -> Int {
    try commits(of: tip, since: base).count
  }

  /// Returns the commits that `tip` has and `base` has not, each behind its parents.
  borrowing func commits(of tip: ObjectID, since base: ObjectID?) throws(GitError) -> [git_oid] {
    var walk: OpaquePointer?
    try GitError.check(git_revwalk_new(&walk, pointer), "walk \(path)")
    defer { git_revwalk_free(walk) }
    git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue)
    var raw = tip.raw
    try GitError.check(git_revwalk_push(walk, &raw), "walk from \(tip)")
    if var base = base?.raw {
      try GitError.check(git_revwalk_hide(walk, &base), "walk from \(tip)")
    }
    var commits: [git_oid] = []
    while true {
      let status = git_revwalk_next(&raw, walk)
      guard status != GIT_ITEROVER.rawValue else { return commits }
      try GitError.check(status, "walk from \(tip)")
      commits.append(raw)
    }
  }
}
