import Foundation
import Glibc

/// A folder that is the controller's alone: the state folder, or one for what lies elsewhere.
struct OwnFolder {
  let path: String
  /// What it is called: "the state folder".
  let name: String
  /// The option that names it.
  let option: String
  /// Whether it may be reached by a symbolic link.
  var mayBeLink = false

  var url: URL { URL(filePath: path) }

  /// Makes the folder, or takes an older one, for this user alone: clones, requests and answers lie in it.
  func make() throws {
    do {
      try FileManager.default.createDirectory(
        at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(.user, "\(name) \(path) cannot be made: \(error.localizedDescription)")
    }
    try refuseLink()
    try takeAlone()
    guard access(url.path, R_OK | W_OK | X_OK) == 0 else {
      throw failure("it cannot be written")
    }
  }

  /// A link can be made to lead elsewhere later, past all that was looked at.
  private func refuseLink() throws {
    var status = stat()
    guard !mayBeLink, lstat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else {
      return
    }
    throw Failure(
      .user, "\(name) \(path) is a symbolic link", hint: "name the folder that it leads to")
  }

  /// Whoever else could write into the folder would decide what the controller believes and starts.
  private func takeAlone() throws {
    var status = stat()
    guard stat(url.path, &status) == 0 else { throw failure("it cannot be looked at") }
    guard status.st_uid == geteuid() else {
      throw Failure(
        .user,
        "\(name) \(path) belongs to the user \(status.st_uid), and serin runs as \(geteuid())",
        hint: "run serin as that user, or name another folder with \(option)")
    }
    guard status.st_mode & 0o077 != 0 else { return }
    guard chmod(url.path, 0o700) == 0 else { throw failure("others can read it") }
  }

  private func failure(_ message: String) -> Failure {
    Failure(.user, "\(name) \(path): \(message): \(String(cString: strerror(errno)))")
  }
}
