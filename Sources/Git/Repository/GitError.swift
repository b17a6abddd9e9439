import CGit2
import Glibc
import Ledger

/// Something that git could not do: what was attempted, on what, and what the library answered.
package struct GitError: Error, Equatable, CustomStringConvertible {
  /// Decides what to do: try again later, look again, or tell a person.
  package enum Kind: Equatable, Sendable {
    /// No such repository, commit, path or branch.
    case notFound
    /// A reference moved between looking and writing.
    case conflict
    /// The remote does not accept the credentials, or there are none that it could accept.
    case authentication
    case nonFastForward
    /// The remote's limit ran out.
    case timeout
    /// The server's TLS certificate is not to be trusted.
    case certificate
    /// The ssh server's key is not a known one.
    case unknownHost
    /// The remote could not be reached, or the connection broke.
    case connection
    /// The configuration can never work as it is.
    case invalid
    /// A commit, a tree, a blob or a pack is larger than the controller is willing to read.
    case tooLarge
    case other(Int32)
  }

  package let kind: Kind
  package let operation: String
  package let message: String

  package var description: String { "git: \(operation): \(message)" }

  package init(_ kind: Kind, _ operation: String, _ message: String) {
    self.kind = kind
    self.operation = operation
    self.message = message.replacing(/:\/\/[^\s\/?#]*@/, with: "://")
  }

  /// Throws when `status` is a libgit2 error code.
  ///
  /// libgit2 keeps its last error per thread, so this must run on the thread that made the call,
  /// before any `await`.
  static func check(_ status: Int32, _ operation: @autoclosure () -> String) throws(GitError) {
    guard status < 0 else { return }
    let said = errno
    throw last(status, operation(), systemSaid: said)
  }

  /// libgit2 gives no reason for some writes that failed: then the operating system's last word, which
  /// mostly is the reason, has to do.
  private static func last(_ status: Int32, _ operation: String, systemSaid: Int32) -> GitError {
    guard let error = git_error_last(), let text = error.pointee.message else {
      let last = String(cString: strerror(systemSaid))
      return GitError(
        Kind(status, category: 0), operation,
        "failed without a reason (\(status)); the system said last: \(last)")
    }
    let message =
      error.pointee.klass == Int32(GIT_ERROR_NOMEMORY.rawValue)
      ? "something in it takes too much memory" : String(cString: text)
    return GitError(Kind(status, category: error.pointee.klass), operation, message)
  }
}

extension GitError: LedgerRepositoryError {
  package var excess: String? { kind == .tooLarge ? message : nil }
}

extension GitError.Kind {
  fileprivate init(_ status: Int32, category: Int32) {
    // Also memory that libgit2 asked for and did not get: `GitLibrary` says how much it may have.
    guard ![ObjectGuard.category, Int32(GIT_ERROR_NOMEMORY.rawValue)].contains(category) else {
      self = .tooLarge
      return
    }
    switch status {
    case GIT_ENOTFOUND.rawValue, GIT_EUNBORNBRANCH.rawValue: self = .notFound
    case GIT_EEXISTS.rawValue, GIT_EMODIFIED.rawValue, GIT_ELOCKED.rawValue: self = .conflict
    case GIT_EAUTH.rawValue: self = .authentication
    case GIT_ENONFASTFORWARD.rawValue: self = .nonFastForward
    case GIT_ECERTIFICATE.rawValue: self = .certificate
    case GIT_EINVALIDSPEC.rawValue: self = .invalid
    default: self = Self.network.contains(category) ? .connection : .other(status)
    }
  }

  /// libgit2 has no code for a connection that fails, only a category.
  private static let network = [
    Int32(GIT_ERROR_NET.rawValue), Int32(GIT_ERROR_SSH.rawValue), Int32(GIT_ERROR_HTTP.rawValue),
    Int32(GIT_ERROR_SSL.rawValue),
  ]
}
