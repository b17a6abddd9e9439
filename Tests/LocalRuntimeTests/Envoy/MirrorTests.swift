import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Copies of requests by a real Envoy, for candidates of every kind.
@Suite(.timeLimit(.minutes(5))) struct MirrorTests {
  /// How a candidate answers clients, and what of its copies is an error.
  struct Candidate: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let behaviour: String
    let fails: Bool

    static let all = [
      Candidate(testDescription: "healthy", behaviour: "{}", fails: false),
      Candidate(testDescription: "slow", behaviour: #"{"client": {"sleep": 2}}"#, fails: false),
      Candidate(testDescription: "dying", behaviour: #"{"client": {"die": 3}}"#, fails: true),
      Candidate(testDescription: "silent", behaviour: #"{"client": {"drop": 1}}"#, fails: true),
      hanging,
    ]
    static let hanging = Candidate(
      testDescription: "hanging", behaviour: #"{"client": {"sleep": 3600}}"#, fails: true)
  }

  /// Whatever becomes of the copies, clients get stable's answers; and a candidate that does not answer its copies has
  /// as many errors.
  @Test(.temporaryFolder, arguments: Candidate.all)
  func clientsNeverNoticeTheCandidate(candidate: Candidate) async throws {
    try await Workbench.run({ $0.local.requestTimeout = .seconds(5) }) { bench in
      let (stable, other) = try await bench.mirror(to: candidate.behaviour)
      #expect(try await bench.inferMany(100, clients: 4) == ["200 rev1": 100])
      try await eventually { try await bench.counts(of: other)?.requests == 100 }
      #expect(try await bench.counts(of: other)?.errors == (candidate.fails ? 100 : 0))
      try await bench.expectCounts(of: stable, requests: 100, errors: 0, timed: 100)
    }
  }

  /// All clients have been answered while every copy still hangs; and of many copies those that are too many are dropped,
  /// for which the candidate is not to blame.
  @Test(.temporaryFolder) func copiesThatHangAreBounded() async throws {
    let most = EnvoyConfiguration.mostCopies
    try await Workbench.run({ $0.local.requestTimeout = .seconds(30) }) { bench in
      let (_, candidate) = try await bench.mirror(to: Candidate.hanging.behaviour)
      #expect(try await bench.inferMany(2 * most) == ["200 rev1": 2 * most])
      #expect(try await bench.counts(of: candidate)?.requests ?? 0 == 0)
      try await eventually { try await bench.counts(of: candidate)?.requests == most }
      #expect(try await bench.counts(of: candidate)?.errors == most)
      #expect(try await bench.droppedCopies(of: candidate) == most)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// A candidate that reads nothing keeps no client waiting whose body no socket has room for.
  @Test(.temporaryFolder) func aBodyThatIsNotReadKeepsNobody() async throws {
    let body = Workbench.good + String(repeating: " ", count: 48 << 20)
    try await Workbench.run { bench in
      let (_, candidate) = try await bench.mirror(to: "{}")
      kill(-(try bench.pid(of: candidate)), SIGSTOP)
      for _ in 0..<3 { #expect(try await bench.infer(body).status == 200) }
    }
  }

  /// What is no inference is not copied, nor is what is too large.
  @Test(.temporaryFolder) func otherRequestsAreNotCopied() async throws {
    let largest = EnvoyConfiguration.largestCopy
    try await Workbench.run { bench in
      let (_, candidate) = try await bench.mirror(to: "{}")
      #expect(try await bench.ask("GET", "/v2/models/iris") == 200)
      #expect(try await bench.ask("POST", "/v2/models/iris/config") == 200)
      for size in [largest + 1, largest] {
        let body = Array(repeating: UInt8(32), count: size)
        #expect(try await bench.client.send(bench.echo(body, id: nil)).body == body)
      }
      try await bench.expectCounts(of: candidate, requests: 1, errors: 0, timed: 1)
      #expect(try await bench.others(of: candidate) ?? 0 == 0)
      #expect(try await bench.droppedCopies(of: candidate) == 1)
    }
  }

  /// A captured request is captured with both answers, by the one id that the client was told; every other one with
  /// neither.
  @Test(.temporaryFolder) func bothAnswersAreCaptured() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (stable, candidate) = try await bench.mirror(
        to: #"{"client": {"echo": 1}}"#, sampling: 300)
      var sent: [String: [UInt8]] = [:]
      for index in 0..<200 {
        let answer = try await bench.infer(Workbench.body(index), id: "mine")
        sent[try #require(answer.value("x-request-id"))] = Array(Workbench.body(index).utf8)
      }
      try await bench.untilQuiet(intake)
      let events = Dictionary(grouping: intake.events, by: \.revision)
      let (own, copies) = (events[stable.id] ?? [], events[candidate.id] ?? [])
      #expect(own.count > 20 && own.count < 120 && intake.lost == 0)
      #expect(own.map(\.requestID).sorted() == copies.map(\.requestID).sorted())
      for copy in copies {
        #expect(copy.request == sent[copy.requestID] && copy.response == copy.request)
        #expect(copy.status == 200)
      }
    }
  }

  /// With a limit there are far fewer copies than requests.
  ///
  /// A plan of the same generation may take the limit away.
  @Test(.temporaryFolder) func copiesAreLimited() async throws {
    let limit = 5
    try await Workbench.run { bench in
      let (stable, candidate) = try await bench.mirror(to: "{}", copiesPerSecond: limit)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      _ = try await bench.sendForAWhile(.milliseconds(2500))
      let before = try await bench.counts(of: candidate)?.requests ?? 0
      let (sent, time) = try await bench.sendForAWhile(.seconds(3))
      try await Task.sleep(for: .milliseconds(200))
      let copies = (try await bench.counts(of: candidate)?.requests ?? 0) - before
      #expect(copies > 0 && copies * 3 < sent, "\(copies) copies of \(sent) requests")
      #expect(copies < 15 + Int(2 * Double(limit) * (time / .seconds(1))), "\(copies) in \(time)")
      try await bench.put(Workbench.mirrorPlan(from: stable, to: candidate))
      let whole = (try await bench.counts(of: candidate)?.requests ?? 0) + 40
      #expect(try await bench.inferMany(40) == ["200 rev1": 40])
      try await eventually { try await bench.counts(of: candidate)?.requests == whole }
    }
  }

  /// How an error of a copy begins is kept, as that of a request.
  @Test(.temporaryFolder) func anErrorOfACopyIsKept() async throws {
    try await Workbench.run(intake: RecordingIntake()) { bench in
      let (_, candidate) = try await bench.mirror(to: #"{"client": {"fail": 7}}"#)
      #expect(try await bench.infer().status == 200)
      try await eventually {
        let sample = try await bench.runtime.observe()[Workbench.iris]?.errorSamples[candidate.id]
        return sample?.status == 500 && sample?.body == "xxxxxxx"
      }
    }
  }

  /// One of a candidate's two servers is dead: its copies are sent to the other one.
  @Test(.temporaryFolder) func aDeadReplicaIsNoError() async throws {
    try await Workbench.run { bench in
      let (_, candidate) = try await bench.mirror(to: "{}", replicas: 2)
      kill(-(try bench.pid(of: candidate)), SIGKILL)
      try await Task.sleep(for: .milliseconds(100))
      #expect(try await bench.inferMany(64, clients: 32) == ["200 rev1": 64])
      try await bench.expectCounts(of: candidate, requests: 64, errors: 0, timed: 64)
    }
  }

  /// Envoy dies when it has been told of servers and not yet of routes, as a mirror ends: with what it was told it
  /// starts again.
  @Test(.temporaryFolder) func envoyStartsAgainInTheMiddleOfAnEnd() async throws {
    try await Workbench.run { bench in
      let (stable, _) = try await bench.mirror(to: "{}")
      let routes = RuntimeFolder(bench.setup.folder).envoy().path + "/rds/rds.json"
      try FileManager.default.moveItem(atPath: routes, toPath: routes + ".aside")
      try FileManager.default.createDirectory(
        atPath: routes, withIntermediateDirectories: false)
      await #expect(throws: (any Error).self) {
        try await bench.runtime.apply(Workbench.plan(2, [(stable, 1000)]), to: Workbench.iris)
      }
      try FileManager.default.removeItem(atPath: routes)
      try FileManager.default.moveItem(atPath: routes + ".aside", toPath: routes)
      let pid = try bench.pid("envoy")
      kill(pid, SIGKILL)
      try await eventually { try !isRunning(pid) && bench.pid("envoy") != pid }
      try await eventually { (try? await bench.infer().status) == 200 }
      try await bench.put(Workbench.plan(2, [(stable, 1000)]))
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// Without sampling no client has its copy captured, and none chooses who gets it.
  @Test(.temporaryFolder) func headersOfClientsChooseNothing() async throws {
    let intake = RecordingIntake()
    let other = DeploymentName(namespace: "default", name: "other")
    try await Workbench.run(intake: intake) { bench in
      let bystander = try Workbench.revision("3")
      try await bench.put(Workbench.plan(1, [(bystander, 1000)]), to: other)
      let (_, candidate) = try await bench.mirror(to: "{}")
      var request = bench.echo(Array(Workbench.good.utf8), id: nil)
      request.headers = [
        (name: "serin-copy-server", value: "default/other/rev3"),
        (name: "serin-copy-server", value: "default/other/rev3"),
        (name: "serin-copy-capture", value: "99999999999 1000000"),
        (name: "serin-copy-replicas", value: "true"),
      ]
      #expect(try await bench.client.send(request).value("serin-revision") == "rev1")
      try await bench.expectCounts(of: candidate, requests: 1, errors: 0, timed: 1)
      let others = try await bench.runtime.counters().series[other]?.values.map(\.counts)
      #expect(others?.allSatisfy { $0.requests == 0 } ?? true)
      try await bench.untilQuiet(intake)
      #expect(intake.events.isEmpty)
    }
  }
}

extension Workbench {
  /// Lets one revision answer, and another one that behaves so get a copy of each request.
  func mirror(
    to behaviour: String, sampling: Int = 0, copiesPerSecond: Int? = nil, replicas: Int = 1
  ) async throws -> (stable: Revision, candidate: Revision) {
    let stable = try Self.revision("1")
    let candidate = try Self.revision("2", behaviour: behaviour)
    try await put(
      Self.mirrorPlan(
        from: stable, to: candidate, sampling: sampling, copiesPerSecond: copiesPerSecond,
        replicas: replicas))
    return (stable, candidate)
  }

  static func mirrorPlan(
    from stable: Revision, to candidate: Revision, generation: Int = 1, sampling: Int = 0,
    copiesPerSecond: Int? = nil, replicas: Int = 1
  ) -> Plan {
    Plan(
      generation: generation, loaded: [stable, candidate],
      routes: [
        .split([Plan.Share(revision: stable.id, weight: .all)]),
        .mirror(Plan.Share(revision: candidate.id, weight: .all)),
      ], sampling: .share(PerMille(sampling)), copiesPerSecond: copiesPerSecond, replicas: replicas)
  }

  /// Sends some hundred requests a second at most, and reads the counters in between as the controller does.
  func sendForAWhile(_ span: Duration) async throws -> (sent: Int, time: Duration) {
    let start = ContinuousClock.now
    var sent = 0
    while ContinuousClock.now - start < span {
      #expect(try await inferMany(20) == ["200 rev1": 20])
      sent += 20
      _ = try await runtime.counters()
      try await Task.sleep(for: .milliseconds(150))
    }
    return (sent, ContinuousClock.now - start)
  }
}
