import Encoding
import Foundation
import HTTP
import TestKit
import Testing

/// Drift in a cluster: what KServe's payload logger sends is compared, and what clients report is joined to it.
@Suite struct ClusterDriftEndToEndTests {
  /// v2 answers as v1 does, and v3 calls everything one class, in time and without an error: it is rolled back for that.
  @Test(.temporaryFolder, .timeLimit(.minutes(6)))
  func rollbackOnDrift() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      try team.describeTransactions()
      let console = "127.0.0.1:\(try freePort())"
      let (_, traffic, _) = try await cluster.begin(
        behaviour: Self.predicting, watching: Self.drift, console: console,
        asking: { try $0.startTraffic(for: .seconds(600)) })
      try team.deploy(2, behaviour: Self.predicting, watching: Self.drift)
      try await team.waitFor("complete v2", within: .seconds(120))
      try team.deploy(
        3, behaviour: #"{"above": 1e9}"#, steps: Self.longStep, watching: Self.drift)
      try await team.waitFor("rollback v3", within: .seconds(180))
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v2 200", "v3 200"], "\(answers)")
      let rollback = try #require(try team.decisions().last)
      #expect(rollback.text == "rollback v3" && rollback.cause == "drift", "\(rollback)")
      #expect(rollback.reason.hasPrefix("predictions moved: class is "), "\(rollback.reason)")
      #expect(rollback.exposure["candidate", default: 0] > 0, "\(rollback.exposure)")
      let page = try await HTTPClient().send(HTTPRequest("http://\(console)/metrics"))
      let metrics = String(decoding: page.body, as: UTF8.self)
      #expect(Self.events("taken", in: metrics) > 2 * 100, "\(metrics)")
      #expect(Self.events("malformed", in: metrics) == 0, "\(metrics)")
      try team.expectRightLedger()
    }
  }

  /// v2 answers the opposite of v1, as often and as fast, and is rolled back for what clients report of their requests.
  @Test(.temporaryFolder, .timeLimit(.minutes(6)))
  func rollbackOnLabels() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      try team.describeTransactions(tested: true)
      let console = "127.0.0.1:\(try freePort())"
      try Data("the-token-of-this-team\n".utf8).write(
        to: team.folder.appending(path: "labels.token"))
      try team.configure("console: {tokenFiles: {default: labels.token}}")
      let (_, traffic, _) = try await cluster.begin(
        behaviour: Self.predicting, watching: Self.labelled, console: console,
        asking: { try $0.startLabelling(console) })
      defer { traffic.stop(SIGTERM) }
      try team.deploy(
        2, behaviour: #"{"above": 20, "inverted": true}"#, steps: Self.longStep,
        watching: Self.labelled)
      try await team.waitFor("rollback v2", within: .seconds(120))
      let rollback = try #require(try team.decisions().last)
      #expect(rollback.cause == "slo" && rollback.reason.hasPrefix("labels "), "\(rollback)")
      try team.expectRightLedger()
    }
  }

  private static func events(_ outcome: String, in page: String) -> Int {
    let name = "serin_payload_log_events_total{runtime=\"cluster\",outcome=\"\(outcome)\"} "
    let line = page.split(separator: "\n").first { $0.hasPrefix(name) }
    return line.flatMap { Int($0.dropFirst(name.count)) } ?? -1
  }

  /// Class 1 from about the median on.
  private static let predicting = #"{"above": 20}"#
  private static let drift = "{sample: 100%}"
  private static let labelled = "{sample: 100%, labels: {maturity: 3s}}"
  private static let longStep = "[{weight: 50%, atLeast: 2m, atMost: 3m}]"
}
