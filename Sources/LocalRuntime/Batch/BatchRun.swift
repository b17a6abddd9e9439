import Foundation
import Glibc
package import Rollouts

/// A run of a job: the lease by which it keeps what it reads.
///
/// The file format is for programs in any language: see `docs/batch.md`.
package struct BatchRun: Sendable {
  /// Tells the runs of a deployment apart: the name of the lease.
  package let name: String
  private let deployment: DeploymentName
  private let folder: BatchFolder
  private let length: Duration

  /// Creates a run that has not begun.
  ///
  /// - Throws: `LocalRuntimeError` when a name would mean something else in a path.
  package init(
    _ deployment: DeploymentName, in folder: String, of job: String, lease length: Duration
  ) throws {
    let number = "\(getpid())-\(UUID().uuidString.prefix(8).lowercased())"
    name = "\(job).\(number)"
    (self.deployment, self.folder, self.length) = (deployment, BatchFolder(folder), length)
    try ServerKey(deployment, Revision.ID("none")).validate()
    guard BatchLeases.isName(name) else {
      throw LocalRuntimeError(
        .refused, "run \(job.debugDescription)", "a job has letters, digits, \"-\", \"_\" and \".\""
      )
    }
  }

  /// Takes the lease and returns what to read; while a switch waits, so does the run.
  ///
  /// - Throws: `LocalRuntimeError`: of kind `missing` when there is nothing to read, `unreachable` when a switch
  ///   took longer than `patience`.
  package func begin(patience: Duration, whenWaiting: () -> Void) async throws
    -> BatchPointer.Model
  {
    let deadline = ContinuousClock.now + patience
    var isTold = false
    while true {
      if let model = try lease() { return model }
      guard ContinuousClock.now < deadline else {
        throw LocalRuntimeError(
          .unreachable, "begin a run of \(deployment)", "a switch still waits for other runs")
      }
      if !isTold { whenWaiting() }
      isTold = true
      try await Task.sleep(for: .milliseconds(500))
    }
  }

  /// Makes the lease, and gives it back when a switch waits: in this order, since Serin looks in the other.
  private func lease() throws -> BatchPointer.Model? {
    try make()
    do {
      if !isSwitching { return try read() }
    } catch {
      end()
      throw error
    }
    end()
    return nil
  }

  private var isSwitching: Bool { access(folder.next(of: deployment), F_OK) == 0 }

  private func read() throws -> BatchPointer.Model {
    let path = folder.current(of: deployment)
    guard let model = try BatchPointer.read(path)?.model else {
      throw LocalRuntimeError(
        .missing, "begin a run of \(deployment)", "\(path) names no model")
    }
    return model
  }

  private var path: String { "\(folder.leases(of: deployment))/\(name)" }

  private func make() throws {
    guard access(folder.leases(of: deployment), F_OK) == 0 else {
      throw LocalRuntimeError(
        .missing, "begin a run of \(deployment)",
        "there is no \(folder.leases(of: deployment)): is it a batch deployment of this folder?")
    }
    try Files.withFile(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "create") { descriptor in
      guard futimens(descriptor, times) == 0 else { throw Files.error("write", path) }
    }
  }

  /// When it was read last, which says nothing, and when the lease ends.
  private var times: [timespec] {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let seconds = now.tv_sec + Int(length.components.seconds)
    return [now, timespec(tv_sec: seconds, tv_nsec: now.tv_nsec)]
  }

  /// Prolongs the lease; false when it is gone, because it ended long ago.
  package func renew() -> Bool {
    utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0
  }

  /// Gives the lease back.
  package func end() { unlink(path) }
}
