import Foundation
import TestKit
import Testing

/// The console of the built program.
@Suite(.serialized) struct RunningConsoleTests {
  /// News of a push are acted on long before the next fetch would be, and what is shown follows.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func newsAreFasterThanTheInterval() async throws {
    let team = try Team()
    try team.addConsole(webhookSecret: "correct horse battery staple")
    let port = try freePort()
    let serin = try team.start("--listen", "127.0.0.1:\(port)", "--interval", "1h")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    let console = "http://127.0.0.1:\(port)"
    try await eventually { (try? Self.ask("\(console)/healthz")) == #"{"status":"alive"}"# }
    // The branch does not exist yet, and would be looked for again in an hour.
    try await eventually { team.log.contains("cannot find the branch") }
    #expect(throws: ProcessFailure.self) { try Self.ask("\(console)/readyz") }
    try team.deploy(1)
    #expect(throws: ProcessFailure.self) {
      try Self.ask("\(console)/v1/webhooks/git", "-d", "{}", "-H", "x-gitlab-token: wrong")
    }
    try Self.ask(
      "\(console)/v1/webhooks/git", "-d", "{}", "-H", "x-gitlab-token: correct horse battery staple"
    )
    try await team.waitFor("complete v1")
    #expect(try Self.ask("\(console)/readyz") == #"{"status":"ready"}"#)
    let metrics = try Self.ask("\(console)/metrics")
    for line in [
      #"serin_deployments{phase="healthy"} 1"#,
      #"serin_decisions_total{verdict="complete",cause="evidence"} 1"#, "serin_ready 1",
    ] {
      #expect(metrics.split(separator: "\n").contains { $0 == line }, "\(line) in \(metrics)")
    }
    #expect(serin.stop(SIGTERM) == 0, "\(team.log)")
    #expect(!isListening(on: port))
  }

  /// Secrets are renewed while the controller runs: the old one is worth nothing as soon as its file has another,
  /// one team's wrong file holds back no other's, and what cannot be used is said once and changes nothing.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func secretsAreReadAgain() async throws {
    let team = try Team()
    func write(_ secret: String, to file: String) throws {
      try Data(secret.utf8).write(to: team.folder.appending(path: file), options: .atomic)
    }
    for file in ["a.token", "b.token", "webhook"] {
      try write("the first secret of \(file)", to: file)
    }
    try team.configure(
      "console: {webhookSecretFile: webhook, tokenFiles: {a: a.token, b: b.token}}")
    let port = try freePort()
    let serin = try team.start("--listen", "127.0.0.1:\(port)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    let console = "http://127.0.0.1:\(port)"
    try await eventually { (try? Self.ask("\(console)/healthz")) != nil }
    func takesLabels(of namespace: String, _ token: String) -> Bool {
      let label = #"{"deployment": "\#(namespace)/iris", "requestId": "1", "label": 1}"#
      let answer = try? Self.ask(
        "\(console)/v1/feedback", "-d", label, "-H", "content-type: application/json", "-H",
        "authorization: Bearer \(token)")
      return answer != nil
    }
    func rings(_ secret: String) -> Bool {
      (try? Self.ask("\(console)/v1/webhooks/git", "-d", "{}", "-H", "x-gitlab-token: \(secret)"))
        != nil
    }
    for file in ["a.token", "b.token"] { try write("short", to: file) }
    try write("", to: "webhook")
    try write("the-second-token-of-b", to: "b.token")
    #expect(takesLabels(of: "b", "the-second-token-of-b"))
    #expect(rings("the first secret of webhook"))
    try write("the second secret of webhook", to: "webhook")
    #expect(rings("the second secret of webhook") && !rings("the first secret of webhook"))
    try write("the-second-token-of-a", to: "a.token")
    #expect(takesLabels(of: "a", "the-second-token-of-a"))
    try FileManager.default.removeItem(at: team.folder.appending(path: "a.token"))
    for _ in 0..<3 { #expect(takesLabels(of: "a", "the-second-token-of-a")) }
    #expect(!takesLabels(of: "b", "the-second-token-of-a"))
    let said = team.log.split(separator: "\n").filter { $0.contains("cannot be used") }
    #expect(said.count { $0.contains("webhook") && $0.contains("is empty") } == 1, "\(said)")
    #expect(said.count { $0.contains("a.token: ") } == 1, "\(said)")
  }

  /// A port that somebody has is said before anything is started.
  @Test(.temporaryFolder) func takenPortEndsTheController() throws {
    let (team, other) = (try Team(), try SilentServer())
    let result = try Command(
      "run", "--config", "controller.yaml", "--listen", "127.0.0.1:\(other.port)")
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        """
        error: cannot listen on 127.0.0.1:\(other.port): Address already in use
        hint: another serin may be there; give another address with --listen

        """), "\(result.errors)")
    let envoy = "\(team.folder.path)/state/runtimes/local/envoy"
    #expect(!FileManager.default.fileExists(atPath: envoy))
  }

  /// A secret that could be guessed is refused at the start.
  @Test(.temporaryFolder) func shortSecretIsRefused() throws {
    let team = try Team()
    try team.addConsole(webhookSecret: "short")
    let result = try Command("run", "--config", "controller.yaml")
    #expect(result.status == 1)
    #expect(
      result.errors == """
        error: webhook holds fewer than 16 bytes
        hint: openssl rand -hex 32 > webhook

        """)
  }

  @discardableResult
  private static func ask(_ arguments: String...) throws -> String {
    try shell(["curl", "-sS", "--fail", "--max-time", "20"] + arguments)
      .trimmingCharacters(in: .newlines)
  }
}
