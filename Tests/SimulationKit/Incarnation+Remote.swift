package import Ledger
package import Rollouts
import Threads

/// The part of the ledger's store that has to do with the remote.
extension Incarnation {
  package func compare() async throws -> Standing {
    let remote = world.remote
    return try await question("compare") { state in
      var standing = try Self.compare(&state, remote)
      standing.life = remote.state.withLock { $0.life }.map { "\($0)" }
      return standing
    }
  }

  private static func compare(
    _ state: inout World.State, _ remote: RemoteLedger
  ) throws -> Standing {
    if state.isRemoteAway { throw World.Hiccup(what: "the remote") }
    state.seen = remote.state.withLock { $0.commits }
    let standing = standing(state)
    if standing.relation == .level { state.known = state.seen?.count }
    return standing
  }

  private static func standing(_ state: World.State) -> Standing {
    let (local, known) = (state.ledger, state.ledger.prefix(state.known ?? 0))
    let seen = state.seen ?? []
    var facts = Relationship()
    facts.hasKnown = state.known != nil
    facts.hasRemote = state.seen != nil
    facts.remoteHasKnown = seen.starts(with: known)
    facts.localHasRemote = local.starts(with: seen)
    facts.remoteHasLocal = seen.starts(with: local)
    let later = facts.remoteHasKnown ? seen.dropFirst(known.count) : []
    return Standing(
      relation: facts.relation, remote: state.seen.map { "\($0.count)" },
      epoch: facts.relation == .level ? nil : later.last { $0.epoch != nil }?.epoch,
      isDisposable: local.dropFirst(known.count).allSatisfy { $0.epoch != nil })
  }

  package func catchUp() async throws {
    try await write("catch up") { state in
      let standing = Self.standing(state)
      guard standing.canFollow, let seen = state.seen else { return }
      (state.ledger, state.files, state.chains) = ([], [:], [:])
      for commit in seen { state.append(commit) }
      state.known = seen.count
    }
  }

  package func publish() async throws -> Publication {
    let remote = world.remote
    let (publication, pushed) = try await effect("publish") { state -> (Publication, Int) in
      let pushed = state.ledger.count
      guard state.known != pushed else { return (.nothingToPublish, pushed) }
      if state.isRemoteAway { throw World.Hiccup(what: "the remote") }
      if let refusal = remote.state.withLock({ $0.refusal }) { return (.refused(refusal), pushed) }
      let known = state.known.map { Array(state.ledger.prefix($0)) }
      guard remote.push(state.ledger, over: known) else {
        return (.moved(try Self.compare(&state, remote)), pushed)
      }
      return (.published(commits: pushed - (state.known ?? 0)), pushed)
    }
    guard case .published = publication else { return publication }
    // The answer may be lost, and only the push remembered: by the remote. What was committed meanwhile was not pushed.
    return try await effect("publish") { state in
      state.known = pushed
      return publication
    }
  }

  package func backlog() async throws -> [Instant] {
    try await question("backlog") { $0.ledger.dropFirst($0.known ?? 0).map(\.change.date) }
  }

  package func publishedEpoch() async throws -> Epoch? {
    try await question("epoch") { state in
      state.ledger.prefix(state.known ?? 0).last { $0.epoch != nil }?.epoch
    }
  }

  package func showLife(_ number: Int) async throws {
    let remote = world.remote
    try await effect("show life") { state in
      if state.isRemoteAway { throw World.Hiccup(what: "the remote") }
      if remote.state.withLock({ $0.refusal }) != nil { throw World.Hiccup(what: "the host") }
      remote.state.withLock { $0.life = number }
    }
  }

  package func rescue(to branch: String) async throws {
    let remote = world.remote
    try await effect("rescue") { state in
      if state.isRemoteAway { throw World.Hiccup(what: "the remote") }
      remote.state.withLock { $0.branches[branch] = state.ledger }
    }
  }
}
