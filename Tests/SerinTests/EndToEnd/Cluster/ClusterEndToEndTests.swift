import ClusterKit
import ClusterNode
import Encoding
import Foundation
import TestKit
import Testing

/// The main job in a cluster: the built program, git, an API server, a real Envoy with real servers, and a real Prometheus.
@Suite struct ClusterEndToEndTests {
  /// v2 is promoted through its steps and v3 fails every request; what the records count is what clients had.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func promotionAndRollback() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, _) = try await cluster.begin()
      try team.deploy(2)
      try await team.waitFor("complete v2")
      try team.deploy(3, behaviour: #"{"infer": 500}"#)
      try await team.waitFor("rollback v3")
      let answers = try team.endTraffic(traffic)
      let ended = Int(Date.now.timeIntervalSince1970 * 1000)
      #expect(Set(answers.keys) == ["v1 200", "v2 200", "v3 500"], "\(answers)")
      // Five a second, for the way there, some looks and scrapes, and the way back.
      #expect(answers["v3 500", default: 0] <= 60, "\(answers)")
      let decisions = try team.decisions()
      #expect(decisions.map(\.seq) == Array(1...decisions.count))
      #expect(
        decisions.map(\.text).filter { $0.hasSuffix("v2") } == [
          "admit v2", "advance v2", "advance v2", "promote v2", "complete v2",
        ])
      #expect(decisions.last?.cause == "slo", "\(decisions)")
      // Each request is counted once: what no decision has was asked since the last one, or some scrapes before it.
      let missing =
        answers.values.reduce(0, +) - decisions.flatMap(\.exposure.values).reduce(0, +)
      let since = try ended - #require(decisions.last).decidedAt
      #expect((0...50 * (since + 4000) / 1000).contains(missing), "\(missing) after \(since) ms")
      try team.expectStatus("healthy")
      try team.expectRightLedger()
    }
  }

  /// The controller is killed in the middle of a step, and another takes over that has nothing of it: clients notice
  /// nothing, and each decision is there once.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func takenOverInAStep() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (first, traffic, _) = try await cluster.begin()
      try team.deploy(2)
      try await team.waitFor("advance v2")
      first.stop(SIGKILL)
      let before = try team.decisions()
      _ = try cluster.startSecondSerin()
      try await team.waitFor("complete v2")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
      let decisions = try team.decisions()
      #expect(decisions.map(\.seq) == Array(1...decisions.count), "a decision is lost or doubled")
      #expect(decisions.prefix(before.count).map(\.text) == before.map(\.text))
      #expect(decisions.map(\.text).filter { $0 == "advance v2" }.count == 2)
      #expect(try team.epochs() == 2)
      let counted = decisions.filter { $0.text.hasSuffix(" v2") }
        .map { $0.exposure["candidate", default: 0] }.reduce(0, +)
      #expect(counted <= answers["v2 200", default: 0], "\(counted) of \(answers)")
      try team.expectRightLedger()
    }
  }

  /// While Prometheus is away there is no data: v2 holds, and goes on when Prometheus is back.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func prometheusIsAway() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, prometheus) = try await cluster.begin()
      try team.deploy(2, steps: "[50%]", noDataAfter: "4s")
      try await team.waitFor("advance v2")
      prometheus.stop(SIGKILL)
      try await team.waitFor("hold v2")
      let held = try #require(try team.decisions().last)
      #expect(held.text == "hold v2" && held.cause == "noData", "\(held)")
      _ = try await cluster.startPrometheus()
      try await team.waitFor("complete v2")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
      try team.expectRightLedger()
    }
  }

  /// A gateway says that it has taken a route, and sends all clients where they went before: what clients get is not what
  /// was asked for, so that v2 holds.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func aGatewayThatLies() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, _) = try await cluster.begin()
      await cluster.node.lie()
      try team.deploy(2, steps: "[50%]", noDataAfter: "60s")
      try await team.waitFor("hold v2")
      let held = try #require(try team.decisions().last)
      #expect(held.text == "hold v2", "\(held)")
      let words = /the candidate got 0 of \d+ requests instead of 50%/
      #expect(held.reason.wholeMatch(of: words) != nil, "\(held.reason)")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200"], "\(answers)")
      try team.expectRightLedger()
    }
  }

  /// The API server is away for a minute, which is longer than the controller believes what it heard: clients notice nothing,
  /// and v2 goes on when it is back.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func theAPIIsAway() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, _) = try await cluster.begin(
        asking: { try $0.startTraffic(for: .seconds(240)) })
      try team.deploy(2)
      try await team.waitFor("advance v2")
      cluster.server.setAway(true)
      try await Task.sleep(for: .seconds(60))
      #expect(try team.decisions().contains { $0.text == "promote v2" } == false)
      cluster.server.heal()
      try await team.waitFor("complete v2")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
      try team.expectRightLedger()
    }
  }

  /// The gateway starts anew in a step, and its counters with it: what was counted is counted once, and people see where v2 is.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func countersBeginAnew() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, first, _) = try await cluster.begin()
      try team.deploy(2)
      try await team.waitFor("advance v2")
      let before = try team.endTraffic(first)
      try await cluster.node.restartGateway()
      let second = try team.startTraffic(perSecond: 49)
      defer { second.stop(SIGKILL) }
      try await team.waitFor("complete v2")
      try await eventually { cluster.shown?["phase"] == "healthy" }
      #expect(cluster.shown?["stable"] == "2", "\(cluster.shown ?? [:])")
      let after = try team.endTraffic(second, perSecond: 49)
      let answered = before["v2 200", default: 0] + after["v2 200", default: 0]
      let counted = try team.decisions().filter { $0.text.hasSuffix(" v2") }
        .map { $0.exposure["candidate", default: 0] }.reduce(0, +)
      #expect((answered / 2...answered).contains(counted), "\(counted) of \(answered)")
      try team.expectRightLedger()
    }
  }

  /// v2 answers its smoke request and is promoted; v3 answers another class and is rejected, by name, before any client has
  /// met it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func smokeRequests() async throws {
    let smoke = """
      {request: '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": [1, 1, 1, 1]}]}', \
      answer: '{"outputs": [{"name": "class", "datatype": "INT64", "shape": [1, 1], "data": [0]}]}'}
      """
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, _) = try await cluster.begin()
      try team.deploy(2, behaviour: #"{"above": 5}"#, smoke: smoke)
      try await team.waitFor("complete v2")
      try team.deploy(3, behaviour: #"{"above": 0}"#, smoke: smoke)
      try await team.waitFor("reject v3")
      let reason = try #require(try team.decisions().last?.reason)
      #expect(
        reason.contains("answer a smoke inference: it is not the answer that the manifest expects"),
        "\(reason)")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
      try team.expectRightLedger()
    }
  }

  /// v2 is not the file that its manifest promises, and v3 is too slow: neither becomes stable.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wrongDigestAndSlowAnswers() async throws {
    try await ClusterTeam.run { cluster in
      let team = cluster.team
      let (_, traffic, _) = try await cluster.begin()
      let promised = String(repeating: "0", count: 64)
      try team.deploy(2, promised: promised)
      try await team.waitFor("reject v2")
      let reason = try #require(try team.decisions().last?.reason)
      #expect(reason.contains(promised), "\(reason)")
      try team.deploy(3, behaviour: #"{"think": 0.6}"#)
      try await team.waitFor("rollback v3")
      let rollback = try #require(try team.decisions().last)
      #expect(rollback.cause == "slo" && rollback.reason.contains("latency"), "\(rollback.reason)")
      let answers = try team.endTraffic(traffic)
      #expect(Set(answers.keys) == ["v1 200", "v3 200"], "\(answers)")
      try team.expectRightLedger()
    }
  }
}
