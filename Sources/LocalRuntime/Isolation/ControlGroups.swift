import Foundation
import Glibc
package import Manifests

/// The control group below which every model server gets one of its own: version 2 alone.
///
/// A group limits all processes of a server together, which nothing else can.
package struct ControlGroups: Equatable, Sendable {
  /// The folder in which the servers' groups are made.
  package let folder: String

  package init(folder: String) { self.folder = folder }

  private static let needed = ["cpu", "memory", "pids"]

  /// The name of the group in which the controller itself is.
  private static let controller = "controller"

  /// Finds the controller's own group, and prepares the one above it; `root` is where `/proc` and `/sys` lie.
  ///
  /// The kernel divides a group only when no process is in it. So the controller has a group of its own below the
  /// one that it was given: systemd puts it there with `DelegateSubgroup=controller`, or it moves there itself,
  /// when it is alone in its group. It never moves processes that are not its own.
  ///
  /// - Throws: `LocalRuntimeError` that says what the machine does not give.
  package static func prepare(root: String = "") throws -> ControlGroups {
    let own = lines("\(root)/proc/self/cgroup").first { $0.hasPrefix("0::/") }?.dropFirst(3)
    guard let own else { throw missing("there is no control group of version 2") }
    let isInPlace = own.hasSuffix("/\(controller)")
    let given = isInPlace ? own.dropLast(controller.utf8.count + 1) : own == "/" ? "" : own
    let folder = "\(root)/sys/fs/cgroup\(given)"
    let kinds = Set(lines("\(folder)/cgroup.controllers").flatMap { $0.split(separator: " ") })
    let lacking = needed.filter { !kinds.contains(Substring($0)) }
    guard lacking.isEmpty else {
      throw missing(
        "the control group of version 2 has no \(lacking.joined(separator: ", "))")
    }
    do {
      if !isInPlace { try moveBelow(folder) }
      try write(
        needed.map { "+\($0)" }.joined(separator: " "), "\(folder)/cgroup.subtree_control")
    } catch let error as LocalRuntimeError {
      throw missing("the control group cannot be divided: \(error.message)")
    }
    return ControlGroups(folder: folder)
  }

  private static func moveBelow(_ folder: String) throws {
    guard lines("\(folder)/cgroup.procs") == ["\(getpid())"] else {
      throw missing("other processes are in it")
    }
    try makeGroup("\(folder)/\(controller)")
    try write("\(getpid())", "\(folder)/\(controller)/cgroup.procs")
  }

  /// Returns how many processes of a server the kernel has killed for want of memory.
  func kills(_ name: String) -> Int? {
    OutOfMemory.number("oom_kill", in: "\(folder)/\(name)/memory.events")
  }

  /// Makes the group of a server with its limits, and returns its folder.
  package func make(_ name: String, _ limits: ServerLimits) throws -> String {
    let group = "\(folder)/\(name)"
    try Self.makeGroup(group)
    let period = 100_000
    let quota = limits.milliCores.map { "\($0 * period / 1000) \(period)" }
    for (file, value) in [
      ("memory.max", limits.memory.map(String.init) ?? "max"), ("memory.oom.group", "1"),
      ("pids.max", "\(limits.processes)"), ("cpu.max", quota ?? "max \(period)"),
    ] { try Self.write(value, "\(group)/\(file)") }
    return group
  }

  /// Returns a command that enters a group before it becomes `command`.
  ///
  /// A process that was moved later would have left children behind in the group of the controller.
  package static func entering(_ group: String, _ command: [String]) -> [String] {
    let script = #"echo $$ > "$0/cgroup.procs" && exec "$@""#
    return ["/bin/sh", "-c", script, group] + command
  }

  /// Removes the group of a server that has ended.
  package func remove(_ name: String) { rmdir("\(folder)/\(name)") }

  private static func makeGroup(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw Files.error("create", path) }
  }

  private static func write(_ text: String, _ path: String) throws {
    try Files.withFile(path, O_WRONLY, "write") {
      try Files.write(Array(text.utf8), to: $0, path: path)
    }
  }

  private static func lines(_ path: String) -> [Substring] {
    let bytes = (try? Files.contents(of: path)) ?? []
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  private static func missing(_ what: String) -> LocalRuntimeError {
    LocalRuntimeError(.file, "limit model servers", what)
  }
}
