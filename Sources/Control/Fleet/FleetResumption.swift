import Threads
import Ledger
package import Rollouts

extension Fleet {
  /// Takes over what the ledger and the checkpoints know; what is held already and newer stays.
  ///
  /// - Returns: The path of the manifest of each deployment.
  @discardableResult
  package func resume() async throws -> [DeploymentName: String] {
    try await resume(catchingUp: false)
  }

  /// Takes over what the remote has, too; a ledger that cannot be read is said, and stops nothing.
  package func resumeOrComplain() async -> [DeploymentName: String]? {
    await failures.run("read the ledger") { try await self.resume(catchingUp: true) }
  }

  private func resume(catchingUp: Bool) async throws -> [DeploymentName: String] {
    try await turn.withLock {
      let resumption = try await recorder.resume(catchingUp: catchingUp)
      for var member in resumption.members {
        member.wake(at: ports.clock.now)
        members[member.rollout.name] = member
      }
      findGroups()
      planAll()
      await show()
      return resumption.paths
    }
  }
}
