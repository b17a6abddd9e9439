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

  /// What the remote has.
  struct Answer {
    let tip: ObjectID?
    let life: ObjectID?
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
      try note(answer, handle) { _ throws(GitError) in try connection.download(reference) }
      return answer
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
    try note(answer, handle) { tip throws(GitError) in
      try ObjectCopy.copyWhole(tip, from: there, to: handle, operation, within: limits)
    }
    return answer
  }

  private func note(
    _ answer: Answer, _ handle: borrowing RepositoryHandle,
    _ bring: (ObjectID) throws(GitError) -> Void
  ) throws(GitError) {
    guard let tip = answer.tip else { return try handle.remove(LedgerReferences.seen) }
    guard try handle.reference(LedgerReferences.seen) != tip else { return }
    try bring(tip)
    try handle.set(LedgerReferences.seen, to: tip)
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
