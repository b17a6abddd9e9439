import CGit2

/// How large the objects of a repository may be that are read.
///
/// An object is compressed: two megabytes of a push can be six hundred of memory.
struct ObjectLimits: Equatable {
  let commit: Int
  let tree: Int
  let blob: Int

  /// What teams push.
  ///
  /// The message of a commit is a page, and a merge with forty signed tags has 100 KB. A folder of 100,000
  /// files has 4 MB, so that its subfolders can still be read. A manifest has a few kilobytes, and a
  /// profile some hundred.
  static let manifests = ObjectLimits(commit: 1 << 20, tree: 4 << 20, blob: 1 << 20)
}

extension RepositoryHandle {
  /// Gives back what was read of the repository's packs, and stands a guard before its objects anew.
  ///
  /// Of each pack libgit2 keeps up to 16 MB of what it has put together, beside the memory that it can be given, until
  /// nobody has the pack open: with thousands of versions of a large folder that is most of a controller.
  borrowing func giveBack(_ limits: ObjectLimits) throws(GitError) {
    // It opens by itself what it needs next.
    try GitError.check(git_repository__cleanup(pointer), "give back what was read of \(path)")
    try ObjectGuard.stand(before: self, limits)
  }

  /// Opens a bare repository of our own, with a guard before its objects.
  static func guarded(
    at path: String, by limits: ObjectLimits
  ) throws(GitError) -> RepositoryHandle {
    let handle = try bare(at: path)
    try ObjectGuard.stand(before: handle, limits)
    return handle
  }
}

/// Stands before the objects of a repository, and lets libgit2 read none that is too large.
///
/// Think of a doorkeeper who looks at the label of each parcel before it is opened. libgit2 reads whole
/// objects by itself, on a walk through a history for instance, so that a look before each call of ours
/// would not do. The guard knows the objects from a list of its own: libgit2 locks the other while it
/// asks.
enum ObjectGuard {
  /// What libgit2 is answered, and hands through; none of its own codes.
  static let refusal: Int32 = -2701

  /// The category of the error that it leaves, since not every call of libgit2 hands the answer through.
  static let category: Int32 = 2701

  /// Libgit2's own priorities are 1 and 2, and that of what is written in memory is 999.
  private static let priority: CInt = 1000

  private typealias Guard = UnsafeMutablePointer<serin_git_guard>
  private typealias Backend = UnsafeMutablePointer<git_odb_backend>

  /// Puts a guard before the objects of a repository, for as long as it is open.
  static func stand(
    before repository: borrowing RepositoryHandle, _ limits: ObjectLimits
  ) throws(GitError) {
    let operation = "guard the objects of \(repository.path)"
    var objects: OpaquePointer?
    try GitError.check(git_repository_odb(&objects, repository.pointer), operation)
    defer { git_odb_free(objects) }
    let sentry = Guard.allocate(capacity: 1)
    sentry.initialize(to: serin_git_guard())
    sentry.pointee.objects = try list(of: repository, operation)
    sentry.pointee.commit = limits.commit
    sentry.pointee.tree = limits.tree
    sentry.pointee.blob = limits.blob
    sentry.pointee.parent.version = UInt32(GIT_ODB_BACKEND_VERSION)
    sentry.pointee.parent.read = { _, _, _, backend, id in ObjectGuard.answer(backend, id) }
    sentry.pointee.parent.read_prefix = { _, _, _, _, backend, id, count in
      ObjectGuard.answer(backend, id, count)
    }
    sentry.pointee.parent.read_header = { _, _, _, _ in GIT_ENOTFOUND.rawValue }
    sentry.pointee.parent.foreach = { _, _, _ in 0 }
    sentry.pointee.parent.free = { ObjectGuard.free($0) }
    let backend = UnsafeMutableRawPointer(sentry).assumingMemoryBound(to: git_odb_backend.self)
    // The repository frees it.
    try GitError.check(git_odb_add_backend(objects, backend, priority), operation)
  }

  private static func list(
    of repository: borrowing RepositoryHandle, _ operation: String
  ) throws(GitError) -> OpaquePointer? {
    var (folder, objects): (git_buf, OpaquePointer?) = (git_buf(), nil)
    defer { git_buf_dispose(&folder) }
    try GitError.check(
      git_repository_item_path(&folder, repository.pointer, GIT_REPOSITORY_ITEM_OBJECTS), operation)
    try GitError.check(git_odb_open(&objects, folder.ptr), operation)
    return objects
  }

  private static func free(_ backend: Backend?) {
    guard let sentry = whole(backend) else { return }
    git_odb_free(sentry.pointee.objects)
    sentry.deallocate()
  }

  private static func whole(_ backend: Backend?) -> Guard? {
    backend.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: serin_git_guard.self) }
  }

  /// Answers for an object of which the first digits are known.
  private static func answer(
    _ backend: Backend?, _ id: UnsafePointer<git_oid>?, _ digits: Int
  ) -> Int32 {
    guard let sentry = whole(backend) else { return GIT_PASSTHROUGH.rawValue }
    var found = git_oid()
    guard git_odb_exists_prefix(&found, sentry.pointee.objects, id, digits) == 0 else {
      return GIT_ENOTFOUND.rawValue
    }
    return answer(backend, &found)
  }

  /// Lets others read an object, unless it is too large.
  private static func answer(_ backend: Backend?, _ id: UnsafePointer<git_oid>?) -> Int32 {
    guard let sentry = whole(backend), let id else { return GIT_PASSTHROUGH.rawValue }
    // A commit is read for its tree, its parents and its author, one after the other.
    guard git_oid_equal(&sentry.pointee.known, id) == 0 else { return GIT_PASSTHROUGH.rawValue }
    var (size, type) = (0, GIT_OBJECT_INVALID)
    guard git_odb_read_header(&size, &type, sentry.pointee.objects, id) == 0 else {
      // Whoever knows it, if anybody does, says what is wrong.
      git_error_clear()
      return GIT_PASSTHROUGH.rawValue
    }
    let limit =
      switch type {
      case GIT_OBJECT_COMMIT: sentry.pointee.commit
      case GIT_OBJECT_TREE: sentry.pointee.tree
      default: sentry.pointee.blob
      }
    guard size > limit else {
      sentry.pointee.known = id.pointee
      return GIT_PASSTHROUGH.rawValue
    }
    let name = String(cString: git_object_type2string(type))
    git_error_set_str(
      category,
      "the \(name) \(ObjectID(id.pointee)) has \(size) bytes, more than \(limit)")
    return refusal
  }
}
