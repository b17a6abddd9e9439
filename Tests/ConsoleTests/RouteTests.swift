import Control
import Golden
import Rollouts
import Testing
import Threads

/// What can be asked for, and that nothing else can.
@Suite struct RouteTests {
  @Test func healthIsAliveWhateverElseIsWrong() async throws {
    let stage = Stage()
    stage.state.withLock { $0.report = Stage.report("the manifests were not read yet") }
    try await stage.serving { port in
      let answer = try await Client.ask(port, "GET", "/healthz")
      #expect(answer.status == 200 && answer.body == "{\"status\":\"alive\"}\n")
      #expect(answer.fields["content-type"] == "application/json")
    }
  }

  @Test func readinessSaysWhyNot() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let ready = try await Client.ask(port, "GET", "/readyz")
      #expect(ready.status == 200 && ready.body == "{\"status\":\"ready\"}\n")
      stage.state.withLock { $0.report = Stage.report("the manifests were not read yet") }
      let answer = try await Client.ask(port, "GET", "/readyz")
      #expect(answer.status == 503)
      #expect(answer.body == "{\"error\":\"the manifests were not read yet\"}\n")
    }
  }

  @Test func metricsAreThoseOfTheGoldenPage() async throws {
    let stage = Stage()
    stage.state.withLock { $0.report = Stage.report(checks: Self.checks, decided: Self.decided) }
    try await stage.serving { port in
      let answer = try await Client.ask(port, "GET", "/metrics?debug=1")
      #expect(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
      try expectGolden(answer.body, "metrics.txt")
    }
  }

  /// A fleet of any size makes a page of a bounded size, which says what it leaves out.
  @Test func metricsAreBounded() async throws {
    let stage = Stage()
    let check = Self.checks[0]
    stage.state.withLock {
      $0.report = Stage.report(checks: Array(repeating: check, count: 5000))
    }
    try await stage.serving { port in
      let page = try await Client.ask(port, "GET", "/metrics").body
      let lines = page.split(separator: "\n")
      #expect(lines.count { $0.hasPrefix("serin_check_log_e{") } == 4000)
      #expect(lines.contains("serin_checks_not_shown 1000"))
    }
  }

  private static let checks = [
    FleetReport.Check(
      deployment: DeploymentName(namespace: "payments", name: "fraud-detector"),
      objective: "latency-p99", verdict: .fail, logE: 6908),
    FleetReport.Check(
      deployment: DeploymentName(namespace: "a\\b", name: "c\"d\ne"), objective: "errors",
      verdict: .inconclusive, logE: -34),
  ]

  private static var decided: DecisionCounts {
    var decided = DecisionCounts()
    decided.note(.rollback, .slo, at: Instant(milliseconds: 1_789_999_990_500))
    for second in 1...3 {
      decided.note(.advance, .evidence, at: Instant(milliseconds: Int64(second) * 1000))
    }
    return decided
  }

  /// An answer to HEAD has the head of GET, and the connection goes on.
  @Test func headHasNoBody() async throws {
    try await Stage().serving { port in
      let client = try Client(port)
      await client.send("HEAD", "/healthz")
      let answer = try await client.response(toHead: true)
      #expect(answer.status == 200 && answer.fields["content-length"] == "19")
      await client.send("GET", "/healthz")
      #expect(try await client.response().body == "{\"status\":\"alive\"}\n")
    }
  }

  @Test(
    arguments: [
      "/", "/v1", "/v1/events/", "/metrics/..", "/%2e%2e/etc/passwd", "//metrics", "/HEALTHZ",
      "/v1/rollouts", "*",
    ])
  func unknownPathsAreNotFound(path: String) async throws {
    try await Stage().serving { port in
      let answer = try await Client.ask(port, "GET", path)
      #expect(answer.status == 404)
      #expect(answer.body == "{\"error\":\"there is no such route\"}\n")
    }
  }

  @Test(
    arguments: [
      ("POST", "/healthz", "GET, HEAD"), ("DELETE", "/metrics", "GET, HEAD"),
      ("OPTIONS", "/readyz", "GET, HEAD"), ("GET", "/v1/events", "POST"),
      ("PUT", "/v1/feedback", "POST"), ("GET", "/v1/webhooks/git", "POST"),
    ])
  func wrongMethodsAreToldTheRightOnes(
    method: String, path: String, allowed: String
  ) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(port, method, path, body: Array("{}".utf8))
      #expect(answer.status == 405 && answer.fields["allow"] == allowed)
      #expect(answer.body == "{\"error\":\"this route takes \(allowed)\"}\n")
    }
    #expect(stage.events.isEmpty && stage.labels.isEmpty)
  }

  /// Several requests sent at once are answered in their order.
  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await Stage().serving { port in
      let client = try Client(port)
      for path in ["/healthz", "/readyz", "/nowhere"] { await client.send("GET", path) }
      #expect(try await client.response().body.contains("alive"))
      #expect(try await client.response().body.contains("ready"))
      #expect(try await client.response().status == 404)
    }
  }
}
