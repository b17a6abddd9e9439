import Control
import Foundation
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

@testable import Prometheus

/// What is asked, of a server that writes it down.
@Suite(.timeLimit(.minutes(1))) struct QuestionTests {
  /// Answers as many good requests of each app as it was asked questions, and 65 MiB when the hog is among the apps.
  private static let script = """
    import http.server, json, sys, time, urllib.parse
    count = 0
    class Handler(http.server.BaseHTTPRequestHandler):
      def log_message(self, *arguments): pass
      def do_POST(self):
        global count
        count += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        query = urllib.parse.parse_qs(body.decode())["query"][0]
        print("health" if '"up' in query else " ".join(a for a in ["iris", "hog", "rose"] if a in query), flush=True)
        if "hog" in query: return self.answer(b" " * (65 << 20))
        labels = {"job": "pods", "instance": "a"}
        names = [{"__name__": "up"}] if '"up' in query else [
          {"__name__": "good_total", "app": a} for a in ["iris", "rose"] if a in query]
        self.answer(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
          {"metric": labels | n, "values": [[time.time(), str(count)]]} for n in names]}}).encode())
      def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try: self.wfile.write(body)
        except OSError: pass
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    """

  /// Returns how many requests of each app were counted after each question, and what was asked.
  private func ask(
    _ metrics: MetricScheme, _ questions: [[String]]
  ) async throws -> (requests: [[Int?]], asked: [String]) {
    let (port, log) = (try freePort(), TemporaryFolder.current.appending(path: "log"))
    let server = try BackgroundProcess(
      [testPython, "-c", Self.script, "\(port)"], in: TemporaryFolder.current, output: log)
    defer { server.stop(SIGKILL) }
    try await eventually { isListening(on: port) }
    let telemetry = PrometheusTelemetry(
      PrometheusSettings(
        url: "http://127.0.0.1:\(port)", metrics: metrics, scrapeInterval: .milliseconds(1)),
      clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    var requests: [[Int?]] = []
    for apps in questions {
      let names = apps.map { DeploymentName(name: $0) }
      let counters = try await telemetry.counters(
        of: names.map {
          CountSubject(deployment: $0, revision: revision, labels: ["app": $0.name], since: nil)
        })
      requests.append(
        questions[0].map { counters.total(of: revision, in: DeploymentName(name: $0))?.requests })
      try await Task.sleep(for: .milliseconds(20))
    }
    let asked = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    return (requests, asked.map(String.init))
  }

  /// One that tells too much is found by halves and left alone for some minutes, and the others are counted.
  @Test(.temporaryFolder) func oneThatTellsTooMuchIsLeftAlone() async throws {
    let apps = ["hog", "iris", "rose"]
    let (requests, asked) = try await ask(.split, [apps, apps])
    #expect(requests == [[nil, 0, 0], [nil, 2, 2]])
    #expect(asked == ["iris hog rose", "hog", "iris rose", "health", "iris rose", "health"])
  }

  /// A pod that is gone was scraped after the last question, so that it is asked for once more; a place is another one's then.
  @Test(.temporaryFolder, arguments: [true, false])
  func aPodThatIsGoneIsAskedForOnceMore(isPod: Bool) async throws {
    let gone = [["iris", "rose"], ["rose"], ["rose"]]
    let (requests, asked) = try await ask(isPod ? .pods : .split, gone)
    #expect(requests == [[0, 0], [isPod ? 2 : nil, 2], [nil, 4]])
    let second = isPod ? "iris rose" : "rose"
    #expect(asked == ["iris rose", "health", second, "health", "rose", "health"])
  }
}
