import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What a real Envoy keeps of answers that are errors, and what clients get meanwhile.
@Suite(.timeLimit(.minutes(5))) struct ErrorSampleTests {
  /// Of each revision its own, without sampling, and beside what is captured; the client gets all of it.
  @Test(.temporaryFolder, arguments: [0, 1000])
  func anErrorIsKeptOfEachRevision(sampling: Int) async throws {
    let intake = RecordingIntake()
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      let shares = [(first, 500), (second, 500)]
      try await bench.put(Workbench.plan(1, shares, sampling: sampling))
      #expect(try await bench.inferMany(20).values.reduce(0, +) == 20)
      #expect(try await bench.errors().isEmpty)
      let answers = try await bench.inferMany(40, Workbench.bad)
      #expect(answers["500 rev1", default: 0] + answers["500 rev2", default: 0] == 40)
      try await eventually { try await bench.errors().count == 2 }
      for sample in try await bench.errors().values {
        #expect(sample.status == 500 && sample.body == #"{"error": "bad shape"}"#)
      }
      try await eventually { intake.events.count == (sampling > 0 ? 60 : 0) }
      try await Task.sleep(for: .seconds(3))
      #expect(intake.lost == 0)
      // Two threads, four of each revision.
      let captured = try String(
        contentsOfFile: RuntimeFolder(bench.setup.folder).envoy().captureFile, encoding: .utf8)
      #expect(captured.split(separator: "\n").count { $0.contains("\"error\":500") } <= 16)
    }
  }

  /// A body of a megabyte reaches the client whole, and its first bytes are kept.
  @Test(.temporaryFolder) func longErrorsAreNotCut() async throws {
    try await Workbench.run(intake: RecordingIntake()) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)]))
      let answer = try await bench.infer(path: "/v2/models/iris/infer?fail=1000000")
      #expect(answer.status == 500 && answer.body == Array(repeating: 0x78, count: 1_000_000))
      try await eventually {
        try await bench.errors().values.first?.body == String(repeating: "x", count: 200)
      }
    }
  }

  /// What Envoy answers for a dead server is an error of that server.
  @Test(.temporaryFolder) func envoysOwnErrorsAreKept() async throws {
    try await Workbench.run(intake: RecordingIntake()) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      kill(-(try bench.pid(of: revision)), SIGKILL)
      try await eventually { try await bench.infer().status == 503 }
      try await eventually { try await bench.errors()[revision.id] != nil }
      let sample = try #require(try await bench.errors()[revision.id])
      #expect(sample.status == 503 && sample.body.hasPrefix("upstream connect error"), "\(sample)")
    }
  }

  @Test(.temporaryFolder) func theOperatorCanTurnItOff() async throws {
    try await Workbench.run({ $0.local.errorBodies = false }, intake: RecordingIntake()) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)]))
      #expect(try await bench.inferMany(20, Workbench.bad) == ["500 rev1": 20])
      try await Task.sleep(for: .seconds(1))
      #expect(try await bench.errors().isEmpty)
      let file = RuntimeFolder(bench.setup.folder).envoy().captureFile
      #expect(try String(contentsOfFile: file, encoding: .utf8).isEmpty)
    }
  }
}

extension Workbench {
  fileprivate func errors() async throws -> [Revision.ID: ErrorSample] {
    try await runtime.observe()[Self.iris]?.errorSamples ?? [:]
  }
}
