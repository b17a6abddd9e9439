import Control
import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What clients of a model server ask of the server itself: each namespace answers as one.
@Suite(.timeLimit(.minutes(5))) struct ServerEndpointTests {
  static let crm = DeploymentName(namespace: "crm", name: "churn")

  /// A client that was written for another server asks all there is to ask, and infers with binary
  /// tensors: in a namespace, and in the default one without its name, captured or not.
  @Test(.temporaryFolder, arguments: [0, 1000]) func tritonClientWorks(sampling: Int) async throws {
    let change = { (setup: inout LocalRuntimeSetup) in
      setup.version = "1.2.3"
      setup.local.server = ServerSettings(command: [
        TestTools.python, TestTools.resource("tensors.py"), "{port}", "{name}", "{version}",
      ])
    }
    let intake = RecordingIntake()
    try await Workbench.run(change, intake: intake) { bench in
      let revision = try Workbench.revision("1")
      let plan = Workbench.plan(1, [(revision, 1000)], sampling: sampling)
      try await bench.put(plan)
      try await bench.put(plan, to: Self.crm)
      let address = "127.0.0.1:\(bench.setup.local.listen.port)"
      let client = TestTools.resource("triton.py")
      try await eventually { try await bench.ask("GET", "/v2/health/ready") == 200 }
      try shell([TestTools.python, client, address, "iris"])
      try await eventually { try await bench.ask("GET", "/crm/v2/health/ready") == 200 }
      try shell([TestTools.python, client, address + "/crm", "churn"])
      try await bench.expectCounts(of: revision, requests: 2, errors: 0, timed: 2)
      #expect(try await bench.others(of: revision) == 2)
    }
  }

  /// Ready means that every deployment of the namespace answers; the answer says which do not, and a
  /// server that dies is told of until it is back.
  @Test(.temporaryFolder) func readinessIsThatOfEveryDeployment() async throws {
    try await Workbench.run { bench in
      #expect(
        try await bench.says("/v2/health/ready")
          == #"503 {"error":"nothing is deployed in default"}"#)
      #expect(try await bench.says("/v2/health/live") == #"200 {"live":true}"#)
      #expect(try await bench.says("/crm/v2/health/live") == #"404 {"error":"no such model"}"#)
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      try await bench.runtime.apply(
        Workbench.plan(1, [], loaded: [revision]),
        to: DeploymentName(namespace: "default", name: "second"))
      let missing = #"503 {"error":"1 of 2 do not answer: second"}"#
      try await eventually { try await bench.says("/default/v2/health/ready") == missing }
      #expect(try await bench.says("/v2/health/live") == #"200 {"live":true}"#)

      let gone = Plan(generation: 2, loaded: [], shares: [], isGone: true)
      try await bench.put(gone, to: DeploymentName(namespace: "default", name: "second"))
      let ready = #"200 {"ready":true}"#
      try await eventually { try await bench.says("/v2/health/ready") == ready }
      kill(try bench.pid(of: revision), SIGKILL)
      let dead = #"503 {"error":"1 of 1 do not answer: iris"}"#
      try await eventually { try await bench.says("/v2/health/ready") == dead }
      try await eventually { try await bench.says("/v2/health/ready") == ready }
    }
  }
}

extension Workbench {
  /// Asks Envoy itself for something; returns the status and the body.
  func says(_ path: String) async throws -> String {
    let url = "http://127.0.0.1:\(setup.local.listen.port)\(path)"
    let answer = try await client.send(HTTPRequest(url))
    return "\(answer.status) \(String(decoding: answer.body, as: UTF8.self).dropLast())"
  }
}
