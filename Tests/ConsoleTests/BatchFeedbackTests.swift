import Control
import Rollouts
import Testing
import Threads

/// Counts of jobs' runs on their way in.
@Suite struct BatchFeedbackTests {
  private static let json = ["content-type": "application/json"]
  private static let whole = #"{"requests": 100000, "errors": 12}"#

  private static func body(
    deployment: String = "risk/scores", counts: String = whole, more: String = ""
  ) -> String {
    #"{"deployment": "\#(deployment)", "revision": "3f9c2a71d0", "run": "nightly.1"\#(more), "counts": \#(counts)}"#
  }

  @Test func aReportIsTaken() async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json, body: Array(Self.body().utf8))
      #expect(answer.status == 202 && answer.body == "{\"accepted\":1}\n")
    }
    #expect(
      stage.reports == [
        BatchReport(
          deployment: DeploymentName(namespace: "risk", name: "scores"),
          revision: Revision.ID("3f9c2a71d0"), run: "nightly.1", requests: 100_000, errors: 12)
      ])
    #expect(stage.labels.isEmpty)
  }

  @Test(
    arguments: [
      (body(more: #", "label": 1"#), "unknown key \"label\""),
      (body(counts: "7"), "\"counts\" must be an object"),
      (body(counts: "null"), "\"counts\" must be an object"),
      (
        body(counts: #"{"requests": 1}"#),
        "\"errors\" must be a whole number from 0 to 1000000000000"
      ),
      (
        body(counts: #"{"requests": -1, "errors": 0}"#),
        "\"requests\" must be a whole number from 0 to 1000000000000"
      ),
      (
        body(counts: #"{"requests": 1e30, "errors": 0}"#),
        "\"requests\" must be a whole number from 0 to 1000000000000"
      ),
      (
        body(counts: #"{"requests": 1.5, "errors": 0}"#),
        "\"requests\" must be a whole number from 0 to 1000000000000"
      ),
      (
        body(counts: #"{"requests": 1, "errors": 2}"#),
        "\"errors\" must be no more than \"requests\""
      ),
      (body(counts: #"{"requests": 1, "errors": 0, "bad": 1}"#), "unknown key \"bad\""),
      (body(deployment: "scores"), "\"deployment\" must be \"NAMESPACE/NAME\""),
      (body(deployment: ""), "\"deployment\" must be text of 1 to 128 bytes"),
    ] as [(String, String)])
  func wrongReportsAreRefused(body: String, why: String) async throws {
    let stage = Stage()
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback", Self.json, body: Array(body.utf8))
      #expect(answer.status == 400)
      #expect(answer.body == "{\"error\":\"\(why.replacing("\"", with: "\\\""))\"}\n")
    }
    #expect(stage.reports.isEmpty)
  }

  /// A token speaks for its namespace alone, and what the runtime says is passed on.
  @Test(arguments: [
    (Stage.tokenOfPayments, EventReceipt.accepted, 403), (Stage.token, .accepted, 202),
    (Stage.token, .refused("it is not loaded"), 400), (Stage.token, .busy, 429),
  ])
  func answersSayWhatBecameOfIt(token: String, receipt: EventReceipt, status: Int) async throws {
    let stage = Stage()
    stage.state.withLock { $0.receipt = receipt }
    try await stage.serving { port in
      let answer = try await Client.ask(
        port, "POST", "/v1/feedback",
        Self.json.merging(["authorization": "Bearer \(token)"]) { $1 },
        body: Array(Self.body().utf8))
      #expect(answer.status == status, "\(answer.body)")
    }
  }
}
