package import Foundation
import Glibc

/// A disk of its own that is small enough to be filled.
package struct SmallDisk {
  package let folder: URL

  private var filler: URL { folder.appending(path: "filler") }

  /// Mounts it at a folder, which is made; call `remove` in the end.
  package init(at folder: URL, megabytes: Int) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    do {
      try shell(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "serin-test", folder.path])
    } catch {
      throw ProcessFailure(
        description: "A disk of its own can be mounted here only by root: \(error)")
    }
  }

  /// Leaves no room for a single byte.
  package func fill() throws {
    try shell(["sh", "-c", "cat /dev/zero >> '\(filler.path)' 2>&1 || true"])
  }

  /// Takes the little room that others give back for as long as `body` runs: a file that is replaced, a
  /// pack that was sent.
  ///
  /// More than `little` bytes at once are left alone: they were kept to be given back.
  package func keptFull<Result: Sendable>(
    little: Int, _ body: () async throws -> Result
  ) async throws -> Result {
    let filling = Task { @concurrent in
      while !Task.isCancelled {
        if (1..<little).contains(room) { take(room) }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    defer { filling.cancel() }
    return try await body()
  }

  /// Takes so many bytes, or what there is; never what is given back meanwhile.
  private func take(_ bytes: Int) {
    let file = open(filler.path, O_WRONLY | O_APPEND)
    guard file >= 0 else { return }
    defer { close(file) }
    let zeros = [UInt8](repeating: 0, count: bytes)
    _ = write(file, zeros, bytes)
  }

  /// The bytes that are free.
  private var room: Int {
    var status = statvfs()
    guard statvfs(folder.path, &status) == 0 else { return 0 }
    return Int(status.f_bavail) * Int(status.f_frsize)
  }

  package func makeRoom() throws { try FileManager.default.removeItem(at: filler) }

  package func remove() { _ = try? shell(["umount", "--lazy", folder.path]) }
}
