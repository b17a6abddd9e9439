import Foundation
import TestKit
import Testing

/// An A/B test on real parts: users with one version each, and a bank that reports later which payments were fraud.
@Suite(.serialized) struct ABTestEndToEndTests {
  /// The version with which less fraud passes wins, and one with which more does is removed, although both are
  /// as fast and as free of errors as the one before.
  ///
  /// Serin draws who meets the first, and a header says who meets the second.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func theBetterVersionWins() async throws {
    try await Self.run { team in
      try team.deploy(2, behaviour: #"{"above": 5}"#, strategy: Self.test)
      try await team.waitFor("complete v2", within: .seconds(90))
      let won = try #require(try team.decisions().last { $0.text == "promote v2" })
      #expect(won.reason.hasPrefix("it wins: fraud: "), "\(won)")
      let byHeader = Self.test.dropLast() + ", match: {header: x-variant, value: b}}"
      try team.deploy(3, behaviour: #"{"above": 1000}"#, strategy: String(byHeader))
      try await team.waitFor("rollback v3", within: .seconds(90))
      let lost = try #require(try team.decisions().last)
      #expect(lost.reason.hasPrefix("it loses: fraud: "), "\(lost)")
    }
  }

  /// Of three versions that are tried at once the one with which less fraud passes wins, and the two others leave.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func theBestOfSeveralWins() async throws {
    try await Self.run { team in
      let arms = try [
        team.model(3, behaviour: #"{"above": 5}"#), team.model(4, behaviour: #"{"above": 1000}"#),
      ].joined(separator: ", ")
      let strategy = Self.test.dropLast() + ", arms: [\(arms)]}"
      try team.deploy(2, behaviour: #"{"above": 20}"#, strategy: String(strategy))
      try await team.waitFor("complete v3", within: .seconds(150))
      let won = try #require(try team.decisions().last { $0.text == "promote v3" })
      #expect(won.reason.hasPrefix("it wins: fraud: "), "\(won)")
      let admitted = try #require(try team.decisions().last { $0.text == "admit v2" })
      #expect(admitted.reason.contains("; beside it v3 ("), "\(admitted)")
    }
  }

  /// Runs `body` with v1, and with a bank that says later of each entity whether it was fraud; no request fails.
  private static func run(_ body: (Team) async throws -> Void) async throws {
    let team = try Team()
    let console = "127.0.0.1:\(try freePort())"
    let token = team.folder.appending(path: "bank.token")
    try Data("the-token-of-this-bank\n".utf8).write(to: token)
    try team.configure("console: {tokenFiles: {default: bank.token}}")
    try team.deploy(1, behaviour: #"{"above": 20}"#)
    let serin = try team.start("--listen", console)
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic(
      for: .seconds(240), "http://\(console)/v1/feedback", token.path, "default/iris")
    try await body(team)
    let answers = try team.endTraffic(traffic)
    #expect(answers.keys.allSatisfy { $0.hasSuffix(" 200") }, "\(answers)")
    try team.expectRightLedger()
  }

  private static let test =
    "abTest: {affinity: {header: x-user-id}, goal: {metric: fraud, better: lower}, "
    + "atLeast: 3s, atMost: 80s}"
}
