import Control
import Foundation
import Glibc
import LocalRuntime
import Manifests
import Rollouts
import RuntimeConformance
import TestKit
import Testing

/// Models for jobs: switched to between runs, and never under one.
@Suite(.timeLimit(.minutes(2))) struct BatchRuntimeTests {
  @Test(.temporaryFolder, arguments: RuntimeLaw.ofBatch)
  func theBatchRuntimeConforms(law: RuntimeLaw) async throws {
    try await BatchBench.run { try await law.check($0) }
  }

  private static func plan(
    _ generation: Int, _ revision: Revision, beside others: [Revision] = []
  ) -> Plan {
    Workbench.plan(generation, [(revision, 1000)], loaded: others)
  }

  /// A run keeps what it reads; another waits meanwhile, and reads the new model.
  @Test(.temporaryFolder) func aSwitchWaitsForARun() async throws {
    try await BatchBench.run { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      let run = try await bench.begin()
      let old = try #require(try bench.pointer()?.model)
      let plan = Self.plan(2, second)
      let words = "waits for the run \(run.name), at most until "
      try await eventually {
        try await bench.batch.apply(plan, to: BatchBench.iris)
        guard case .preparing(let text) = try await bench.state()?.readiness[second.id] else {
          return false
        }
        return text.hasPrefix(words)
      }
      #expect(try await bench.state()?.generationInForce == 1)
      #expect(try bench.pointer()?.model == old && isThere(old.path))
      #expect(try await bench.ask(1, of: BatchBench.iris, with: nil).refused == 1, "a run began")
      #expect(run.renew())
      run.end()
      try await bench.put(plan)
      #expect(try bench.pointer()?.model?.version == "2")
      #expect(try await bench.ask(1, of: BatchBench.iris, with: nil).revisions == [second.id])
      #expect(!isThere(bench.folder.next(of: BatchBench.iris)))
      try await eventually { !isThere(old.path) }
    }
  }

  /// Many runs begin and end while the pointer moves to and fro: none sees it move, and no switch starves.
  @Test(.temporaryFolder) func noRunSeesASwitch() async throws {
    try await BatchBench.run { bench in
      let pair = [try bench.revision("1", fails: false), try bench.revision("2", fails: false)]
      try await bench.put(Self.plan(1, pair[1], beside: [pair[0]]))
      let runs = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<2 { group.addTask { try await bench.runUntilCancelled() } }
        for generation in 2...40 {
          let (next, last) = (pair[generation % 2], pair[(generation + 1) % 2])
          try await bench.put(Self.plan(generation, next, beside: [last]))
        }
        group.cancelAll()
        return try await group.reduce(0, +)
      }
      #expect(runs > 0)
    }
  }

  /// A rollback that comes while the switch still waits needs no wait: what runs read is what they shall read.
  @Test(.temporaryFolder, arguments: [false, true])
  func aWaitingSwitchIsCalledOff(inTheNextLife: Bool) async throws {
    try await BatchBench.run { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      let run = try await bench.begin()
      try await eventually {
        try await bench.batch.apply(Self.plan(2, second, beside: [first]), to: BatchBench.iris)
        return isThere(bench.folder.next(of: BatchBench.iris))
      }
      if inTheNextLife { try await bench.restart() }
      try await bench.put(Self.plan(3, first))
      #expect(!isThere(bench.folder.next(of: BatchBench.iris)))
      #expect(try bench.pointer()?.model?.version == "1")
      #expect(try await bench.ask(1, of: BatchBench.iris, with: nil).revisions == [first.id])
      run.end()
    }
  }

  /// A queue worker with a lease of a second that dies holds a switch no longer than that.
  @Test(.temporaryFolder) func aLeaseThatIsNotRenewedEnds() async throws {
    try await BatchBench.run { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      _ = try await bench.begin(lease: .seconds(1))
      let start = ContinuousClock.now
      try await bench.put(Self.plan(2, second))
      #expect((.milliseconds(700)...(.seconds(20))).contains(ContinuousClock.now - start))
    }
  }

  /// Whatever its lease says, and however often it is renewed, a job blocks a rollback for no longer than the
  /// operator allows.
  @Test(.temporaryFolder) func noJobBlocksForEver() async throws {
    try await BatchBench.run(longestLease: .seconds(1)) { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      try bench.forgeLease("greedy", seconds: 1 << 30)
      let start = ContinuousClock.now
      try await eventually {
        try bench.forgeLease("greedy", seconds: 1 << 30)
        try await bench.batch.apply(Self.plan(2, second), to: BatchBench.iris)
        return try await bench.state()?.generationInForce == 2
      }
      #expect((.milliseconds(700)...(.seconds(20))).contains(ContinuousClock.now - start))
    }
  }

  /// What is no file with a proper name holds nothing, and none of it is opened or followed.
  @Test(.temporaryFolder) func whatIsNoLeaseHoldsNothing() async throws {
    try await BatchBench.run { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      let leases = bench.folder.leases(of: BatchBench.iris)
      try bench.forgeLease("ended", seconds: -1)
      try bench.forgeLease(".hidden", seconds: 60)
      try bench.forgeLease("a name", seconds: 60)
      try bench.forgeLease(String(repeating: "x", count: 200), seconds: 60)
      mkfifo(leases + "/pipe", 0o644)
      symlink("/etc/passwd", leases + "/link")
      try FileManager.default.createDirectory(
        atPath: leases + "/folder", withIntermediateDirectories: false)
      let start = ContinuousClock.now
      try await bench.put(Self.plan(2, second))
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }

  /// What jobs that were killed leave behind keeps no switch waiting.
  @Test(.temporaryFolder) func endedLeasesHoldNothingHoweverMany() async throws {
    try await BatchBench.run { bench in
      let (first, second) = (
        try bench.revision("1", fails: false), try bench.revision("2", fails: false)
      )
      try await bench.put(Self.plan(1, first))
      let leases = bench.folder.leases(of: BatchBench.iris)
      try bench.forgeLease("flood", seconds: -60)
      for number in 0..<1500 { link(leases + "/flood", "\(leases)/flood-\(number)") }
      try await bench.put(Self.plan(2, second))
    }
  }

  /// Jobs of other users read the pointer and the model, and write leases alone.
  @Test(.temporaryFolder) func modesAreThoseOfOtherUsersJobs() async throws {
    try await BatchBench.run { bench in
      try await bench.put(Self.plan(1, try bench.revision("1", fails: false)))
      let model = try #require(try bench.pointer()?.model)
      for path in [bench.folder.current(of: BatchBench.iris), model.path] {
        #expect(mode(path) & 0o044 == 0o044 && mode(path) & 0o022 == 0, "\(path)")
        var folder = URL(filePath: path).deletingLastPathComponent()
        while folder.path.hasPrefix(bench.folder.path) {
          #expect(mode(folder.path) & 0o777 == 0o755, "\(folder.path)")
          folder.deleteLastPathComponent()
        }
      }
      #expect(mode(bench.folder.leases(of: BatchBench.iris)) == 0o1777)
      for own in ["orders", "counts", "stage"] {
        #expect(mode("\(bench.folder.path)/\(own)") == 0o700)
      }
    }
  }

  @Test(.temporaryFolder) func aFolderThatOthersMayWriteIsRefused() async throws {
    let bench = BatchBench()
    try FileManager.default.createDirectory(
      atPath: bench.folder.path, withIntermediateDirectories: true)
    chmod(bench.folder.path, 0o777)
    await #expect(throws: LocalRuntimeError.self) { try await bench.batch.start() }
  }

  /// Each run counts once, in its last state, also in the controller's next life; a report of what is not loaded is
  /// refused.
  @Test(.temporaryFolder) func reportsCountOnce() async throws {
    try await BatchBench.run { bench in
      let first = try bench.revision("1", fails: false)
      try await bench.put(Self.plan(1, first))
      func report(_ run: String, _ requests: Int, _ errors: Int, of id: Revision.ID) async
        -> EventReceipt?
      {
        await bench.batch.take(
          BatchReport(
            deployment: BatchBench.iris, revision: id, run: run, requests: requests, errors: errors)
        )
      }
      #expect(await report("a", 100, 1, of: first.id) == .accepted)
      #expect(await report("a", 250, 2, of: first.id) == .accepted)
      #expect(await report("a", 100, 1, of: first.id) == .accepted)
      try await bench.restart()
      #expect(await report("a", 250, 2, of: first.id) == .accepted)
      #expect(await report("b", 10, 10, of: first.id) == .accepted)
      let counts = try await bench.batch.counters().total(of: first.id, in: BatchBench.iris)
      #expect(counts?.requests == 260 && counts?.errors == 12)
      guard case .refused = await report("a", 1, 0, of: Revision.ID("other")) else {
        Issue.record("taken")
        return
      }
    }
  }
}

private func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

private func mode(_ path: String) -> mode_t {
  var status = stat()
  return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}
