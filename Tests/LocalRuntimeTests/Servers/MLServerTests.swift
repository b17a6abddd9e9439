import Control
import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// The whole way with the real thing: sklearn models in MLServer behind Envoy.
@Suite(.timeLimit(.minutes(5))) struct MLServerTests {
  static func revision(_ version: String, file: String) throws -> Revision {
    let path = TemporaryFolder.current.appending(path: "models/\(file)").path
    return Revision(
      id: Revision.ID("sk\(version)"),
      model: Model(
        version: version, uri: "file://\(path)", digest: try ArtifactDigest.digest(of: path),
        format: "sklearn", smoke: Workbench.good, retry: 0))
  }

  /// A folder and a file as models, a split between two versions that disagree, the 500 of a wrong
  /// shape counted against the version that gave it, and a model that is none.
  @Test(.temporaryFolder) func sklearnModelsAreServed() async throws {
    let folder = TemporaryFolder.current.appending(path: "models")
    try shell([TestTools.python, TestTools.resource("train.py"), folder.path])
    try ArtifactTests.write("this is no pickle", "models/3/model.joblib")
    let intake = RecordingIntake()
    try await Workbench.run({ $0.local.server = nil }, intake: intake) { bench in
      let first = try Self.revision("1", file: "1")
      let second = try Self.revision("2", file: "2/model.joblib")
      let broken = try Self.revision("3", file: "3")
      try await bench.put(
        Workbench.plan(1, [(first, 500), (second, 500), (broken, 0)], sampling: 1000))
      var labels: [String: Set<String>] = [:]
      var answers: [String: [UInt8]] = [:]
      for _ in 0..<40 {
        let response = try await bench.infer()
        #expect(response.status == 200)
        let revision = response.headers.first { $0.name == "serin-revision" }?.value ?? "none"
        let body = String(decoding: response.body, as: UTF8.self)
        labels[revision, default: []].insert(body.contains("\"data\":[0]") ? "0" : "1")
        answers[response.value("x-request-id") ?? ""] = response.body
      }
      #expect(labels == ["sk1": ["0"], "sk2": ["1"]])
      try await eventually { intake.events.count >= 40 }
      #expect(intake.events.allSatisfy { $0.response == answers[$0.requestID] })
      #expect(intake.events.allSatisfy { $0.request == Array(Workbench.good.utf8) })
      #expect(try await bench.infer(path: "/v2/models/iris/versions/9/infer").status == 404)
      let bad = try await bench.inferMany(20, Workbench.bad)
      for (revision, name) in [(first, "sk1"), (second, "sk2")] {
        try await eventually {
          try await bench.counts(of: revision)?.errors == bad["500 \(name)"] ?? 0
        }
      }
      let reason = try await bench.failure(of: broken)
      let words = "the server ended (exit code 0); its log says: IndexError"
      #expect(reason.contains(words), "\(reason)")
      for revision in [first, second] {
        #expect(try !Listeners.isListening(PortTests.port(of: revision, bench)))
      }
    }
  }
}
