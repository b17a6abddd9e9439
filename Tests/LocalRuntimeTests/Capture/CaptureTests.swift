import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing
import Threads

/// Keeps what it is given.
final class RecordingIntake: PayloadIntake {
  private let state = Lock<(events: [PayloadEvent], lost: Int)>(([], 0))

  var events: [PayloadEvent] { state.withLock { $0.events } }
  var lost: Int { state.withLock { $0.lost } }
  var ids: [String] { events.map(\.requestID) }

  func take(_ event: PayloadEvent) { state.withLock { $0.events.append(event) } }
  func take(_ label: Label) {}
  func take(_ conversion: Conversion) {}
  func noteLost(_ count: Int, of deployment: DeploymentName?) {
    state.withLock { $0.lost += count }
  }
}

/// What a real Envoy captures, and what becomes of its clients meanwhile.
@Suite(.timeLimit(.minutes(5))) struct CaptureTests {
  /// Everything, of a split: bodies byte for byte, the revision that answered, the id that the client was told,
  /// whatever it had called its request; and only inferences.
  @Test(.temporaryFolder) func everyRequestIsCapturedWithItsAnswer() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Workbench.plan(1, [(first, 500), (second, 500)], sampling: 1000))
      var sent: [String: (request: [UInt8], answer: HTTPResponse)] = [:]
      for index in 0..<40 {
        let body = Workbench.body(index)
        let answer = try await bench.infer(body, id: index % 2 == 0 ? "client-\(index)" : nil)
        let id = try #require(answer.value("x-request-id"))
        #expect(id != "client-\(index)")
        sent[id] = (Array(body.utf8), answer)
      }
      let path = "http://127.0.0.1:\(bench.setup.local.listen.port)/v2/models/iris"
      #expect(try await bench.client.send(HTTPRequest(path)).status == 200)
      try await eventually { intake.events.count >= 40 }
      #expect(Set(intake.ids) == Set(sent.keys) && intake.ids.count == 40)
      for event in intake.events {
        let (request, answer) = try #require(sent[event.requestID])
        #expect(event.request == request && event.response == answer.body)
        #expect(event.revision.description == answer.value("serin-revision"))
        #expect(event.deployment == Workbench.iris && event.status == answer.status)
        #expect((.zero...Duration.seconds(90)).contains(SystemClock().now.since(event.at)))
      }
      #expect(Set(intake.events.map(\.revision)).count == 2 && intake.lost == 0)
    }
  }

  /// The share that was asked for, of the whole and of each revision, to four standard errors.
  @Test(.temporaryFolder) func aShareIsCapturedOfEveryRevisionAlike() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      let shares = [(first, 800), (second, 200)]
      try await bench.put(Workbench.plan(1, shares, sampling: 50))
      let answers = try await bench.inferMany(6_000, clients: 4)
      try await bench.untilQuiet(intake)
      for (revision, _) in shares {
        let count = Double(answers["200 \(revision.id)"] ?? 0)
        let captured = Double(intake.events.count { $0.revision == revision.id })
        #expect(abs(captured / count - 0.05) < 4 * (0.05 * 0.95 / count).squareRoot())
      }
      #expect(intake.lost == 0)
    }
  }

  /// Without sampling nothing is written; a plan that changes only that moves nobody's traffic.
  @Test(.temporaryFolder) func samplingIsChangedWithoutAFailedRequest() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.inferMany(50) == ["200 rev1": 50])
      try await bench.untilQuiet(intake)
      #expect(try bench.captureSize() == 0 && intake.events.isEmpty)
      async let load = bench.inferMany(1_500, clients: 4)
      for (index, share) in [1000, 0, 500, 1000, 0].enumerated() {
        try await bench.put(Workbench.plan(2 + index, [(revision, 1000)], sampling: share))
        try await Task.sleep(for: .milliseconds(100))
      }
      #expect(try await load == ["200 rev1": 1_500])
      try await bench.untilQuiet(intake)
      let captured = intake.events.count
      #expect(captured > 0 && captured < 1_500)
      #expect(try await bench.inferMany(50) == ["200 rev1": 50])
      try await bench.untilQuiet(intake)
      #expect(intake.events.count == captured)
    }
  }

  /// Bodies that are no text arrive as they are, and so do those that JSON escapes; what is longer
  /// than the limit, or compressed, is left out, and the client gets its answer all the same.
  @Test(.temporaryFolder) func oddBodiesAreKeptOrLeftOut() async throws {
    let intake = RecordingIntake()
    let limit = EnvoyConfiguration.longestCapture
    let bodies: [(id: String, bytes: [UInt8], isKept: Bool)] = [
      ("bytes", Array(0...255), true), ("utf8", Array("\"grün\"\t\u{7F}".utf8), true),
      ("escapes", Array("<\\\"/>\r\n\t".utf8), true), ("empty", [], true),
      ("full", Array(repeating: 0x61, count: limit), true),
      ("over", Array(repeating: 0x61, count: limit + 1), false),
      ("big", Array(repeating: 0x61, count: 5 << 20), false), ("gzip", [0x1F, 0x8B], false),
    ]
    try await Workbench.run(intake: intake) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000))
      var ids: [String: String] = [:]
      for (id, bytes, _) in bodies {
        var request = bench.echo(bytes, id: id)
        request.headers.append((name: "accept-encoding", value: "gzip"))
        if id == "gzip" { request.headers.append((name: "content-encoding", value: "gzip")) }
        let answer = try await bench.client.send(request)
        #expect(answer.body == bytes)
        ids[id] = answer.value("x-request-id")
      }
      try await eventually { intake.events.count >= bodies.count }
      for (id, bytes, isKept) in bodies {
        let event = try #require(intake.events.first { $0.requestID == ids[id] })
        #expect(event.request == (isKept ? bytes : nil), "\(id)")
        // The answer of "gzip" says nothing of compression.
        #expect(event.response == (isKept || id == "gzip" ? bytes : nil), "\(id)")
      }
      #expect(intake.lost == 0)
    }
  }

  /// The file is put aside again and again while it is written: nothing is lost, and it stays small.
  @Test(.temporaryFolder) func rotationLosesNothing() async throws {
    let intake = RecordingIntake()
    try await Workbench.run({ $0.captureLimit = 1 << 20 }, intake: intake) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000))
      let body = Array(repeating: UInt8(ascii: "a"), count: 20_000)
      for round in 0..<3 {
        for index in 0..<30 {
          #expect(
            try await bench.client.send(bench.echo(body, id: "\(round)-\(index)")).status == 200)
        }
        try await eventually { intake.events.count == 30 * (round + 1) }
      }
      #expect(Set(intake.ids).count == 90)
      // In all there were more than 3 MiB.
      try await eventually { try bench.captureSize() < 2 << 20 }
    }
  }

  /// What was read is gone from the disk soon, although the file is small.
  @Test(.temporaryFolder) func whatWasReadIsRemoved() async throws {
    let intake = RecordingIntake()
    try await Workbench.run({ $0.captureAge = .seconds(1) }, intake: intake) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000))
      #expect(try await bench.inferMany(30) == ["200 rev1": 30])
      try await eventually { intake.events.count == 30 }
      try await eventually { try bench.captureSize() == 0 }
      #expect(try await bench.inferMany(30) == ["200 rev1": 30])
      try await eventually { intake.events.count == 60 }
      #expect(intake.lost == 0)
    }
  }

  /// The next controller goes on where this one was; what was captured in between is not lost.
  @Test(.temporaryFolder) func aNewControllerReadsOn() async throws {
    let setup = try Workbench.setup()
    let (before, after) = (RecordingIntake(), RecordingIntake())
    let first = Workbench(setup: setup, intake: before)
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000))
    #expect(try await first.inferMany(30) == ["200 rev1": 30])
    try await first.untilQuiet(before)
    #expect(try await first.inferMany(30) == ["200 rev1": 30])
    await first.runtime.stop()
    // Nobody reads any more, so nothing is captured for nobody.
    #expect(try await first.inferMany(30) == ["200 rev1": 30])
    let second = Workbench(setup: setup, intake: after)
    try await second.runtime.start()
    #expect(try await second.inferMany(30) == ["200 rev1": 30])
    try await second.untilQuiet(after)
    #expect(Set(before.ids).isDisjoint(with: after.ids))
    #expect(before.ids.count + after.ids.count == 90 && before.lost + after.lost == 0)
    try await second.runtime.shutdown()
  }

  /// A killed Envoy takes with it what it had not written; then capturing goes on.
  @Test(.temporaryFolder) func aKilledEnvoyCapturesAgain() async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000))
      #expect(try await bench.inferMany(30) == ["200 rev1": 30])
      try await bench.untilQuiet(intake)
      let pid = try bench.pid("envoy")
      kill(pid, SIGKILL)
      try await eventually { try !isRunning(pid) && bench.pid("envoy") != pid }
      try await eventually { (try? await bench.infer().status) == 200 }
      #expect(try await bench.inferMany(30) == ["200 rev1": 30])
      try await bench.untilQuiet(intake)
      #expect(intake.events.count == 61 && intake.lost == 0)
    }
  }
}

