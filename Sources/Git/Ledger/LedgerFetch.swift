/// One fetch of a ledger's branch.
///
/// What comes is bounded, and nothing is read that is too large. libgit2 sees no references meanwhile: it
/// would walk through their history, and fail at an object that came before and is too large.
struct LedgerFetch {
  let remote: GitRemote
  let reference: String
  let signOfLife: String
  let repository: String
  let limits: LedgerLimits
  /// What was too large the last time: it would be so again, after as many bytes.
  let refused: Excess?

  /// A tip that was not brought, since it, or what leads to it, is too large.
  struct Excess {
    let tip: ObjectID
    let error: GitError
  }

  /// What the remote has.
  struct Answer {
    let tip: ObjectID?
    let life: ObjectID?
    /// Why the tip was not brought; nil when it is here.
    var excess: Excess?
  }

  /// Brings the branch, with everything before it, and points `LedgerReferences.seen` to it.
  func run(into handle: borrowing RepositoryHandle) throws(GitError) -> Answer {
    let haves = try haves(handle)
    let operation = RemoteOperation("fetch", remote)
    let limits = haves.isEmpty ? limits.first : limits.later
    operation.limits = limits
    guard remote.address.scheme != .file else { return try copy(operation, limits, handle) }
    operation.haves = Haves(haves)
    let objects = try RepositoryHandle.withoutReferences(in: repository)
    try ObjectGuard.stand(before: objects, .ledger)
    return try objects.withRemote(operation) { (connection) throws(GitError) in
      let references = try connection.advertisement()
      let answer = Answer(tip: references[reference], life: references[signOfLife])
      return try note(answer, handle) { _ throws(GitError) in
        try connection.download(reference)
      }
    }
  }

  /// Brings it from a repository on this machine.
  private func copy(
    _ operation: RemoteOperation, _ limits: TransferLimits, _ handle: borrowing RepositoryHandle
  ) throws(GitError) -> Answer {
    try operation.requireFolder()
    let there = try RepositoryHandle.present(at: remote.address.path)
    try ObjectGuard.stand(before: there, .ledger)
    let answer = Answer(
      tip: try there.reference(reference), life: try there.reference(signOfLife))
    return try note(answer, handle) { tip throws(GitError) in
      try ObjectCopy.copyWhole(tip, from: there, to: handle, operation, within: limits)
    }
  }

  private func note(
    _ answer: Answer, _ handle: borrowing RepositoryHandle,
    _ bring: (ObjectID) throws(GitError) -> Void
  ) throws(GitError) -> Answer {
    var answer = answer
    guard let tip = answer.tip else {
      try handle.remove(LedgerReferences.seen)
      return answer
    }
    guard try handle.reference(LedgerReferences.seen) != tip else { return answer }
    if let refused, refused.tip == tip {
      answer.excess = refused
      return answer
    }
    do throws(GitError) {
      try bring(tip)
      try handle.set(LedgerReferences.seen, to: tip)
    } catch {
      guard error.kind == .tooLarge else { throw error }
      answer.excess = Excess(tip: tip, error: error)
    }
    return answer
  }

  /// What is here of the branch, so that it does not come again.
  private func haves(_ handle: borrowing RepositoryHandle) throws(GitError) -> [ObjectID] {
    var commits: [ObjectID] = []
    for name in [LedgerReferences.known, LedgerReferences.seen, reference] {
      guard let tip = try handle.reference(name) else { continue }
      commits += handle.line(from: tip, most: Haves.most / 2)
    }
    return commits
  }
}
