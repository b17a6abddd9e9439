import Foundation
import TestKit
import Testing

/// A shadow on real parts: a version answers copies of requests before it answers a client.
@Suite(.serialized) struct ShadowEndToEndTests {
  private static let steps = "[{mirror: 50%, atMost: 60s}, 50%]"
  private static let promise = "disagreement: {below: 5%, usual: exact}"

  /// A version that says the opposite, in time and without errors, is found by its pairs, before any client.
  ///
  /// One that says the same goes live. Neither has a profile.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func pairsTellVersionsApart() async throws {
    let team = try Team()
    try team.deploy(1, behaviour: #"{"above": 20}"#)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(
      2, behaviour: #"{"above": 20, "inverted": true}"#, steps: Self.steps, promising: Self.promise)
    try await team.waitFor("rollback v2")
    let rollback = try #require(try team.decisions().last)
    #expect(rollback.reason.hasPrefix("disagreement 100%"), "\(rollback)")
    #expect(rollback.exposure["candidate"] == 0)

    try team.deploy(
      3, behaviour: #"{"above": 20}"#, steps: Self.steps, promising: Self.promise)
    try await team.waitFor("complete v3")
    let answers = try team.endTraffic(traffic)
    #expect(answers["v2 200"] == nil && answers["v3 200"] ?? 0 > 0, "\(answers)")
    #expect(answers.keys.allSatisfy { $0.hasSuffix(" 200") }, "\(answers)")
    let texts = try team.decisions().map(\.text)
    #expect(
      texts.suffix(5) == ["admit v3", "advance v3", "advance v3", "promote v3", "complete v3"],
      "\(texts)")
    try team.expectRightLedger()
  }
}
