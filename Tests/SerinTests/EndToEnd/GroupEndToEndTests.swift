import Foundation
import TestKit
import Testing

/// A transformer and its model in one group, on real parts.
@Suite(.serialized) struct GroupEndToEndTests {
  /// A model that fails takes the transformer back with it, which is tried again with the next model; both then arrive.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func oneFailsAndBothGoBack() async throws {
    let team = try Team()
    try Self.deploy(scaler: 1, iris: 1, by: team)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try ["iris", "scaler"].map { try Self.startTraffic(to: $0, of: team) }
    defer { for process in traffic { process.stop(SIGTERM) } }
    try Self.deploy(scaler: 2, iris: 2, failing: true, by: team)
    try await team.waitFor("rollback v2")
    try await eventually(within: .seconds(30)) {
      try Self.history(of: "scaler", team).last?.cause == "group"
    }
    let back = try #require(try Self.history(of: "scaler", team).last)
    #expect(
      ["rollback v2", "abort v2"].contains(back.text) && back.to.phase == "healthy", "\(back)")
    #expect(back.reason.hasPrefix("its group goes back, since iris asks for v2"), "\(back)")
    let failed = try #require(try team.decisions().last)
    #expect(failed.text == "rollback v2" && failed.cause == "slo")
    #expect(back.reason.contains("(its decision \(failed.seq))"), "\(back)")
    #expect(back.decidedAt - failed.decidedAt <= 3000)

    try Self.deploy(scaler: 2, iris: 3, by: team)
    try await team.waitFor("complete v3", within: .seconds(120))
    try await eventually(within: .seconds(10)) {
      try Self.history(of: "scaler", team).last?.text == "complete v2"
    }
    try team.expectRightLedger()
  }

  private static func history(of name: String, _ team: Team) throws -> [Team.Decided] {
    let history = try Command(["history", name, "--repo", team.remote.path, "-o", "json"])
    guard history.status == 0 else { return [] }
    return try JSONDecoder().decode([Team.Decided].self, from: Data(history.output.utf8))
  }

  private static func startTraffic(to name: String, of team: Team) throws -> BackgroundProcess {
    let url = "http://127.0.0.1:\(team.port)/v2/models/\(name)/infer"
    return try BackgroundProcess(
      ["python3", Team.demo.appending(path: "traffic.py").path, url, "200", "50"],
      output: team.folder.appending(path: "traffic-\(name).json"))
  }

  /// Commits and pushes both manifests in one file.
  private static func deploy(
    scaler: Int, iris: Int, failing: Bool = false, by team: Team
  ) throws {
    let manifests = [
      try manifest("scaler", scaler, "{}", team),
      try manifest("iris", iris, failing ? #"{"fail": 1}"# : "{}", team),
    ]
    try team.push(
      manifests.joined(separator: "\n---\n"), message: "scaler v\(scaler), iris v\(iris)")
  }

  private static func manifest(
    _ name: String, _ version: Int, _ behaviour: String, _ team: Team
  ) throws -> String {
    let folder = team.models.appending(path: "\(name)-\(version)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let model = folder.appending(path: "model.json")
    try Data(behaviour.utf8).write(to: model)
    let digest = try shell(["sha256sum", model.path]).prefix(64)
    return """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        group: line
        model: {version: "\(version)", uri: "file://\(model.path)", digest: "sha256:\(digest)", format: custom}
        strategy:
          canary: {steps: [10%, 50%], atLeast: 3s, atMost: 15s}
        slos:
          - errors: {below: 2%}
        analysis: {interval: 1s, minRequests: 10}
        bake: 3s
      """
  }
}
