import Analysis
import Control
import Foundation
import HTTP
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

@testable import Prometheus

/// A real Prometheus, which scrapes an exporter of the test every second.
@Suite(.timeLimit(.minutes(3))) struct PrometheusServerTests {
  /// What an exporter of one process shows.
  private struct Exporter {
    let file: URL
    var start = Date.now
    var good = 0
    var bad = 0
    var buckets = [0, 0, 0]

    mutating func answer(good: Int, bad: Int, upTo buckets: [Int]) throws {
      self.good += good
      self.bad += bad
      for index in buckets.indices { self.buckets[index] += buckets[index] }
      try write()
    }

    mutating func restart() throws {
      (start, good, bad, buckets) = (.now, 0, 0, [0, 0, 0])
      try write()
    }

    private func write() throws {
      var text = "process_start_time_seconds \(start.timeIntervalSince1970)\n"
      for app in ["iris", #"odd \"app\" \\ (.*)|x"#] {
        text += "requests_total{app=\"\(app)\",code=\"200\"} \(good)\n"
        text += "requests_total{app=\"\(app)\",code=\"503\"} \(bad)\n"
        for (edge, count) in zip(["0.1", "1", "+Inf"], buckets) {
          text += "duration_seconds_bucket{app=\"\(app)\",le=\"\(edge)\"} \(count)\n"
        }
      }
      try Data(text.utf8).write(to: file, options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    }
  }

  private func telemetry(_ port: Int) -> PrometheusTelemetry {
    PrometheusTelemetry(
      PrometheusSettings(
        url: "http://127.0.0.1:\(port)", metrics: .plain, scrapeInterval: .seconds(1),
        window: .seconds(60)), clock: SystemClock(), logger: Logger(label: "test"))
  }

  @Test(.temporaryFolder) func countsAreTheTruthOverARestart() async throws {
    let folder = TemporaryFolder.current
    let root = folder.appending(path: "www")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    let port = try freePort()
    let nginx = try await Nginx(
      servers: "server { listen 127.0.0.1:\(port); root \(root.path); }", waitingFor: port,
      in: folder)
    var exporter = Exporter(file: root.appending(path: "metrics"))
    try exporter.answer(good: 100, bad: 7, upTo: [90, 100, 107])
    let server = try PrometheusServer(scraping: port, every: "1s", in: folder)
    let process = try await server.start()
    defer { process.stop() }
    let telemetry = telemetry(server.port)
    let subjects = [
      subject(),
      CountSubject(
        deployment: deployment, revision: .init("odd"),
        labels: ["app": #"odd "app" \ (.*)|x"#], since: nil),
    ]
    func counts() async throws -> [Counts?] {
      let counters = try await telemetry.counters(of: subjects)
      return subjects.map { counters.total(of: $0.revision, in: deployment) }
    }
    func reaches(_ requests: Int, _ errors: Int, _ latency: [Int]) async throws {
      try await eventually(within: .seconds(30)) {
        try await counts().allSatisfy { $0?.requests == requests && $0?.errors == errors }
      }
      #expect(try await counts().allSatisfy { $0?.latency.counts == latency })
    }
    try await eventually(within: .seconds(30)) { (try? await counts()) != nil }
    #expect(try await counts().allSatisfy { $0?.requests == 0 })
    try exporter.answer(good: 20, bad: 3, upTo: [10, 20, 23])
    try await reaches(23, 3, [10, 10, 3])
    try exporter.restart()
    try exporter.answer(good: 400, bad: 1, upTo: [399, 400, 401])
    try await reaches(424, 4, [409, 11, 4])
    try exporter.answer(good: 1, bad: 0, upTo: [0, 0, 1])
    try await reaches(425, 4, [409, 11, 5])
    process.stop(SIGKILL)
    try await Task.sleep(for: .milliseconds(1100))
    await #expect {
      try await counts()
    } throws: { ($0 as? PrometheusError)?.kind == .unreachable }
    withExtendedLifetime(nginx) {}
  }

  @Test(.temporaryFolder) func credentialsAreReadForEachRequest() async throws {
    let folder = TemporaryFolder.current
    let port = try freePort()
    let nginx = try await Nginx(
      servers: """
        server {
          listen 127.0.0.1:\(port);
          location = /api/v1/query {
            if ($http_authorization != "Bearer secret") { return 401; }
            return 200 '{"status":"success","data":{"resultType":"matrix","result":[]}}';
          }
        }
        """, waitingFor: port, in: folder)
    let token = folder.appending(path: "token")
    let telemetry = PrometheusTelemetry(
      PrometheusSettings(
        url: "http://127.0.0.1:\(port)", credentials: .bearer(file: token.path), metrics: .plain),
      clock: SystemClock(), logger: Logger(label: "test"))
    func kind() async -> PrometheusError.Kind? {
      do {
        _ = try await telemetry.counters(of: [subject()])
        return nil
      } catch { return (error as? PrometheusError)?.kind }
    }
    #expect(await kind() == .credentials)
    try Data("wrong\n".utf8).write(to: token)
    #expect(await kind() == .credentials)
    try Data("secret\n".utf8).write(to: token)
    #expect(await kind() == .noSamples)
    withExtendedLifetime(nginx) {}
  }
}
