import Control
import Encoding
import Foundation
import HTTP
import Manifests
import Rollouts
import SimulationKit
import TestKit
import Testing
import Trainers

/// What a trainer is sent, by a real client to a real server on loopback.
@Suite struct WebTrainerTests {
  private var folder: URL { TemporaryFolder.current }
  private static let canary = "canary-71d0ca"

  /// The event is what CloudEvents 1.0 wants, and says what moved and where the record is.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func cloudEventIsPosted() async throws {
    let hook = try await Hook(in: folder)
    defer { hook.stop() }
    try await trainer("{url: \"\(hook.url)/drift/{namespace}/{name}\"}").ask(Self.request)
    let call = try #require(try hook.calls().first)
    #expect(call.method == "POST" && call.path == "/drift/payments/a%2F..%2Fb%3F%C3%A9")
    #expect(call.headers["content-type"] == "application/cloudevents+json")
    let event = try JSONValue(parsing: Array(call.body.utf8))
    #expect(event == Self.request.event(from: "production"))
    for key in ["specversion", "type", "source", "id", "time", "subject"] {
      guard case .string(let text)? = event[key] else {
        Issue.record("no \(key)")
        continue
      }
      #expect(!text.isEmpty)
    }
    #expect(event["type"] == "dev.serin.drift.v1" && event["source"] == "serin/production")
    #expect(event["data"]?["reason"] == "it cannot be loaded: \"amount\"\n")
    #expect(event["data"]?["model"] == .null && event["data"]?["decision"] == 7)
  }

  /// Other bodies have the event, or parts of it, where the operator wants them; nothing that fills a
  /// hole ends a text.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func bodiesAreFilled() async throws {
    let hook = try await Hook(in: folder)
    defer { hook.stop() }
    let body = """
      {event_type: "drift-{name}", client_payload: "{event}", n: 5, yes: true, none: null,
      list: ["{reason}", "{x y} {", "{namespace}{version}"]}
      """
    try await trainer("{url: \"\(hook.url)/\", body: \(body)}").ask(Self.request)
    let call = try #require(try hook.calls().first)
    #expect(call.headers["content-type"] == "application/json")
    #expect(
      try JSONValue(parsing: Array(call.body.utf8)) == [
        "event_type": "drift-a/../b?é", "client_payload": Self.request.event(from: "production"),
        "n": 5, "yes": true, "none": .null,
        "list": ["it cannot be loaded: \"amount\"\n", "{x y} {", "payments"],
      ])
  }

  /// Headers come from the file, or from files that are read for each request.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func secretsComeFromFiles() async throws {
    let hook = try await Hook(in: folder)
    defer { hook.stop() }
    let token = try secret("\(Self.canary)\n")
    let trainer = try trainer(
      """
      {url: "\(hook.url)/", headers: {Accept: text/x, Content-Type: application/x,
      Authorization: {file: \(token), scheme: Bearer}, X-Token: {file: \(token)}}}
      """)
    try await trainer.ask(Self.request)
    _ = try secret("renewed")
    try await trainer.ask(Self.request)
    let calls = try hook.calls()
    #expect(
      calls.map { $0.headers["authorization"] } == ["Bearer \(Self.canary)", "Bearer renewed"])
    #expect(calls.first?.headers["x-token"] == Self.canary)
    #expect(calls.first?.headers["accept"] == "text/x")
    #expect(calls.first?.headers["content-type"] == "application/x")
  }

  /// Any answer but a success is an error that says which, redirections are not followed, and no error
  /// shows a secret.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)), arguments: [302, 307, 401, 404, 500])
  func failuresAreErrors(status: Int) async throws {
    let hook = try await Hook(in: folder)
    defer { hook.stop() }
    let token = try secret(Self.canary)
    let trainer = try trainer(
      """
      {url: "\(hook.url)/status/\(status)/?key=\(Self.canary)",
      headers: {Authorization: {file: \(token), scheme: Bearer}}}
      """)
    let error = await #expect(throws: TrainerError.self) { try await trainer.ask(Self.request) }
    #expect("\(error as Any)".contains("answered \(status)"))
    #expect(!"\(error as Any)".contains(Self.canary))
    #expect(try hook.calls().count == 1)
  }

  /// A trainer that never answers costs as long as the operator allows.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func silenceEnds() async throws {
    let server = try SilentServer()
    let trainer = try trainer(
      "{url: \"http://127.0.0.1:\(server.port)/?key=\(Self.canary)\", timeout: 1s}")
    let error = await #expect(throws: HTTPError.self) { try await trainer.ask(Self.request) }
    #expect(error?.isTimeout == true)
    #expect(!"\(error as Any)".contains(Self.canary))
  }

  /// A file that holds no secret is found at the start, and is not quoted.
  @Test(.temporaryFolder, arguments: ["", "canary\nline", "canary\u{7}"])
  func filesWithoutASecretAreRefused(contents: String) throws {
    let token = try secret(contents)
    let error = #expect(throws: TrainerError.self) {
      try trainer("{url: \"https://host/\", headers: {Authorization: {file: \(token)}}}")
    }
    #expect(error?.description == "\(token) does not hold one line of plain text")
  }

  @Test(.temporaryFolder) func missingFilesAreRefused() throws {
    #expect(throws: TrainerError.self) {
      try trainer("{url: \"https://host/\", headers: {Authorization: {file: /nonexistent}}}")
    }
  }

  private func secret(_ text: String) throws -> String {
    let file = folder.appending(path: "token")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private func trainer(_ retraining: String) throws -> WebTrainer {
    let text = """
      {apiVersion: serin.dev/v1alpha1, kind: Controller, metadata: {name: production},
      spec: {source: {url: /srv/models.git}, retraining: \(retraining)}}
      """
    let file = decodeController(Array(text.utf8), path: "controller.yaml")
    let settings = try #require(file.configuration?.retraining, "\(file.rendering)")
    return try WebTrainer(settings, controller: "production")
  }

  /// With names that no manifest may have, since a ledger can be anybody's.
  private static let request = RetrainingRequest(
    deployment: DeploymentName(namespace: "payments", name: "a/../b?é"),
    decision: Decision(
      verdict: .alert, reason: .notLoaded(obstacle: .failed), detail: Detail("\"amount\"\n"),
      from: .healthy, to: .healthy, revision: nil, checks: [], drift: [], exposure: Exposure(),
      decidedAt: SimulatedClock.start),
    seq: 7, digest: "sha256:00", until: SimulatedClock.start)
}
