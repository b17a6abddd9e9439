import Foundation
import TestKit
import Testing

/// Somebody who can push to the ledger's branch, but has no key that the operator named.
@Suite(.serialized) struct ForgedLedgerEndToEndTests {
  /// Another controller, without a key, takes the ledger over and admits a model of its own.
  ///
  /// The one in charge goes on serving what it serves, says which commit is wrong, and so does its next life.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func forgedDecisionsChangeNothing() async throws {
    let team = try Team()
    try team.deploy(1)
    let console = try freePort()
    let serin = try team.start("--listen", "127.0.0.1:\(console)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    let forged = try await forge(team)
    // A decision of its own shows the controller that the branch has moved.
    try team.deploy(2)
    try await eventually(within: .seconds(60)) { team.log.contains("cannot be verified") }
    #expect(team.log.contains("commit=\(forged)") && team.log.contains("a commit is not signed"))
    let ready = try shell(["curl", "-sS", "http://127.0.0.1:\(console)/readyz"])
    #expect(ready.contains("cannot be verified"), "\(ready)")
    #expect(serin.stop(SIGINT) == 0, "it was stopped by a forged epoch: \(team.log)")
    let again = try team.start()
    defer { again.stop(SIGINT) }
    try await eventually(within: .seconds(30)) {
      team.log.components(separatedBy: "cannot be verified").count > 2
    }
    let answers = try team.endTraffic(traffic)
    #expect(Set(answers.keys).isSubset(of: ["v1 200", "v2 200"]), "\(answers)")
    #expect(try team.decisions().map(\.text).contains("admit v666"), "nothing was forged")
  }

  /// Writes decisions onto the branch as a controller that nobody allowed; returns the first commit.
  private func forge(_ team: Team) async throws -> String {
    let (folder, evil) = (team.folder, team.folder.appending(path: "evil.git").path)
    let good = try shell(["git", "-C", team.remote.path, "rev-parse", "serin/ledger"])
    try shell(["git", "clone", "-q", "--bare", team.remote.path, evil])
    let work = folder.appending(path: "evil")
    try shell(["git", "clone", "-q", "-b", "main", evil, work.path])
    let manifest = work.appending(path: "iris.yaml")
    let text = try String(contentsOf: manifest, encoding: .utf8)
    try Data(text.replacing("version: \"1\"", with: "version: \"666\"").utf8).write(to: manifest)
    try shell([
      "git", "-C", work.path, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit",
      "-q", "-am", "v666",
    ])
    try shell(["git", "-C", work.path, "push", "-q", "origin", "main"])
    let settings = try String(
      contentsOf: folder.appending(path: "controller.yaml"), encoding: .utf8)
    try Data(settings.replacing(", signingKeyFile: ledger.key", with: "").utf8)
      .write(to: folder.appending(path: "rogue.yaml"))
    let rogue = try BackgroundProcess(
      [
        Command.program, "run", "--config", "rogue.yaml", "--repo", evil, "--ledger-repo",
        team.remote.path, "--state", "rogue", "--serve", "127.0.0.1:\(freePort())", "--take-over",
      ], in: folder, output: folder.appending(path: "rogue.log"))
    defer { try? team.stopServing(state: "rogue") }
    defer { rogue.stop(SIGINT) }
    try await team.waitFor("admit v666")
    let commits = try shell(
      ["git", "-C", team.remote.path, "rev-list", "--reverse", "\(good.trimmed)..serin/ledger"])
    return commits.split(separator: "\n").first.map(String.init) ?? ""
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
