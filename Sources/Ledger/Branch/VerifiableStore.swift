/// A store whose branch can be verified before anything on it is obeyed.
package protocol VerifiableStore: AdoptingStore {
  /// Returns where the branch is, here and at the remote.
  func tips() async throws -> LedgerTips
  /// Remembers that everything up to a commit was verified.
  func noteVerified(_ commit: String) async throws
  /// Returns the history of a commit that is here.
  func line(to commit: String) async throws -> any LedgerLine
}

/// Where a ledger's branch is: names of commits, each nil when there is none.
package struct LedgerTips: Equatable, Sendable {
  /// The end of the branch here.
  package let local: String?
  /// The end of the remote's branch as it was fetched last.
  package let remote: String?
  /// What the remote is known to have had of ours.
  package let known: String?
  /// Up to where the branch here was verified.
  package let verified: String?

  package init(local: String?, remote: String?, known: String?, verified: String?) {
    self.local = local
    self.remote = remote
    self.known = known
    self.verified = verified
  }
}

/// The history of one commit, of which a part can be read.
package protocol LedgerLine: LedgerHistory {
  /// Begins to read behind `base`, or at the root; `next` returns what follows.
  ///
  /// - Returns: How many commits there are.
  func begin(after base: String?) async throws -> Int
  /// Returns a commit by its name or the beginning of it, if history leads through it.
  func ancestor(_ name: String) async throws -> (commit: String, seconds: Int64)?
  /// Returns a reader over the files of one of the commits.
  func reader(at commit: String) async throws -> LedgerReader
}

/// Why the commits on a ledger's branch may not be obeyed.
package struct Distrust: Equatable, Sendable {
  package enum Cause: Equatable, Sendable { case unverified, tooLarge }

  package let cause: Cause
  /// The first commit that is wrong; the end of the branch where that cannot be told.
  package let commit: String
  /// Its number on the branch; 0 when that cannot be told.
  package let ledgerSeq: Int
  /// What is wrong with it, and what to do.
  package let why: String
  package let toDo: String

  package init(
    _ cause: Cause = .unverified, commit: String, ledgerSeq: Int, why: String, toDo: String
  ) {
    self.cause = cause
    self.commit = commit
    self.ledgerSeq = ledgerSeq
    self.why = why
    self.toDo = toDo
  }
}

extension Distrust {
  /// Something that leads to the end of a branch is too large to be read, so that nobody can verify it.
  package static func tooLarge(_ excess: String, at tip: String) -> Distrust {
    Distrust(
      .tooLarge, commit: tip, ledgerSeq: 0, why: excess,
      toDo: "take it off the branch at the host: no controller writes anything so large")
  }
}

/// An error of a ledger's repository, of which the ledger has to know one thing.
package protocol LedgerRepositoryError: Error {
  /// What is too large to be read; nil when the error is about something else.
  var excess: String? { get }
}
