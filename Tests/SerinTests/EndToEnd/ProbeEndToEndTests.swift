import Foundation
import TestKit
import Testing

/// What clients ask beside inferences proves nothing, on real parts.
@Suite(.serialized) struct ProbeEndToEndTests {
  /// A candidate that fails every inference, while clients only ask whether it is ready, is held.
  ///
  /// Its step has no data. The first inferences are its end.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func probesProveNothing() async throws {
    let team = try Team()
    try team.deploy(1)
    let console = try freePort()
    let serin = try team.start("--listen", "127.0.0.1:\(console)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    let probes = try team.startProbes()
    defer { probes.stop(SIGTERM) }
    try await team.waitFor("complete v1")
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("hold v2")
    let decisions = try team.decisions()
    #expect(decisions.suffix(3).map(\.text) == ["admit v2", "advance v2", "hold v2"])
    #expect(decisions.allSatisfy { $0.exposure.values.allSatisfy { $0 == 0 } }, "\(decisions)")
    let metrics = try shell(["curl", "-s", "http://127.0.0.1:\(console)/metrics"])
    let name = "serin_other_requests_total{deployment=\"default/iris\"} "
    let shown = metrics.split(separator: "\n").first { $0.hasPrefix(name) }
    #expect(shown.flatMap { Int($0.dropFirst(name.count)) } ?? 0 > 200, "\(metrics)")

    let traffic = try team.startTraffic()
    try await team.waitFor("rollback v2")
    _ = try team.endTraffic(traffic)
    try team.expectRightLedger()
  }
}

extension Team {
  /// Asks 40 times a second whether the model is ready, in a process of its own, until it is stopped.
  func startProbes() throws -> BackgroundProcess {
    let script = """
      import time, urllib.error, urllib.request
      while True:
          try:
              urllib.request.urlopen("http://127.0.0.1:\(port)/v2/models/iris/ready").read()
          except urllib.error.URLError:
              pass
          time.sleep(0.025)
      """
    return try BackgroundProcess(
      ["python3", "-c", script], output: folder.appending(path: "probes.log"))
  }
}
