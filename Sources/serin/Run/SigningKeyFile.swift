import Foundation
import Glibc
import Ledger

/// The private key of a ledger as a file: read strictly, written once.
enum SigningKeyFile {
  /// No key of OpenSSH is larger.
  private static let largest = 64 * 1024

  static func read(_ path: String) throws -> SigningKey {
    let text = try text(of: path)
    do throws(SigningKeyError) {
      return try SigningKey(openSSH: text)
    } catch {
      throw Failure(
        .user, "\(path): \(error)", hint: "serin keygen makes a key that signs a ledger")
    }
  }

  /// Reads through one descriptor, so that what was checked is what is read.
  private static func text(of path: String) throws -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw failure(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= largest else {
      throw Failure(.user, "\(path) is no key file")
    }
    guard isPrivate(status, to: geteuid()) else {
      throw Failure(
        .user,
        "\(path) can be read by others: its permissions are "
          + "0\(String(status.st_mode & 0o777, radix: 8))",
        hint: "chmod 600 \(path)")
    }
    return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
  }

  /// Whether the file is a user's alone.
  ///
  /// What root lends to a group is that, too: so a Secret reaches the user of a pod.
  static func isPrivate(_ status: stat, to user: uid_t) -> Bool {
    let isLent = status.st_uid == 0 && user != 0
    return status.st_mode & (isLent ? 0o037 : 0o077) == 0
  }

  /// Writes a file that must not be there yet, to the disk.
  static func write(_ text: String, to path: String, mode: mode_t) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw failure(path) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try file.write(contentsOf: Data(text.utf8))
    try file.synchronize()
  }

  private static func failure(_ path: String) -> Failure {
    let code = errno
    return Failure(
      .user, "\(path): \(String(cString: strerror(code)))",
      hint: code == EEXIST ? "keys are never overwritten: name another file with --output" : nil)
  }
}
