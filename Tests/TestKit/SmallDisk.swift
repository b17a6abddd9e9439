package import Foundation

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

  package func makeRoom() throws { try FileManager.default.removeItem(at: filler) }

  package func remove() { _ = try? shell(["umount", "--lazy", folder.path]) }
}
