import Ledger
import Logging
package import Rollouts

extension Fleet {
  /// Takes over what the ledger and the checkpoints know; what is held already and newer stays.
  ///
  /// - Returns: The path of the manifest of each deployment.
  @discardableResult
  package func resume() async throws -> [DeploymentName: String] {
    let store = ports.store
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    var (head, rollouts) = try await reader.resume()
    head.note(guides: try await guides(), signer: store.signer)
    var paths: [DeploymentName: String] = [:]
    for resumed in rollouts {
      let name = resumed.rollout.name
      if let path = resumed.record.source?.path { paths[name] = path }
      guard members[name] == nil || self.head.seq(of: name) < head.seq(of: name) else { continue }
      var member = await member(resumed, head)
      member.wake(at: ports.clock.now)
      members[name] = member
    }
    (self.head, isHeadRead) = (head, true)
    planAll()
    show()
    return paths
  }

  /// Reads the files that explain the ledger's branch.
  private func guides() async throws -> [String: [UInt8]] {
    var present: [String: [UInt8]] = [:]
    for path in LedgerPaths.guides { present[path] = try await ports.store.read(path) }
    return present
  }

  /// Takes over what the remote has, too; a ledger that cannot be read is said, and stops nothing.
  package func resumeOrComplain() async -> [DeploymentName: String]? {
    await failures.run("read the ledger") {
      self.isHeadRead = false
      try await self.ports.store.catchUp()
      return try await self.resume()
    }
  }

  private func member(_ resumed: Resumed, _ head: LedgerHead) async -> Member {
    let (seq, digest) = (
      head.seq(of: resumed.rollout.name), head.digest(of: resumed.rollout.name)
    )
    var member = Member(rollout: resumed.rollout)
    member.source = resumed.record.source
    member.recorded = RecordedManifest(resumed.record.source, resumed.rollout)
    do {
      let (name, checkpoints) = (resumed.rollout.name, ports.checkpoints)
      if let bytes = try await checkpoints.load(name, seq: seq + 1),
        try member.restoreUnrecorded(bytes, following: digest)
      {
        return member
      }
      if let bytes = try await checkpoints.load(name, seq: seq) {
        try member.restore(bytes, following: digest)
      }
    } catch {
      logger.warning(
        "the checkpoint cannot be read; going on from the ledger",
        metadata: ["deployment": "\(resumed.rollout.name)", "error": "\(error)"])
    }
    return member
  }
}
