/// A ledger's branch as an audit reads it: one commit after the other, oldest first.
package protocol LedgerHistory: Sendable {
  /// Returns the next commit, or nil after the newest.
  func next() async throws -> LedgerCommit?
}

/// One commit: the object itself, and what it did to the files of the one before.
///
/// Whoever gives it vouches that the object and the contents have the names that git gives them;
/// everything else is the audit's to find out.
package struct LedgerCommit: Equatable, Sendable {
  /// Forty hexadecimal digits.
  package let id: String
  /// The commit object as git stores it, signature included.
  package let object: [UInt8]
  package let changes: [FileChange]

  package init(id: String, object: [UInt8], changes: [FileChange]) {
    self.id = id
    self.object = object
    self.changes = changes
  }
}

/// What a commit did to one file.
package struct FileChange: Equatable, Sendable {
  package enum Kind: Equatable, Sendable { case added, modified, removed }

  package let path: String
  package let kind: Kind
  /// Whether it is a file like any other now: neither a link nor a program nor a submodule.
  package let isPlain: Bool
  /// Empty for a file that was removed.
  package let contents: [UInt8]

  package init(path: String, kind: Kind, isPlain: Bool, contents: [UInt8]) {
    self.path = path
    self.kind = kind
    self.isPlain = isPlain
    self.contents = contents
  }
}
