import Glibc
import Rollouts

/// A run that reads a model.
struct BatchLease: Equatable, Sendable {
  /// The name of its file: who runs, and which run it is.
  let holder: String
  let end: Instant
}

/// The runs that say that they read the model of one deployment.
///
/// A lease is a file in a folder that every job may write, so nothing in it is believed, and none is opened: the
/// name says who it is, and the time of its last modification, which its owner sets, when it ends. It ends no later
/// than the longest lease after the kernel last saw it changed, a time that no owner can set.
struct BatchLeases: Sendable {
  let folder: String
  let longest: Duration

  /// Far more files than runs leave behind in an hour; a folder with more counts as held, until the longest lease
  /// is over.
  private static let most = 20_000
  /// A job has that long between making its file and saying when its lease ends.
  private static let kept: Duration = .seconds(3600)

  /// Returns the lease that ends last of those in force; nil when none is.
  func last(at now: Instant) throws -> BatchLease? {
    let entries = try entries()
    guard entries.count <= Self.most else {
      return BatchLease(
        holder: "more than \(Self.most) files in the folder of leases",
        end: now.advanced(by: longest))
    }
    return entries.filter { $0.isLease && $0.lease.end > now }.map(\.lease)
      .max { $0.end < $1.end }
  }

  /// Removes what ended an hour ago, whatever it is.
  func sweep(at now: Instant) throws {
    for entry in try entries() where now.since(max(entry.changed, entry.lease.end)) > Self.kept {
      remove("\(folder)/\(entry.lease.holder)")
    }
  }

  private struct Entry {
    let lease: BatchLease
    let changed: Instant
    let isLease: Bool
  }

  private func entries() throws -> [Entry] {
    guard let handle = opendir(folder) else { throw Files.error("list", folder) }
    defer { closedir(handle) }
    var entries: [Entry] = []
    while entries.count <= Self.most, let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let found = look(at: name, in: dirfd(handle)) { entries.append(found) }
    }
    return entries
  }

  private func look(at name: String, in folder: Int32) -> Entry? {
    var status = stat()
    guard ![".", ".."].contains(name),
      fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    else { return nil }
    let (said, changed) = (Instant(status.st_mtim), Instant(status.st_ctim))
    return Entry(
      lease: BatchLease(holder: name, end: min(said, changed.advanced(by: longest))),
      changed: changed,
      isLease: status.st_mode & S_IFMT == S_IFREG && Self.isName(name))
  }

  /// Whether a name may be shown and made a file of.
  static func isName(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      }
  }
}

extension Instant {
  /// A file's time; one that no calendar has is at the end of all that is compared.
  fileprivate init(_ time: timespec) {
    let seconds = Int64(max(0, min(time.tv_sec, 1 << 40)))
    self.init(milliseconds: seconds * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }
}
