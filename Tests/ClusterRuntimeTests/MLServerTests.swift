import ClusterNode
import ClusterRuntime
import Encoding
import Foundation
import HTTP
import Manifests
import Rollouts
import TestKit
import Testing

/// Pods in which MLServer itself serves models of scikit-learn.
@Suite(.timeLimit(.minutes(5))) struct MLServerTests {
  /// What models answer tells them apart: each says its own version, and clients get both by halves, and then the second.
  @Test(.temporaryFolder) func realModelsAnswerByTheirShares() async throws {
    let root = URL(filePath: #filePath).appending(path: "../../..").standardized.path
    let programs = NodePrograms(server: [
      testPython, root + "/hack/demo.d/pod.py", "{port}", "{model}", "{name}", "{version}",
    ])
    try await ClusterBench.run(programs: programs) { bench in
      let (first, second) = (try Self.revision(1), try Self.revision(2))
      try await bench.withRuntime { runtime in
        try await bench.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
        #expect(try await Self.answers(bench) == [1])
        try await bench.put(ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
        #expect(try await Self.answers(bench) == [1, 2])
        try await bench.put(ClusterBench.plan(3, [(second, 1000)]), on: runtime)
        #expect(try await Self.answers(bench) == [2])
      }
    }
  }

  /// A model that answers its own version, whatever it is asked.
  private static func revision(_ version: Int) throws -> Revision {
    let file = TemporaryFolder.current.appending(path: "\(version).joblib").path
    let script = """
      import joblib, sys
      from sklearn.dummy import DummyClassifier
      model = DummyClassifier(strategy="constant", constant=\(version))
      joblib.dump(model.fit([[0, 0, 0, 0]], [\(version)]), sys.argv[1])
      """
    try shell([testPython, "-c", script, file])
    return Revision(
      id: Revision.ID("rev\(version)"),
      model: Model(
        version: "\(version)", uri: "file://\(file)", digest: nil, format: "sklearn", smoke: nil,
        retry: 0))
  }

  private static func answers(_ bench: ClusterBench) async throws -> Set<Int> {
    var answers: Set<Int> = []
    for _ in 0..<40 {
      var request = HTTPRequest("http://127.0.0.1:\(bench.port)/v2/models/iris/infer")
      (request.method, request.body) = ("POST", Array(ClusterBench.good.utf8))
      request.headers = [("Content-Type", "application/json")]
      let answer = try await bench.client.send(request)
      #expect(answer.status == 200)
      let outputs = try JSONValue(parsing: answer.body)["outputs"]?.items
      answers.insert(try #require(outputs?.first?["data"]?.items.first?.integer))
    }
    return answers
  }
}
