import Foundation
import TestKit
import Testing

/// A push that wants the memory of the controller, against the real program.
@Suite struct HostilePushEndToEndTests {
  /// A commit of 256 MB is named and takes no memory, and the next version of the team goes live.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func commitOf256MBStopsNobody() async throws {
    let team = try Team()
    try team.deploy(1)
    let console = try freePort()
    let serin = try team.start("--listen", "127.0.0.1:\(console)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGKILL) }
    try await team.waitFor("complete v1")
    let before = try Self.peak(of: serin.pid)
    let bomb = try Self.push(256 << 20, to: team.remote)
    try await eventually { team.log.contains("the commit \(bomb) has 268") }
    let ready = try shell(["curl", "-sS", "http://127.0.0.1:\(console)/readyz"])
    #expect(ready.contains("not followed: commit \(bomb)") && ready.contains("at the host"))
    try shell(
      ["git", "-C", team.folder.appending(path: "clone").path, "pull", "-q", "--ff-only", "origin"]
        + ["main"])
    try team.deploy(2, steps: "[50%]")
    try await eventually { team.log.contains("preparing") && team.log.contains("version=2") }
    try await eventually {
      try !shell(["curl", "-sS", "http://127.0.0.1:\(console)/readyz"]).contains("not followed")
    }
    let after = try Self.peak(of: serin.pid)
    #expect(after - before < 64 << 10, "from \(before) to \(after) KB")
  }

  /// Writes a commit whose message has so many bytes on top of main; returns its name.
  private static func push(_ size: Int, to remote: URL) throws -> String {
    let script = """
      set -e
      cd '\(remote.path)'
      commit() {
        printf 'tree %s\\nparent %s\\n' $(git rev-parse main^{tree}) $(git rev-parse main)
        printf 'author Eve <eve@example.org> 1700000000 +0000\\n'
        printf 'committer Eve <eve@example.org> 1700000000 +0000\\n\\n'
        head -c \(size) /dev/zero | tr '\\0' a
      }
      name=$(commit | git hash-object -t commit -w --stdin)
      git update-ref refs/heads/main $name
      echo $name
      """
    return try shell(["sh", "-c", script]).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The most memory that a process has had, in kilobytes.
  private static func peak(of pid: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(Int(line.filter(\.isNumber)))
  }
}
