import CGit2

// How `git gc` packs the repository of a ledger.

extension RepositoryHandle {
  /// Tells git to look further for files that are alike, unless somebody has told it anything.
  ///
  /// By default git compares each object with ten others, and commits of other deployments lie between
  /// two that are alike: 250 make the pack 7 % smaller. That takes some seconds for a thousand
  /// decisions, once, since git reuses what it found. Bitmaps serve those who clone from here, which
  /// nobody does.
  borrowing func prepareForPacking() throws(GitError) {
    var configuration: OpaquePointer?
    let operation = "configure \(path)"
    try GitError.check(git_repository_config(&configuration, pointer), operation)
    defer { git_config_free(configuration) }
    if try !Self.isSet("pack.window", in: configuration, operation) {
      try GitError.check(git_config_set_int32(configuration, "pack.window", 250), operation)
    }
    if try !Self.isSet("repack.writeBitmaps", in: configuration, operation) {
      try GitError.check(git_config_set_bool(configuration, "repack.writeBitmaps", 0), operation)
    }
  }

  private static func isSet(
    _ name: String, in configuration: OpaquePointer?, _ operation: String
  ) throws(GitError) -> Bool {
    var entry: UnsafeMutablePointer<git_config_entry>?
    let status = git_config_get_entry(&entry, configuration, name)
    defer { git_config_entry_free(entry) }
    guard status != GIT_ENOTFOUND.rawValue else { return false }
    try GitError.check(status, operation)
    return true
  }
}
