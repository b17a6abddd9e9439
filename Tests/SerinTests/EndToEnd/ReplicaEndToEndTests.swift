import Foundation
import Glibc
import TestKit
import Testing

/// Replicas by the manifest, on real parts.
@Suite(.serialized) struct ReplicaEndToEndTests {
  /// Two servers are killed one after the other under load, and a third one is asked for: no revision is
  /// new, nothing is decided, and at most what a killed server was answering fails.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func replicasFollowTheManifest() async throws {
    let team = try Team()
    try team.deploy(1, replicas: 2)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    #expect(team.started == 2)
    let before = try team.decisions().map(\.text)
    let traffic = try team.startTraffic()
    for killed in 1...2 {
      kill(-(try team.pid(ofReplica: killed)), SIGKILL)
      try await eventually { team.started == 2 + killed }
      try await Task.sleep(for: .seconds(2))
    }
    try team.deploy(1, replicas: 3)
    try await eventually { team.started == 5 }
    try await Task.sleep(for: .seconds(2))
    let answers = try team.endTraffic(traffic)
    let failed = answers.filter { $0.key != "v1 200" }.values.reduce(0, +)
    #expect(failed <= 4 && answers["v1 200", default: 0] > 200, "\(answers)")
    #expect(try team.decisions().map(\.text) == before)
    try team.expectRightLedger()
  }
}

extension Team {
  /// How many model servers were started so far.
  var started: Int { log.split(separator: "\n").count { $0.contains("model server started") } }

  /// The process of a replica of the one revision that there is.
  func pid(ofReplica number: Int) throws -> Int32 {
    struct Identity: Decodable { let pid: Int32 }
    struct Record: Decodable { let process: Identity }
    let servers = folder.appending(path: "state/runtimes/local/servers/default/iris")
    let revisions = try FileManager.default.contentsOfDirectory(atPath: servers.path)
    let file = servers.appending(path: "\(revisions[0])/\(number)/process.json")
    return try JSONDecoder().decode(Record.self, from: Data(contentsOf: file)).process.pid
  }
}
