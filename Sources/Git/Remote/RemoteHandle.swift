import CGit2
import Foundation

/// A connection to a remote, for one operation.
struct RemoteHandle: ~Copyable {
  private let pointer: OpaquePointer
  private let operation: RemoteOperation
  private let callbacks: git_remote_callbacks

  init(
    _ operation: RemoteOperation, _ callbacks: git_remote_callbacks,
    in repository: borrowing RepositoryHandle
  ) throws(GitError) {
    var pointer: OpaquePointer?
    let status = git_remote_create_anonymous(&pointer, repository.pointer, operation.remote.url)
    try GitError.check(status, operation.name)
    guard let pointer else { preconditionFailure("libgit2 succeeded without a remote") }
    self.pointer = pointer
    self.operation = operation
    self.callbacks = callbacks
  }

  deinit { git_remote_free(pointer) }

  /// The references of a remote, of which few are asked for.
  struct Advertisement {
    fileprivate let heads: UnsafeBufferPointer<UnsafePointer<git_remote_head>?>
    /// "refs/heads/main"; nil for an empty repository or one without a branch checked out.
    fileprivate(set) var defaultReference: String?

    /// Returns what a reference points to, or nil when there is none.
    subscript(name: String) -> ObjectID? {
      for case let head? in heads where strcmp(head.pointee.name, name) == 0 {
        return ObjectID(head.pointee.oid)
      }
      return nil
    }
  }

  /// Connects and asks for the references; they live as long as the connection.
  borrowing func advertisement() throws(GitError) -> Advertisement {
    var options = git_remote_connect_options()
    git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
    options.callbacks = callbacks
    let status = git_remote_connect_ext(pointer, GIT_DIRECTION_FETCH, &options)
    try GitError.check(status, operation.name)
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try GitError.check(git_remote_ls(&heads, &count, pointer), operation.name)
    var advertisement = Advertisement(heads: UnsafeBufferPointer(start: heads, count: count))
    var name = git_buf()
    defer { git_buf_dispose(&name) }
    if git_remote_default_branch(&name, pointer) == 0, let text = name.ptr {
      advertisement.defaultReference = String(cString: text)
    }
    return advertisement
  }

  /// Brings what a reference points to, and changes no reference of ours.
  ///
  /// - Throws: What ended it, also when that was a limit of ours.
  borrowing func download(_ source: String) throws(GitError) {
    var options = fetchOptions()
    let status = withStringArray(["+\(source):refs/serin/none"]) { specifications in
      git_remote_download(pointer, specifications, &options)
    }
    do throws(GitError) {
      try GitError.check(status, operation.name)
    } catch {
      throw operation.explained(error)
    }
  }

  private borrowing func fetchOptions() -> git_fetch_options {
    var options = git_fetch_options()
    git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
    options.callbacks = callbacks
    options.prune = GIT_FETCH_NO_PRUNE
    options.update_fetchhead = 0
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
    return options
  }

  /// What a push may find where it goes.
  enum Expected {
    case anything
    /// This commit, or no such branch.
    case exactly(ObjectID?)
  }

  /// Pushes one reference; returns the server's reason when it did not update its own.
  ///
  /// - Throws: `conflict` when the server has something else than what is expected.
  borrowing func push(
    _ source: String, to target: String, over expected: Expected
  ) throws(GitError) -> String? {
    operation.expected = expected
    var options = git_push_options()
    git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
    options.callbacks = callbacks
    // Few small objects: threads cost more than they bring.
    options.pb_parallelism = 1
    let status = withStringArray(["\(source):\(target)"]) { specifications in
      git_remote_push(pointer, specifications, &options)
    }
    try GitError.check(status, operation.name)
    return operation.refusal
  }
}

extension RepositoryHandle {
  /// Runs one operation with a remote, within the remote's time.
  borrowing func withRemote<Result>(
    _ remote: GitRemote, to verb: String,
    _ body: (borrowing RemoteHandle) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    try withRemote(RemoteOperation(verb, remote), body)
  }

  /// Runs an operation with its remote, within the remote's time.
  borrowing func withRemote<Result>(
    _ operation: RemoteOperation, _ body: (borrowing RemoteHandle) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    try operation.run { (callbacks) throws(GitError) in
      try body(RemoteHandle(operation, callbacks, in: self))
    }
  }
}

/// Lends strings to C as a `git_strarray`.
private func withStringArray<Result>(
  _ strings: [String], _ body: (UnsafePointer<git_strarray>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
    return body(&array)
  }
}
