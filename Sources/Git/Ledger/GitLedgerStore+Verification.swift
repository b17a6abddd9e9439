package import Ledger

extension GitLedgerStore: VerifiableStore {
  package func tips() throws(GitError) -> LedgerTips {
    LedgerTips(
      local: try tip()?.description,
      remote: try repository.reference(LedgerReferences.seen)?.description,
      known: try repository.reference(LedgerReferences.known)?.description,
      verified: try repository.reference(LedgerReferences.verified)?.description)
  }

  package func noteVerified(_ commit: String) throws(GitError) {
    try repository.set(LedgerReferences.verified, to: ObjectID(commit))
  }

  package func line(to commit: String) throws(GitError) -> any LedgerLine {
    try LedgerBranch(of: commit, in: repository.path)
  }
}
