import Logging
import Ledger
import Rollouts

/// What the ledger and the checkpoints know.
struct Resumption: Sendable {
  let head: LedgerHead
  /// The members whose newest record was not known before.
  let members: [Member]
  /// The path of the manifest of each deployment.
  let paths: [DeploymentName: String]
}

extension Recorder {
  func read() async throws -> Resumption {
    let store = ports.store
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    var (head, rollouts) = try await reader.resume()
    head.note(guides: try await guides(), signer: store.signer)
    var (members, paths) = ([Member](), [DeploymentName: String]())
    for resumed in rollouts {
      let name = resumed.rollout.name
      paths[name] = resumed.record.source?.path
      guard self.head.seq(of: name) < head.seq(of: name) else { continue }
      try Task.checkCancellation()
      members.append(await member(resumed, head))
    }
    return Resumption(head: head, members: members, paths: paths)
  }

  /// Reads the files that explain the ledger's branch.
  private func guides() async throws -> [String: [UInt8]] {
    var present: [String: [UInt8]] = [:]
    for path in LedgerPaths.guides { present[path] = try await ports.store.read(path) }
    return present
  }

  private func member(_ resumed: Resumed, _ head: LedgerHead) async -> Member {
    var member = Member(rollout: resumed.rollout)
    member.seq = head.seq(of: resumed.rollout.name)
    member.note(resumed: resumed.record)
    member.source = resumed.record.source
    member.recorded = RecordedManifest(resumed.record.source, resumed.rollout)
    do {
      try await restore(&member, head)
    } catch {
      logger.warning(
        "the checkpoint cannot be read; going on from the ledger",
        metadata: ["deployment": "\(resumed.rollout.name)", "error": "\(error)"])
    }
    return member
  }

  /// Goes on from the checkpoint of the newest record, if there is one.
  private func restore(_ member: inout Member, _ head: LedgerHead) async throws {
    let name = member.rollout.name
    let seq = head.seq(of: name)
    guard let bytes = try await ports.checkpoints.load(name, seq: seq) else { return }
    let stored = try Member.Checkpoint(bytes)
    guard stored.follows == head.digest(of: name) else { return }
    let lines = try await ports.checkpoints.lines(of: name, seq: seq, part: stored.part)
    try member.restore(stored, lines)
  }
}
