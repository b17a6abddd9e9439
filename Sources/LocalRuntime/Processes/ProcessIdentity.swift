import Glibc

/// One process, for ever: a number is used again, a number with its start time is not.
package struct ProcessIdentity: Codable, Hashable, Sendable, CustomStringConvertible {
  package let pid: Int32
  /// In clock ticks since the machine booted.
  package let startTime: UInt64
  /// The kernel's name of this boot: start times begin again with it.
  package let boot: String

  /// "4711-8220031": what the counters of this process are counted since.
  package var description: String { "\(pid)-\(startTime)" }

  package init(pid: Int32, startTime: UInt64, boot: String) {
    self.pid = pid
    self.startTime = startTime
    self.boot = boot
  }

  /// Identifies a process that runs now; nil when there is none with this number.
  package init?(pid: Int32) {
    guard let status = ProcessStatus(pid: pid), let boot = Self.currentBoot else { return nil }
    self.init(pid: pid, startTime: status.startTime, boot: boot)
  }

  /// What the kernel says of this process, also when it is a zombie; nil when it is gone.
  package var status: ProcessStatus? {
    guard let status = ProcessStatus(pid: pid), status.startTime == startTime,
      boot == Self.currentBoot
    else { return nil }
    return status
  }

  private static let currentBoot: String? = {
    guard let bytes = try? Files.contents(of: "/proc/sys/kernel/random/boot_id") else { return nil }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").first.map(String.init)
  }()
}

/// One line of /proc/<pid>/stat.
package struct ProcessStatus: Equatable, Sendable {
  package let state: Character
  package let session: Int32
  package let startTime: UInt64

  package var isZombie: Bool { state == "Z" || state == "X" }

  /// Reads the line of a process; nil when there is none.
  package init?(pid: Int32) {
    guard let bytes = try? Files.contents(of: "/proc/\(pid)/stat") else { return nil }
    self.init(line: String(decoding: bytes, as: UTF8.self))
  }

  /// Reads a line.
  ///
  /// The second field is the program's name in parentheses, which may itself hold spaces and
  /// parentheses: only what follows the last one can be split.
  package init?(line: String) {
    guard let end = line.lastIndex(of: ")") else { return nil }
    let fields = line[line.index(after: end)...].split { $0.isWhitespace }
    guard fields.count > 19, let state = fields[0].first, let session = Int32(fields[3]),
      let startTime = UInt64(fields[19])
    else { return nil }
    self.state = state
    self.session = session
    self.startTime = startTime
  }
}
