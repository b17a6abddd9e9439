import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Several servers of one revision: one that dies costs clients nothing, and their number follows the
/// plan while they answer.
@Suite(.timeLimit(.minutes(5))) struct ReplicaTests {
  /// Before all were ready each has to be; afterwards one is enough.
  @Test(
    arguments: [
      // replicas, whether all were ready once; the revision
      ([.ready], false, .ready), ([.failed("a")], true, .failed("a")),
      ([.preparing("a")], true, .preparing("a")), ([.ready, .ready], false, .ready),
      ([.ready, .preparing("a")], false, .preparing("replica 2 of 2: a")),
      ([.preparing("a"), .failed("b"), .ready], false, .failed("replica 2 of 3: b")),
      ([.ready, .preparing("a")], true, .ready), ([.failed("a"), .ready], true, .ready),
      ([.failed("a"), .preparing("b")], true, .preparing("replica 2 of 2: b")),
      ([.failed("a"), .failed("b")], true, .failed("replica 1 of 2: a")), ([], true, .absent),
    ] as [([Readiness], Bool, Readiness)])
  func readinessOfARevision(replicas: [Readiness], isProven: Bool, revision: Readiness) {
    #expect(Readiness.ofRevision(replicas, isProven: isProven) == revision)
  }

  /// Servers that are too many stay while they alone answer.
  @Test(
    arguments: [
      ([.ready, .ready], 1, true), ([.preparing("a"), .ready], 1, false),
      ([.failed("a"), .ready, .ready], 1, false), ([.failed("a"), .ready, .ready], 2, true),
      ([.preparing("a"), .failed("b")], 1, true),
    ] as [([Readiness], Int, Bool)])
  func serversThatAloneAnswerStay(replicas: [Readiness], count: Int, isSpare: Bool) {
    #expect(Readiness.isSpare(beyond: count, of: replicas) == isSpare)
  }

  /// One of two servers is killed under 80 requests a second, and is back later: the revision serves on,
  /// and at most the requests that the server was answering fail.
  ///
  /// What is counted is what clients saw; a connection that failed is tried at the other server, and shown. Envoy may hear of the
  /// end before a request finds it, so that it is tried again until one does.
  @Test(.temporaryFolder) func aKilledServerCostsNothing() async throws {
    try await Workbench.run { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)], replicas: 2))
      var (total, failed, retried) = (0, 0, 0)
      for _ in 0..<5 where retried == 0 {
        let answers = try await Self.killOne(of: revision, bench)
        (total, failed) = (total + answers.total, failed + answers.total - answers.good)
        try await eventually { try await bench.counts(of: revision)?.requests == total }
        #expect(try await bench.counts(of: revision)?.errors == failed)
        retried = try await bench.series(of: revision)?.apart.retried ?? 0
        try await eventually {
          let answers = try await bench.steadily(20, for: 1)
          total += answers.total
          failed += answers.total - answers.good
          return Set(answers.ports).count == 2
        }
      }
      #expect(retried > 0)
    }
  }

  /// Kills one of two servers under load; returns what clients were answered.
  private static func killOne(
    of revision: Revision, _ bench: Workbench
  ) async throws -> SteadyAnswers {
    let killed = try bench.pid(of: revision)
    async let load = bench.steadily(80, for: 6)
    try await Task.sleep(for: .seconds(1))
    kill(-killed, SIGKILL)
    for _ in 0..<20 {
      #expect(try await bench.readiness(revision) == .ready)
      try await Task.sleep(for: .milliseconds(50))
    }
    let answers = try await load
    let failed = answers.total - answers.good
    #expect(answers.total == 480 && failed <= 3, "\(answers)")
    #expect(answers.ports.count == 2)
    try await eventually { (try? bench.pid(of: revision)).map { $0 != killed } ?? false }
    return answers
  }

  /// Servers are added and taken away under load: the revision stays what it is, no request fails, and
  /// each is counted once.
  @Test(.temporaryFolder) func scalingLosesNoRequest() async throws {
    try await Workbench.run({ $0.local.drainTimeout = .seconds(1) }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let pid = try bench.pid(of: revision)
      async let load = bench.steadily(60, for: 10)
      try await bench.put(Workbench.plan(1, [(revision, 1000)], replicas: 3))
      var (seen, probes): (Set<String>, Int) = ([], 0)
      try await eventually {
        let answers = try await bench.steadily(20, for: 1)
        seen.formUnion(answers.ports)
        probes += answers.good
        return seen.count == 3
      }
      let added = try [2, 3].map { try bench.pid(of: revision, replica: $0) }
      #expect(try await bench.readiness(revision) == .ready && added.allSatisfy(isRunning))
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      try await eventually { !added.contains(where: isRunning) }
      #expect(try bench.pid(of: revision) == pid && isRunning(pid))
      let answers = try await load
      #expect(answers.good == 600, "\(answers)")
      let folder = bench.setup.folder + "/servers/default/iris/rev1"
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["1"])
      let asked = 600 + probes
      try await eventually(within: .seconds(20)) {
        try await bench.counts(of: revision)?.requests == asked
      }
      #expect(try await bench.counts(of: revision)?.errors == 0)
      try await bench.put(Workbench.plan(2, []))
      try await eventually { try await bench.readiness(revision) == .absent }
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }

  /// The next controller takes every server over, starts the one that died meanwhile, and ends the one
  /// that is no longer asked for.
  @Test(.temporaryFolder) func replicasAreAdopted() async throws {
    let setup = try Workbench.setup()
    let first = Workbench(setup: setup)
    let revision = try Workbench.revision("1")
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(revision, 1000)], replicas: 2))
    let pids = try [1, 2].map { try first.pid(of: revision, replica: $0) }
    await first.runtime.stop()
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    #expect(try await second.readiness(revision) == .ready)
    #expect(try [1, 2].map { try second.pid(of: revision, replica: $0) } == pids)
    await second.runtime.stop()
    kill(-pids[0], SIGKILL)
    let third = Workbench(setup: setup)
    try await third.runtime.start()
    #expect(try await third.readiness(revision) == .ready)
    // Many at once: whoever is sent to the dead one is sent to the other.
    let answers = try await third.inferMany(64, clients: 32)
    #expect(answers == ["200 rev1": 64], "\(answers)")
    try await eventually { try third.pid(of: revision) != pids[0] }
    try await eventually { Set(try await third.steadily(20, for: 1).ports).count == 2 }
    #expect(try third.pid(of: revision, replica: 2) == pids[1] && isRunning(pids[1]))
    try await third.runtime.apply(Workbench.plan(1, [(revision, 1000)]), to: Workbench.iris)
    await third.runtime.stop()
    let fourth = Workbench(setup: setup)
    try await fourth.runtime.start()
    #expect(!isRunning(pids[1]))
    #expect(try await fourth.inferMany(20) == ["200 rev1": 20])
    try await fourth.runtime.shutdown()
  }
}

/// What clients were answered.
struct SteadyAnswers: CustomStringConvertible {
  var statuses: [Int: Int] = [:]
  /// Of the servers that answered.
  var ports: Set<String> = []

  var total: Int { statuses.values.reduce(0, +) }
  var good: Int { statuses[200] ?? 0 }
  var description: String { "\(statuses) of \(ports)" }
}

extension Workbench {
  /// Asks for inferences at a steady rate, each at its time whatever became of the others.
  func steadily(_ perSecond: Int, for seconds: Int) async throws -> SteadyAnswers {
    let start = ContinuousClock.now
    return try await withThrowingTaskGroup(of: HTTPResponse?.self) { group in
      for index in 0..<perSecond * seconds {
        try await Task.sleep(until: start + .seconds(1) * index / perSecond)
        group.addTask { try? await self.infer() }
      }
      return try await group.reduce(into: SteadyAnswers()) { answers, response in
        answers.statuses[response?.status ?? 0, default: 0] += 1
        if let port = response?.value("x-port") { answers.ports.insert(port) }
      }
    }
  }
}
