import Control
import Foundation
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

@testable import Prometheus

/// One deployment of which so much is told that no answer with it can be read.
@Suite(.timeLimit(.minutes(1))) struct HogTests {
  /// Answers one good request of each app that it is asked for, and 65 MiB when the hog is among them.
  private static let script = """
    import http.server, json, sys, time, urllib.parse
    class Handler(http.server.BaseHTTPRequestHandler):
      def log_message(self, *arguments): pass
      def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        query = urllib.parse.parse_qs(body.decode())["query"][0]
        print("health" if '"up' in query else " ".join(a for a in ["iris", "hog", "rose"] if a in query), flush=True)
        if "hog" in query: return self.answer(b" " * (65 << 20))
        labels = {"job": "pods", "instance": "a"}
        names = [{"__name__": "up"}] if '"up' in query else [
          {"__name__": "good_total", "app": a} for a in ["iris", "rose"] if a in query]
        self.answer(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
          {"metric": labels | n, "values": [[time.time(), "1"]]} for n in names]}}).encode())
      def answer(self, body):
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        try: self.wfile.write(body)
        except OSError: pass
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    """

  /// It is found by halves, left alone for some minutes, and the others are counted.
  @Test(.temporaryFolder) func oneThatTellsTooMuchIsLeftAlone() async throws {
    let (port, log) = (try freePort(), TemporaryFolder.current.appending(path: "log"))
    let server = try BackgroundProcess(
      [testPython, "-c", Self.script, "\(port)"], in: TemporaryFolder.current, output: log)
    defer { server.stop(SIGKILL) }
    try await eventually { isListening(on: port) }
    let telemetry = PrometheusTelemetry(
      PrometheusSettings(
        url: "http://127.0.0.1:\(port)", metrics: .split, scrapeInterval: .milliseconds(1)),
      clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let names = ["hog", "iris", "rose"].map { DeploymentName(name: $0) }
    let subjects = names.map {
      CountSubject(deployment: $0, revision: revision, labels: ["app": $0.name], since: nil)
    }
    for _ in 0..<2 {
      let counters = try await telemetry.counters(of: subjects)
      #expect(names.map { counters.total(of: revision, in: $0)?.requests } == [nil, 0, 0])
      try await Task.sleep(for: .milliseconds(20))
    }
    let asked = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    #expect(asked == ["iris hog rose", "hog", "iris rose", "health", "iris rose", "health"])
  }
}
