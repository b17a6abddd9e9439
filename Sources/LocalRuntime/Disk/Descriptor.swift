import Glibc

/// An open file or folder, closed with the last reference to it, and never inherited by a child.
final class Descriptor: Sendable {
  /// A folder to pass through, which needs not be readable: O_PATH, which glibc's header shows only to
  /// GNU sources.
  static let passage = 0o10000000 | O_DIRECTORY

  let number: Int32
  private let path: String

  init(_ path: String, _ flags: Int32) throws {
    self.path = path
    number = open(path, flags | O_CLOEXEC, 0o600)
    guard number >= 0 else { throw Files.error("open", path) }
  }

  /// Opens what has a name in a folder, and no symbolic link.
  init(_ name: String, in folder: Descriptor, _ flags: Int32) throws {
    path = "\(folder.path)/\(name)"
    number = openat(folder.number, name, flags | O_CLOEXEC | O_NOFOLLOW)
    guard number >= 0 else { throw Files.error("open", path) }
  }

  deinit { close(number) }

  func sync() throws {
    guard fsync(number) == 0 else { throw Files.error("sync", path) }
  }

  /// Returns what kind of file has a name in this folder; nil when there is none.
  func kind(of name: String) throws -> mode_t? {
    var status = stat()
    guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT || errno == ENOTDIR else {
        throw Files.error("read", "\(path)/\(name)")
      }
      return nil
    }
    return status.st_mode & S_IFMT
  }
}
