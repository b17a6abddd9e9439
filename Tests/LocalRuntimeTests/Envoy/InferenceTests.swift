import Control
import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What a real Envoy counts: inferences are traffic to judge, everything else is counted apart.
@Suite(.timeLimit(.minutes(5))) struct InferenceTests {
  static let model = "/v2/models/iris"

  /// Each is an inference, however its path is spelt: the model itself, or a version of it.
  @Test(.temporaryFolder) func inferencesAreCounted() async throws {
    let paths = [
      "infer", "generate", "generate_stream", "versions/1/infer", "versions/1/generate",
      "infer?sleep=0", "/infer", "%69nfer", "versions%2f1/infer", "x/../infer",
    ].map { "\(Self.model)/\($0)" }
    try await Workbench.run { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      for path in paths + paths.map({ "/default\($0)" }) {
        #expect(try await bench.infer(path: path).status == 200, "\(path)")
      }
      try await bench.expectCounts(
        of: revision, requests: 2 * paths.count, errors: 0, timed: 2 * paths.count)
      #expect(try await bench.others(of: revision) ?? 0 == 0)
    }
  }

  /// Health, metadata and whatever only looks like an inference are answered and are no evidence, also
  /// where they fail.
  @Test(.temporaryFolder) func nothingElseIsCounted() async throws {
    let requests = [
      ("GET", "/ready"), ("GET", "/ready?status=503"), ("GET", "?status=500"),
      ("GET", "/infer?status=500"), ("PUT", "/infer"), ("POST", "/ready?x=/infer"),
      ("POST", "/ready%3Fx=/infer"), ("POST", "/versions/infer"), ("POST", "/config/infer"),
      ("POST", "/infer/"), ("POST", "/versions/1/2/infer"), ("POST", "/versions/1/infer/drop"),
    ]
    try await Workbench.run { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      for (method, path) in requests {
        for prefix in [Self.model, "/default\(Self.model)"] {
          let status = try await bench.ask(method, prefix + path)
          #expect(status != 404 || method == "GET", "\(method) \(path)")
        }
      }
      try await eventually {
        try await bench.others(of: revision) == 2 * requests.count
      }
      #expect(try await bench.counts(of: revision)?.requests ?? 0 == 0)
      #expect(try await bench.counts(of: revision)?.errors ?? 0 == 0)
      #expect(try await bench.infer().status == 200)
      try await bench.expectCounts(of: revision, requests: 1, errors: 0, timed: 1)
    }
  }

  /// Another server has its inferences elsewhere: what the operator names is counted, and no more.
  @Test(.temporaryFolder) func theOperatorSaysWhatAnInferenceIs() async throws {
    try await Workbench.run({ $0.local.inferencePaths = ["v1/score.json"] }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      for path in ["v1/score.json", "versions/1/v1/score.json", "infer", "v1/scorexjson"] {
        #expect(try await bench.infer(path: "\(Self.model)/\(path)").status == 200)
      }
      try await bench.expectCounts(of: revision, requests: 2, errors: 0, timed: 2)
      #expect(try await bench.others(of: revision) == 2)
    }
  }

  /// A revision that still answers something else than an inference is not unloaded under it.
  @Test(.temporaryFolder) func othersAreDrainedToo() async throws {
    try await Workbench.run { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      async let slow = bench.ask("POST", "\(Self.model)/config?sleep=1")
      try await Task.sleep(for: .milliseconds(200))
      try await bench.put(Workbench.plan(2, [(second, 1000)]))
      #expect(try await bench.readiness(first) == .preparing("unloading"))
      #expect(try await slow == 200)
      try await eventually { try await bench.readiness(first) == .absent }
    }
  }
}

extension Workbench {
  /// Sends a request like an inference's, by another method or to another path; returns the status.
  func ask(_ method: String, _ path: String) async throws -> Int {
    var request = HTTPRequest("http://127.0.0.1:\(setup.local.listen.port)\(path)")
    request.method = method
    if method != "GET" { request.body = Array(Self.good.utf8) }
    return try await client.send(request).status
  }

  /// How many requests were no inferences; nil when Envoy knows no such server.
  func others(of revision: Revision) async throws -> Int? {
    try await series(of: revision)?.apart.others
  }

  func droppedCopies(of revision: Revision) async throws -> Int? {
    try await series(of: revision)?.apart.droppedCopies
  }
}
