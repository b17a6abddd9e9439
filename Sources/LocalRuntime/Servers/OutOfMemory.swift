import Glibc

/// What the kernel says of processes that it killed for want of memory.
///
/// It counts them and names none, so a count that grew while a server died of signal 9 is a sign and no
/// proof.
package enum OutOfMemory {
  /// Returns how many were killed in our control group, in which the servers are, too; of the machine
  /// when the group does not count; nil when neither can be read.
  ///
  /// `root` is where `/proc` and `/sys` lie.
  package static func kills(root: String = "") -> Int? {
    let group = lines("\(root)/proc/self/cgroup").first { $0.hasPrefix("0::/") }?.dropFirst(3)
    let counted = group.flatMap {
      number("oom_kill", in: "\(root)/sys/fs/cgroup\($0)/memory.events")
    }
    return counted ?? number("oom_kill", in: "\(root)/proc/vmstat")
  }

  /// Whether a process may have been one of them, by the counts before and after its end.
  package static func isLikely(_ ending: ProcessEnding?, before: Int?, after: Int?) -> Bool {
    guard ending?.signal == Int(SIGKILL), let before, let after else { return false }
    return after > before
  }

  static func number(_ name: String, in path: String) -> Int? {
    let line = lines(path).first { $0.hasPrefix("\(name) ") }
    return line.flatMap { Int($0.dropFirst(name.utf8.count + 1)) }
  }

  private static func lines(_ path: String) -> [Substring] {
    let bytes = (try? Files.contents(of: path)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }
}
