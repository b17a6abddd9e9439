import Foundation
import Glibc
import LocalRuntime
import TestKit
import Testing

/// How processes end, and what the kernel says of it.
@Suite(.timeLimit(.minutes(5))) struct EndingTests {
  @Test(
    .temporaryFolder,
    arguments: [
      ("exit 0", ProcessEnding.exited(0)), ("exit 3", .exited(3)), ("exit 200", .exited(200)),
      ("kill -9 $$", .killed(signal: 9)), ("kill -11 $$", .killed(signal: 11)),
    ])
  func anEndingIsTold(script: String, ending: ProcessEnding) async throws {
    let process = try DetachedProcess(ProcessTests.launch(script))
    try await eventually { !process.isAlive }
    #expect(process.ending == ending)
    #expect(!process.isAlive && process.ending == ending)
  }

  /// Every thread that finds a process gone finds how it ended, whichever of them reaped it.
  @Test(.temporaryFolder) func anEndingIsTheSameForAll() async throws {
    for _ in 0..<200 {
      let process = try DetachedProcess(ProcessTests.launch("exit 3"))
      let endings = await withTaskGroup(of: ProcessEnding?.self) { group in
        for _ in 0..<2 {
          group.addTask {
            while process.isAlive {}
            return process.ending
          }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(endings == [.exited(3), .exited(3)])
    }
  }

  /// A process whose first thread ends before the others is not gone, and its ending is told later.
  @Test(.temporaryFolder) func theLastThreadEndsAProcess() async throws {
    let process = try DetachedProcess(
      ProcessTests.launch(
        """
        exec python3 -c 'import ctypes, threading, time
        threading.Thread(target=time.sleep, args=(1,)).start()
        ctypes.CDLL(None).syscall(60, 0)'
        """))
    try await eventually { process.identity.status?.isZombie == true }
    #expect(process.isAlive && process.ending == nil)
    try await eventually { !process.isAlive }
    #expect(process.ending == .exited(0))
  }

  /// The group's count goes before the machine's; where neither is, nothing is known.
  @Test(
    .temporaryFolder,
    arguments: [
      (["proc/vmstat": "pgfault 12\noom_kill 7\n"], 7),
      (
        [
          "proc/self/cgroup": "0::/serin.service\n", "proc/vmstat": "oom_kill 7\n",
          "sys/fs/cgroup/serin.service/memory.events": "oom 1\noom_kill 2\noom_group_kill 0\n",
        ], 2
      ),
      (["proc/self/cgroup": "1:memory:/x\n", "proc/vmstat": "oom_kill 7\n"], 7),
      (["proc/self/cgroup": "0::/\n", "proc/vmstat": "pgfault 12\n"], nil),
      (["proc/vmstat": "oom_kill many\n"], nil), ([:], nil),
    ] as [([String: String], Int?)])
  func killsAreCounted(files: [String: String], kills: Int?) throws {
    for (path, text) in files { try ArtifactTests.write(text, path) }
    #expect(OutOfMemory.kills(root: TemporaryFolder.current.path) == kills)
  }

  /// Only a signal 9 that came with a kill is called one; this machine's own count can be read.
  @Test func aSignAloneIsClaimed() {
    #expect(OutOfMemory.isLikely(.killed(signal: 9), before: 1, after: 2))
    #expect(OutOfMemory.isLikely(.told(code: 137), before: 1, after: 2))
    for (ending, before, after) in [
      (.killed(signal: 9), 1, 1), (.killed(signal: 9), nil, 2), (.killed(signal: 9), 1, nil),
      (.killed(signal: 11), 1, 2), (.exited(9), 1, 2), (nil, 1, 2),
    ] as [(ProcessEnding?, Int?, Int?)] {
      #expect(!OutOfMemory.isLikely(ending, before: before, after: after))
    }
    #expect(OutOfMemory.kills() != nil)
  }
}
