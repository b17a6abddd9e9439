import Foundation
import Glibc

/// The right to be the only serin of a state folder, for as long as it is held.
///
/// The kernel takes it back when the process ends, however it ends.
final class StateLock: Sendable {
  private let descriptor: Int32

  init(_ folder: URL, option: String = "--state") throws {
    let path = folder.appending(path: "serin.lock").path
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure(.user, "\(path): \(String(cString: strerror(errno)))")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Failure(
        .user, "a serin controller is using \(folder.path)",
        hint: "end it first with Ctrl-C, or name another folder with \(option)")
    }
  }

  deinit { close(descriptor) }
}
