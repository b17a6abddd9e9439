import CGit2

/// Brings a branch of a repository on this machine into ours, object by object.
///
/// Over file://, libgit2 plays the server in our own process: it reads whatever there is, whole. Here an
/// object is looked at before it is read. What is too large to be read later is left where it is, or ends
/// the copy where all must come.
struct ObjectCopy {
  private let operation: RemoteOperation
  private let limits: TransferLimits
  private let objects: ObjectLimits
  private let isWhole: Bool
  private var seen: Set<ObjectKey> = []
  private var copied: [git_oid] = []
  private var unpacked = 0

  private init(
    _ operation: RemoteOperation, within limits: TransferLimits, _ objects: ObjectLimits,
    isWhole: Bool
  ) {
    (self.operation, self.limits, self.objects) = (operation, limits, objects)
    self.isWhole = isWhole
  }

  /// Writes what `target` lacks of a manifests' commit and of everything before it, as one pack.
  static func copy(
    _ tip: ObjectID, from source: borrowing RepositoryHandle, to target: borrowing RepositoryHandle,
    _ operation: RemoteOperation, within limits: TransferLimits
  ) throws(GitError) {
    var copy = ObjectCopy(operation, within: limits, .manifests, isWhole: false)
    try copy.collect(from: tip, source, target)
    // A tip that cannot be read has a name, and nobody follows it.
    guard copy.copied.isEmpty else { return try copy.write(source, to: target) }
  }

  /// Writes what `target` lacks of a ledger's commit; one object that is too large ends it.
  ///
  /// A ledger is read from its beginning to its end, so that nothing of it may be missing.
  static func copyWhole(
    _ tip: ObjectID, from source: borrowing RepositoryHandle, to target: borrowing RepositoryHandle,
    _ operation: RemoteOperation, within limits: TransferLimits
  ) throws(GitError) {
    var copy = ObjectCopy(operation, within: limits, .ledger, isWhole: true)
    try copy.collect(from: tip, source, target)
    guard copy.copied.isEmpty else { return try copy.write(source, to: target) }
  }

  /// Goes from commit to commit; behind one that cannot be read nothing is known.
  private mutating func collect(
    from tip: ObjectID, _ source: borrowing RepositoryHandle, _ target: borrowing RepositoryHandle
  ) throws(GitError) {
    var left = [tip.raw]
    while let id = left.popLast() {
      guard isNew(id, target) else { continue }
      let mayLack = !isWhole && ObjectID(id) != tip
      guard let bytes = try bytes(of: id, GIT_OBJECT_COMMIT, source, mayLack) else { continue }
      try take(id, bytes.count)
      guard let head = bytes.withUnsafeBytes({ CommitHead($0) }) else { continue }
      try collect(folder: head.tree, source, target)
      left += bytes.withUnsafeBytes { CommitHead.parents(of: $0) }
    }
  }

  private mutating func collect(
    folder root: git_oid, _ source: borrowing RepositoryHandle,
    _ target: borrowing RepositoryHandle
  ) throws(GitError) {
    var left = [root]
    while let id = left.popLast() {
      guard isNew(id, target) else { continue }
      guard let bytes = try bytes(of: id, GIT_OBJECT_TREE, source, !isWhole) else { continue }
      try take(id, bytes.count)
      var files: [git_oid] = []
      // What is no folder is brought as it is: whoever reads it says so.
      try? FolderBytes(bytes: bytes).forEach { entry in
        if let folder = entry.folder { left.append(folder) }
        if entry.isFile { files.append(entry.id) }
      }
      for file in files where isNew(file, target) { try take(file: file, source) }
    }
  }

  /// Returns an object; nil when it is too large and may be left where it is.
  private func bytes(
    of id: git_oid, _ type: git_object_t, _ source: borrowing RepositoryHandle, _ mayLack: Bool
  ) throws(GitError) -> [UInt8]? {
    do throws(GitError) {
      return try source.object(id, type)
    } catch {
      guard error.kind == .tooLarge, mayLack else { throw error }
      return nil
    }
  }

  private mutating func take(
    file id: git_oid, _ source: borrowing RepositoryHandle
  ) throws(GitError) {
    let (size, _) = try source.header(of: id)
    guard size > objects.blob else { return try take(id, size) }
    guard isWhole else { return }
    throw GitError(
      .tooLarge, operation.name,
      "the blob \(ObjectID(id)) has \(size) bytes, more than \(objects.blob)")
  }

  private mutating func isNew(_ id: git_oid, _ target: borrowing RepositoryHandle) -> Bool {
    seen.insert(ObjectKey(id)).inserted && !target.has(id)
  }

  private mutating func take(_ id: git_oid, _ size: Int) throws(GitError) {
    copied.append(id)
    unpacked += size
    guard copied.count <= limits.objects, unpacked <= limits.unpacked else {
      throw GitError(
        .tooLarge, operation.name,
        "what is new has more than \(limits.objects) objects or \(limits.unpacked) bytes")
    }
    guard !operation.isOver else {
      throw GitError(.timeout, operation.name, "took longer than \(operation.remote.timeout)")
    }
  }

  private func write(
    _ source: borrowing RepositoryHandle, to target: borrowing RepositoryHandle
  ) throws(GitError) {
    var pack: OpaquePointer?
    try GitError.check(git_packbuilder_new(&pack, source.pointer), operation.name)
    defer { git_packbuilder_free(pack) }
    for id in copied {
      var raw = id
      try GitError.check(git_packbuilder_insert(pack, &raw, nil), operation.name)
    }
    try GitError.check(
      git_packbuilder_write(pack, "\(target.path)/objects/pack", 0, nil, nil), operation.name)
  }
}

extension RepositoryHandle {
  /// Whether an object is here, whatever it is.
  borrowing func has(_ id: git_oid) -> Bool {
    var (database, raw): (OpaquePointer?, git_oid) = (nil, id)
    guard git_repository_odb(&database, pointer) == 0 else { return false }
    defer { git_odb_free(database) }
    // Not to look at the disk again for each of thousands that are not here.
    return git_odb_exists_ext(database, &raw, UInt32(GIT_ODB_LOOKUP_NO_REFRESH.rawValue)) == 1
  }

  /// Returns the reference that HEAD stands for; nil when it stands for none.
  borrowing func headReference() throws(GitError) -> String? {
    var reference: OpaquePointer?
    let status = git_reference_lookup(&reference, pointer, "HEAD")
    guard status != GIT_ENOTFOUND.rawValue else { return nil }
    try GitError.check(status, "read HEAD of \(path)")
    defer { git_reference_free(reference) }
    return git_reference_symbolic_target(reference).map { String(cString: $0) }
  }
}
