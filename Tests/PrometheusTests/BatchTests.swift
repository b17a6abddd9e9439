import Analysis
import Control
import Foundation
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

@testable import Prometheus

/// Many subjects: a real Prometheus, and an nginx before it that writes down what it is asked.
@Suite(.timeLimit(.minutes(3))) struct BatchTests {
  /// As many as need three queries, of which the last is not full.
  private static let count = 1200

  /// Five hundred are asked for at once, and each has its own requests and errors.
  ///
  /// Two revisions that were counted by the same labels are one question.
  @Test(.temporaryFolder) func manyAreAskedForInParts() async throws {
    let place = try await Place()
    try place.show(upTo: 0)
    let process = try await place.prometheus.start()
    defer { process.stop() }
    let telemetry = PrometheusTelemetry(
      PrometheusSettings(
        url: "http://127.0.0.1:\(place.proxy)", metrics: .split, scrapeInterval: .seconds(1),
        window: .seconds(60)), clock: SystemClock(), logger: Logger(label: "test"))
    let subjects = (0..<Self.count).map(Self.subject) + [Self.subject(Self.count, counted: 0)]
    func counts() async throws -> [Counts?] {
      let counters = try await telemetry.counters(of: subjects)
      return subjects.map { counters.total(of: $0.revision, in: deployment) }
    }
    #expect(try await counts().allSatisfy { $0?.requests == 0 })
    try await eventually { try place.queries >= 3 + 1 }
    #expect(try place.queries == 3 + 1, "three of counters, and one of the targets' health")
    try place.show(upTo: 1)
    let places = Array(0..<Self.count) + [0]
    let requests = places.map { Self.good($0) + Self.bad($0) }
    // A scrape may come between two queries.
    try await eventually(within: .seconds(30)) {
      try await counts().map { $0?.requests } == requests
    }
    #expect(try await counts().map { $0?.errors } == places.map(Self.bad))
  }

  private static func subject(_ number: Int) -> CountSubject { subject(number, counted: number) }

  private static func subject(_ number: Int, counted: Int) -> CountSubject {
    CountSubject(
      deployment: deployment, revision: .init("r\(number)"), labels: ["app": "a\(counted)"],
      since: nil)
  }

  /// What each answers, so that no two neighbours have the same.
  private static func good(_ number: Int) -> Int { 1 + number * 7 }
  private static func bad(_ number: Int) -> Int { number % 5 }

  /// An exporter, a Prometheus that scrapes it, and a proxy through which that is asked.
  private struct Place {
    let prometheus: PrometheusServer
    let proxy: Int
    private let folder = TemporaryFolder.current
    private let nginx: Nginx

    init() async throws {
      let exporter = try freePort()
      proxy = try freePort()
      let root = TemporaryFolder.current.appending(path: "www")
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      prometheus = try PrometheusServer(
        scraping: exporter, every: "1s", in: TemporaryFolder.current)
      nginx = try await Nginx(
        servers: """
          server { listen 127.0.0.1:\(exporter); root \(root.path); }
          server {
            listen 127.0.0.1:\(proxy);
            location / { proxy_pass \(prometheus.url); }
          }
          """, waitingFor: proxy, in: TemporaryFolder.current)
    }

    /// How often Prometheus was asked.
    var queries: Int {
      get throws {
        let log = try String(contentsOf: folder.appending(path: "access.log"), encoding: .utf8)
        return log.split(separator: "\n").count { $0.contains("POST /api/v1/query") }
      }
    }

    /// Shows what all have answered after so many rounds; nobody begins at zero.
    func show(upTo rounds: Int) throws {
      let lines = (0..<BatchTests.count).map { number in
        let (good, bad) = (BatchTests.good(number), BatchTests.bad(number))
        return """
          good_total{app="a\(number)"} \(1000 + rounds * good)
          bad_total{app="a\(number)"} \(10 + rounds * bad)

          """
      }
      let file = folder.appending(path: "www/metrics")
      try Data(lines.joined().utf8).write(to: file, options: .atomic)
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    }
  }
}
