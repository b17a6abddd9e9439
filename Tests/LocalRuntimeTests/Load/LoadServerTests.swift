import Control
import Foundation
import Glibc
import LocalRuntime
import Profiles
import Rollouts
import TestKit
import Testing

/// The load that a candidate must bear, with real servers.
@Suite(.timeLimit(.minutes(5))) struct LoadServerTests {
  /// Far from what a busy machine makes of a server that answers at once.
  static let below = 400

  static func test(
    requestsPerSecond: Int = 40, for duration: Duration = .seconds(3), below: Int = below
  ) -> LoadTest {
    LoadTest(
      requestsPerSecond: requestsPerSecond, duration: duration, below: below,
      slow: Ratio(perMillion: 50_000), failed: Ratio(perMillion: 10_000))
  }

  /// What serves has all traffic, and the candidate is loaded and tested.
  static func plan(
    _ generation: Int, serving: Revision, candidate: Revision, _ test: LoadTest, replicas: Int = 1
  ) -> Plan {
    Plan(
      generation: generation, loaded: [serving, candidate],
      routes: [.split([Plan.Share(revision: serving.id, weight: .all)])], replicas: replicas,
      loadTest: LoadTestOrder(revision: candidate.id, test: test))
  }

  static func serving(_ bench: Workbench) async throws -> Revision {
    let first = try Workbench.revision("1")
    try await bench.put(Workbench.plan(1, [(first, 1000)]))
    return first
  }

  /// Notes what a revision says of itself until that is ready or failed.
  static func saying(_ candidate: Revision, _ bench: Workbench) async throws -> [String] {
    var said: [String] = []
    try await eventually {
      let readiness = try await bench.readiness(candidate)
      switch readiness {
      case .preparing(let text), .failed(let text):
        if said.last != text { said.append(text) }
      case .ready: said.append("ready")
      case .absent: break
      }
      return if case .failed = readiness { true } else { readiness == .ready }
    }
    return said
  }

  /// A server that keeps up is ready, and tells on the way how far it is; one that does not is rejected in words.
  @Test(
    .temporaryFolder,
    arguments: [
      ("{}", 1, "ready"), ("{}", 2, "ready"),
      (#"{"think": 0.6}"#, 1, "requests (100%) took 400ms or longer, 5% may"),
      (#"{"think": 0.6}"#, 2, " of 2: under load: "),
      (#"{"endures": 20}"#, 1, #"failed, 1% may; the first: it answered 500: {"error": "tired"}"#),
      (#"{"collapses": 20}"#, 1, "under load: the server ended (exit code 3)"),
    ])
  func aServerUnderLoad(behaviour: String, replicas: Int, end: String) async throws {
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let candidate = try Workbench.revision("2", behaviour: behaviour)
      let plan = Self.plan(
        2, serving: first, candidate: candidate, Self.test(), replicas: replicas)
      try await bench.runtime.apply(plan, to: Workbench.iris)
      let said = try await Self.saying(candidate, bench)
      #expect(said.last?.contains(end) == true, "\(said)")
      #expect(said.contains { $0.contains("under load: ") }, "\(said)")
      #expect(try await bench.readiness(first) == .ready)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// Recorded requests are fetched by their digest and sent; what is no request, or another file, rejects the candidate.
  @Test(
    .temporaryFolder,
    arguments: [
      ("\(Workbench.good)\n\n\(Workbench.good)\n", true, "ready"),
      ("\(Workbench.good)\n[1]\n", true, "read the recorded requests: line 2 is no V2 request"),
      ("\n", true, "read the recorded requests: there is no request in the file"),
      ("\(Workbench.good)\n", false, "sha256:"),
      ("\(Workbench.bad)\n", true, "failed, 1% may; the first: it answered 500"),
    ])
  func recordedRequestsAreSent(text: String, isRightFile: Bool, end: String) async throws {
    let file = TemporaryFolder.current.appending(path: "requests.jsonl")
    try Data(text.utf8).write(to: file)
    let sum = try shell(["sha256sum", file.path]).prefix(64)
    let digest = "sha256:" + (isRightFile ? String(sum) : String(repeating: "0", count: 64))
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let candidate = try Workbench.revision("2")
      let usual = Self.test()
      let test = LoadTest(
        requestsPerSecond: 40, duration: .seconds(2), below: Self.below, slow: usual.slow,
        failed: usual.failed, recorded: .init(uri: "file://\(file.path)", digest: digest))
      let plan = Self.plan(2, serving: first, candidate: candidate, test, replicas: 2)
      try await bench.runtime.apply(plan, to: Workbench.iris)
      let said = try await Self.saying(candidate, bench)
      #expect(said.last?.contains(end) == true, "\(said)")
      let kept = try FileManager.default.subpathsOfDirectory(
        atPath: RuntimeFolder(bench.setup.folder).artifacts)
      #expect(!kept.contains { $0.hasSuffix(".jsonl") }, "\(kept)")
    }
  }

  /// Neither a controller that starts again nor a server that died puts a revision under load that was ready.
  @Test(.temporaryFolder) func whatWasReadyIsNotTestedAgain() async throws {
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let second = try Workbench.revision("2", behaviour: #"{"think": 0.05}"#)
      let plan = Self.plan(2, serving: first, candidate: second, Self.test(for: .seconds(1)))
      try await bench.runtime.apply(plan, to: Workbench.iris)
      #expect(try await Self.saying(second, bench).last == "ready")
      // Nothing that thinks could bear this.
      let harder = Self.plan(3, serving: first, candidate: second, Self.test(below: 1))
      try await bench.runtime.apply(harder, to: Workbench.iris)
      let killed = try bench.pid(of: second)
      kill(-killed, SIGKILL)
      try await eventually { (try? bench.pid(of: second)).map { $0 != killed } ?? false }
      #expect(try await Self.saying(second, bench).last == "ready")
      await bench.runtime.stop()
      try await bench.runtime.start()
      let said = try await Self.saying(second, bench)
      #expect(said.last == "ready" && !said.contains { $0.contains("under load") }, "\(said)")
    }
  }

  /// A controller that ends in the middle of a load begins it again, by what was written down.
  @Test(.temporaryFolder) func aLoadThatWasCutShortIsBegunAgain() async throws {
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let second = try Workbench.revision("2", behaviour: #"{"think": 0.6}"#)
      let plan = Self.plan(2, serving: first, candidate: second, Self.test())
      try await bench.runtime.apply(plan, to: Workbench.iris)
      try await eventually { "\(try await bench.readiness(second))".contains("under load: ") }
      await bench.runtime.stop()
      try await bench.runtime.start()
      #expect(try await bench.failure(of: second).contains("took 400ms or longer"))
    }
  }

  /// A load ends when the plan does not ask for the revision any more.
  @Test(.temporaryFolder) func aLoadEndsWithItsRevision() async throws {
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let second = try Workbench.revision("2")
      let long = Self.test(for: .seconds(300))
      try await bench.runtime.apply(
        Self.plan(2, serving: first, candidate: second, long), to: Workbench.iris)
      try await eventually { "\(try await bench.readiness(second))".contains("under load: ") }
      try await bench.put(Workbench.plan(3, [(first, 1000)]))
      try await eventually { try await bench.readiness(second) == .absent }
    }
  }

  /// What is drawn from a profile is what the server is asked, in the form of its inputs.
  @Test(.temporaryFolder) func requestsComeFromTheProfile() async throws {
    try await Workbench.run { bench in
      let first = try await Self.serving(bench)
      let second = try Workbench.revision("2", behaviour: #"{"refuses": 7}"#)
      var test = Self.test(for: .seconds(1))
      test.features = ["a", "b", "c", "d"].map {
        ProfileColumn(name: $0, kind: .number(edges: [7, 7.5]), counts: [0, 1, 0, 0])
      }
      try await bench.runtime.apply(
        Self.plan(2, serving: first, candidate: second, test), to: Workbench.iris)
      #expect(try await bench.failure(of: second).contains("the first: it answered 400"))
    }
  }
}