extension Workbench {
  /// A request that the model servers answer, and no other has.
  static func body(_ index: Int) -> String {
    good.replacing("[1,1,1,1]", with: "[\(index),1,1,1]")
  }

  /// A request that is answered with what it holds.
  func echo(_ body: [UInt8], id: String?) -> HTTPRequest { request(body, id: id, query: "?echo") }

  private func request(_ body: [UInt8], id: String?, query: String = "") -> HTTPRequest {
    let base = "http://127.0.0.1:\(setup.local.listen.port)"
    var request = HTTPRequest("\(base)/v2/models/iris/infer\(query)")
    request.method = "POST"
    request.body = body
    request.headers = id.map { [(name: "x-request-id", value: $0)] } ?? []
    return request
  }

  func infer(_ body: String, id: String?) async throws -> HTTPResponse {
    try await client.send(request(Array(body.utf8), id: id))
  }

  private var captureFile: String { RuntimeFolder(setup.folder).envoy().captureFile }

  /// The size of what is captured and still there, in bytes.
  func captureSize() throws -> Int { CaptureReader(captureFile).size }

  /// Waits until nothing more is captured: Envoy writes every 200 ms, and the file is looked at every
  /// 500 ms.
  func untilQuiet(_ intake: RecordingIntake) async throws {
    var last = -1
    while last != intake.events.count + intake.lost {
      last = intake.events.count + intake.lost
      try await Task.sleep(for: .milliseconds(1_100))
    }
  }
}

extension HTTPResponse {
  func value(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
