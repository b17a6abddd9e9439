import Foundation
import TestKit
import Testing

/// What lets the controller in at a trainer, and git hosts in at the controller, is written nowhere:
/// not when it works, and not when it does not.
@Suite(.serialized) struct HookSecretTests {
  private static let path = "canary-path-58d1"
  private static let query = "canary-query-93ab"
  private static let header = "canary-header-07f2"
  private static let webhook = "canary-webhook-c44e"
  private static let wrong = "canary-wrong-61e0"

  @Test(.temporaryFolder, .timeLimit(.minutes(6)))
  func hooksAreWrittenNowhere() async throws {
    let (team, hook, port) = (try Team(), try freePort(), try freePort())
    try team.addConsole(webhookSecret: Self.webhook)
    try Data(Self.header.utf8).write(to: team.folder.appending(path: "token"))
    try team.configure(
      """
      retraining: {url: "http://127.0.0.1:\(hook)/\(Self.path)/{name}?key=\(Self.query)", \
      headers: {Authorization: {file: token, scheme: Bearer}}}
      """)
    try team.describeTransactions()
    try team.deploy(1, behaviour: #"{"above": 20}"#, watching: "{sample: 100%}")
    let serin = try team.start("--log-level", "trace", "--listen", "127.0.0.1:\(port)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let pages = try Self.ring("http://127.0.0.1:\(port)")
    let traffic = try team.startTraffic(for: .seconds(300))
    try await eventually(within: .seconds(30)) { try team.isCaptured(["transactions"]) }
    traffic.notify(SIGUSR1)
    try await team.waitFor("alert v1", within: .seconds(180))
    _ = try team.endTraffic(traffic)
    try await Self.refuseAndAccept(team, port: hook)
    #expect(serin.stop(SIGTERM) == 0, "\(team.log)")
    try team.expect(
      written: pages, lacks: [Self.path, Self.query, Self.header, Self.webhook, Self.wrong])
  }

  /// News with a wrong and with the right secret; then whatever the console shows.
  private static func ring(_ console: String) throws -> [String] {
    let statuses = try [wrong, webhook].map { secret in
      try shell([
        "curl", "-sS", "--max-time", "20", "-d", "{}", "-H", "x-gitlab-token: \(secret)", "-o",
        "/dev/null", "-w", "%{http_code}", "\(console)/v1/webhooks/git",
      ])
    }
    #expect(statuses == ["403", "202"])
    return try ["metrics", "readyz", "healthz"].map {
      try shell(["curl", "-sS", "--max-time", "20", "\(console)/\($0)"])
    }
  }

  /// A trainer that cannot be reached, then lets nobody in, then does.
  private static func refuseAndAccept(_ team: Team, port: Int) async throws {
    try await eventually(within: .seconds(30)) { team.log.contains("POST to 127.0.0.1") }
    let answer = team.folder.appending(path: "answer")
    try Data("401".utf8).write(to: answer)
    let server = try BackgroundProcess(
      ["python3", "-c", program, "\(port)"], in: team.folder,
      output: team.folder.appending(path: "hook.log"))
    defer { server.stop() }
    try await eventually(within: .seconds(60)) { team.log.contains("the trainer answered 401") }
    try Data("204".utf8).write(to: answer)
    try await eventually(within: .seconds(90)) { team.log.contains("asked for retraining") }
    let calls = try String(contentsOf: team.folder.appending(path: "calls"), encoding: .utf8)
    #expect(calls.contains("/\(path)/iris?key=\(query) Bearer \(header)"))
  }

  private static let program = """
    import http.server, sys
    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("content-length", 0)))
            with open("calls", "a") as calls:
                print(self.path, self.headers.get("authorization"), file=calls)
            self.send_response(int(open("answer").read()))
            self.send_header("content-length", "0")
            self.end_headers()
        def log_message(self, *_): pass
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hook).serve_forever()
    """
}

extension Team {
  /// Looks for what was planted in the log, the ledger, all of the state, and what was shown.
  fileprivate func expect(written shown: [String], lacks secrets: [String]) throws {
    let reports = try ["csv", "json", "html"].map { format in
      try Command("audit", "export", "--repo", remote.path, "--format", format).output
    }
    let written = try texts(under: folder.appending(path: "state")) + texts(under: remote) + [log]
    #expect(written.contains { $0.contains("\"retraining\"") })
    for text in written + shown + reports {
      for secret in secrets { #expect(!text.contains(secret), "in: \(text.prefix(200))") }
    }
  }
}
