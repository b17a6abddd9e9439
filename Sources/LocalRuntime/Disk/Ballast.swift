import Glibc

/// Room on the disk that is kept for the way back.
///
/// A rollback writes down what it does and gives Envoy new files; on a full disk it would wait until
/// somebody makes room, while a bad candidate answers. So a file of this size lies about, and goes when
/// a write finds no room. Whatever filled the disk gets what is left of it, and then there is none.
struct Ballast: Sendable {
  private let path: String

  /// Envoy's files for three thousand servers are a fourth of it; the ledger's late record needs a
  /// few kilobytes more.
  private static let bytes = 16 << 20
  /// It is made again only when so many times as much is free: what was freed for a rollback is not
  /// taken away from its record.
  private static let caution = 4

  /// Creates the value; it lies beside the folder in which files are staged.
  init(beside stage: String) { path = Tools.folder(of: stage) + "/ballast" }

  /// Makes it unless it is there or room is scarce; without it there is one chance less, and that is
  /// no reason to stop.
  func keep() {
    guard access(path, F_OK) != 0, hasRoom else { return }
    let status = try? Files.withFile(path, O_WRONLY | O_CREAT | O_EXCL, "create") { descriptor in
      posix_fallocate(descriptor, 0, off_t(Self.bytes))
    }
    if status != 0 { unlink(path) }
  }

  private var hasRoom: Bool {
    var status = statvfs()
    guard statvfs(Tools.folder(of: path), &status) == 0 else { return false }
    return UInt64(status.f_bavail) * UInt64(status.f_frsize) >= UInt64(Self.bytes * Self.caution)
  }

  /// Gives the room up; false when there was none to give.
  func release() -> Bool { unlink(path) == 0 }
}
