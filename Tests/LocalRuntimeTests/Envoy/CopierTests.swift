import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// The Envoy that sends copies on: clients never need it, and it runs while something is copied.
@Suite(.timeLimit(.minutes(5))) struct CopierTests {
  /// An Envoy of copies that stands still keeps no client waiting, however large the request is; what clients were
  /// answered is counted all the same, and another one takes its place.
  @Test(.temporaryFolder) func oneThatStandsStillKeepsNobody() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = try await bench.mirror(to: "{}")
      #expect(try await bench.infer().status == 200)
      let pid = try bench.copier
      kill(pid, SIGSTOP)
      defer { kill(pid, SIGCONT) }
      let large = Workbench.good + String(repeating: " ", count: 48 << 20)
      for body in [Workbench.good, large, large, Workbench.good] {
        let start = ContinuousClock.now
        #expect(try await bench.infer(body).status == 200)
        #expect(ContinuousClock.now - start < .seconds(5))
      }
      #expect(try await bench.counts(of: stable)?.requests == 5)
      try await bench.untilReplaced(pid)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      try await eventually { try await bench.counts(of: candidate)?.requests ?? 0 >= 20 }
    }
  }

  /// An Envoy of copies that dies is started again, and what clients were answered counts on meanwhile.
  @Test(.temporaryFolder) func oneThatDiesIsReplaced() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = try await bench.mirror(to: "{}")
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      try await eventually { try await bench.counts(of: candidate)?.requests == 20 }
      let before = try await bench.series(of: candidate, by: .copies)?.epoch
      let pid = try bench.copier
      kill(pid, SIGKILL)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      #expect(try await bench.series(of: stable)?.counts.requests == 40)
      try await bench.untilReplaced(pid)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      try await eventually { try await bench.counts(of: candidate)?.requests ?? 0 >= 20 }
      #expect(try await bench.series(of: candidate, by: .copies)?.epoch != before)
      #expect(try await bench.series(of: stable)?.counts.requests == 60)
    }
  }

  /// The next controller takes it over with its counts; and it ends once nothing has been copied for as long as a request
  /// may take.
  @Test(.temporaryFolder) func itIsTakenOverAndEnds() async throws {
    var setup = try Workbench.setup()
    setup.local.requestTimeout = .seconds(2)
    let first = Workbench(setup: setup)
    try await first.runtime.start()
    let (stable, candidate) = try await first.mirror(to: "{}")
    #expect(try await first.inferMany(20) == ["200 rev1": 20])
    let pid = try first.copier
    await first.runtime.stop()
    #expect(try await first.inferMany(20) == ["200 rev1": 20])
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    do {
      try await eventually { try await second.counts(of: candidate)?.requests == 40 }
      #expect(try second.copier == pid)
      try await second.put(Workbench.plan(2, [(stable, 1000), (candidate, 0)]))
      #expect(isRunning(pid))
      try await eventually { !isRunning(pid) }
      #expect(try await second.inferMany(20) == ["200 rev1": 20])
      let plan = Workbench.mirrorPlan(from: stable, to: candidate, generation: 3)
      try await second.put(plan)
      #expect(try await second.inferMany(20) == ["200 rev1": 20])
      try await eventually { try await second.counts(of: candidate)?.requests == 20 }
    } catch {
      try await second.runtime.shutdown()
      throw error
    }
    let last = try second.copier
    try await second.runtime.shutdown()
    #expect(!isRunning(last))
  }

  /// One that cannot be started holds up the mirror and nothing else.
  @Test(.temporaryFolder) func oneThatCannotStartHoldsNothingElseUp() async throws {
    try await Workbench.run { bench in
      let (stable, other) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Workbench.plan(1, [(stable, 1000), (other, 0)]))
      try await eventually { try await bench.readiness(other) == .ready }
      // A folder where its process is to be written down.
      let file = RuntimeFolder(bench.setup.folder).envoy(.copies).path + "/process.json"
      try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
      let mirror = Workbench.mirrorPlan(from: stable, to: other, generation: 2)
      for _ in 0..<4 {
        try await bench.runtime.apply(mirror, to: Workbench.iris)
        #expect(try await bench.inferMany(20) == ["200 rev1": 20])
        #expect(try await bench.runtime.observe()[Workbench.iris]?.generationInForce == nil)
        try await Task.sleep(for: .milliseconds(300))
      }
      try await bench.put(Workbench.plan(3, [(stable, 500), (other, 500)]))
      try FileManager.default.removeItem(atPath: file)
      let again = Workbench.mirrorPlan(from: stable, to: other, generation: 4)
      try await bench.put(again)
    }
  }
}

extension Workbench {
  /// The process of the Envoy that sends copies on.
  var copier: Int32 { get throws { try pid("envoy-copies") } }

  /// Waits until another one sends copies on.
  func untilReplaced(_ pid: Int32) async throws {
    try await eventually {
      try await runtime.observe()[Self.iris]?.generationInForce == 1 && copier != pid
    }
  }
}
