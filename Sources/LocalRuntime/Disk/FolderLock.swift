import Glibc

/// The right to be the only controller of a folder, for as long as it is held.
///
/// The kernel takes it back when the process ends, however it ends. Children do not inherit it.
final class FolderLock: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Files.error("open", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw LocalRuntimeError(.locked, "lock \(path)", "another serin uses this folder")
    }
  }

  deinit {
    release()
    close(descriptor)
  }

  /// Gives the right back now, also when a child that has not begun its program shares the file.
  func release() { flock(descriptor, LOCK_UN) }
}
