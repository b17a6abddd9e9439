import Foundation
import TestKit
import Testing

/// What a team sees when it asks for what was rejected, and when it is in a hurry; all of it real.
@Suite(.serialized) struct RefusalEndToEndTests {
  /// v2 is rejected, asked for again beside v1, and asked for again when nothing serves.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func askingForWhatWasRejected() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("rollback v2")
    try team.deploy(1)
    try await team.waitFor("resume v1")
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("hold v2")
    _ = try team.endTraffic(traffic)
    let beside = try Command("status", "--repo", team.remote.path, environment: ["TZ": "UTC-5"])
    #expect(beside.output.contains(/v1 +v2 \(rejected \d{4}-[^)]*: errors [0-9.]+%\)/))
    #expect(beside.output.contains("hold v2"), "\(beside.output)")
    let told = team.log.split(separator: "\n").count { $0.contains("v2 was rejected (errors ") }
    #expect(told == 1, "\(team.log)")

    try team.remove()
    try await team.waitFor("decommission v1")
    try await eventually { try team.decisions().last?.to.phase == "retired" }
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("alert v2")
    let status = try Command("status", "--repo", team.remote.path)
    #expect(status.output.contains("nothing serves: v2 was rejected (errors "), "\(status.output)")
    #expect(status.output.contains("name another version, or raise model.retry to try it again"))
    try team.deploy(1)
    try await eventually { try team.decisions().last?.text == "complete v1" }
    #expect(try team.decisions().count { $0.verdict == "alert" } == 1)
    try team.expectRightLedger()
  }

  /// A version whose artifact is more than its namespace may have waits for room by name, and v1 serves on.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func anArtifactOverTheQuota() async throws {
    let team = try Team()
    try team.configure(
      "namespaces: {\"*\": {quotas: {artifactBytes: 1KiB}}}",
      "paths: {artifacts: big, logs: words}")
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2, behaviour: #"{"note": "\#(String(repeating: "x", count: 1100))"}"#)
    try await team.waitFor("admit v2")
    let words = "waiting for room: the artifacts of the namespace"
    try await eventually { team.log.contains(words) }
    #expect(try team.endTraffic(traffic).keys.allSatisfy { $0 == "v1 200" })
    let copies = try shell(["ls", "big/runtimes/local/artifacts"], in: team.folder)
    #expect(copies.split(separator: "\n").count == 1)
    let logs = try shell(["ls", "words/runtimes/local/logs"], in: team.folder)
    #expect(logs.contains("envoy.log"))
  }

  /// v1 comes back at once from a completed v2, under load: it is prepared first, and no client sees it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func backAtOnce() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2)
    try await team.waitFor("complete v2")
    try team.deploy(1, revertAt: "once")
    try await eventually(within: .seconds(60)) {
      try team.decisions().suffix(3).map(\.text) == ["admit v1", "promote v1", "complete v1"]
    }
    let answers = try team.endTraffic(traffic)
    #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
    let back = try team.decisions().suffix(3)
    #expect(back.first?.reason.contains("is to replace it at once") == true)
    try team.expectRightLedger()
  }
}
