import Foundation
import TestKit
import Testing

/// How `serin run` begins and ends: what can never work ends it at once, what may pass is waited for.
@Suite struct StartingTests {
  /// A file that is not there is named, whichever command was to read it.
  @Test(
    .temporaryFolder,
    arguments: [
      "validate missing.yaml", "plan missing.yaml", "simulate missing.yaml",
      "simulate a.yaml --counts missing.csv", "profile show missing.yaml",
      "profile build missing.csv", "profile compare missing.yaml a.yaml", "digest missing.bin",
      "run --config missing.yaml", "run --repo a.git --token-file missing.txt",
      "run --repo a.git --source-signers missing.txt", "run --repo a.git --signing-key missing.key",
      "audit verify --repo a.git --allowed-signers missing.txt",
    ])
  func missingFileIsNamed(command: String) throws {
    try shell(["git", "init", "-q", "--bare", "a.git"], in: TemporaryFolder.current)
    let manifest = URL(filePath: #filePath).appending(path: "../../../../examples/minimal.yaml")
    try FileManager.default.copyItem(
      at: manifest.standardized, to: TemporaryFolder.current.appending(path: "a.yaml"))
    let result = try Command(command.split(separator: " ").map(String.init))
    #expect(result.status == 1)
    let name = try #require(command.firstMatch(of: /missing\S*/)?.0)
    let line = result.errors.lowercased()
    #expect(line.contains(name) && line.contains("no such file"), "\(result.errors)")
  }

  /// A path at which no repository is will not become one: that ends with 1, before anything starts.
  @Test(.temporaryFolder, .timeLimit(.minutes(1)), arguments: ["nowhere.git", "folder"])
  func pathWithoutARepository(path: String) throws {
    try FileManager.default.createDirectory(
      at: TemporaryFolder.current.appending(path: "folder"), withIntermediateDirectories: true)
    let started = ContinuousClock.now
    let result = try Command("run", "--repo", path)
    #expect(result.status == 1 && ContinuousClock.now - started < .seconds(10))
    #expect(
      result.errors.hasPrefix("error: git: open ")
        && result.errors.contains("/\(path): there is no git repository\nhint: name the repository"),
      "\(result.errors)")
  }

  @Test(.temporaryFolder, arguments: ["", "\n", "  \n\n"])
  func emptyTokenIsRefused(text: String) throws {
    try Data(text.utf8).write(to: TemporaryFolder.current.appending(path: "token"))
    let result = try Command(
      "run", "--repo", "https://example.org/models.git", "--token-file", "token")
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: token is empty\nhint: it should hold the secret, and nothing else\n")
  }

  /// A URL that does not answer is waited for; Ctrl-C ends that within a second, and quietly.
  @Test(.temporaryFolder, .timeLimit(.minutes(2)))
  func unreachableRemoteIsWaitedFor() async throws {
    let team = try Team()
    let serin = try team.start("--repo", "http://127.0.0.1:1/models.git")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGKILL) }
    try await eventually { team.log.contains("cannot fetch the manifests") }
    try await Task.sleep(for: .seconds(1))
    let before = team.log
    let asked = ContinuousClock.now
    #expect(serin.stop(SIGINT) == 0, "\(team.log)")
    #expect(ContinuousClock.now - asked < .seconds(2))
    let said = team.log.dropFirst(before.count)
    #expect(said.contains("stopped") && !said.contains("warning"), "\(said)")
  }

  /// A port that somebody else has ends with what to set, and that setting works.
  @Test(.temporaryFolder, .timeLimit(.minutes(2)))
  func takenPortNamesTheSetting() async throws {
    let team = try Team()
    try team.deploy(1)
    let thief = try BackgroundProcess(
      ["python3", "-m", "http.server", "-b", "127.0.0.1", "\(team.port)"],
      in: TemporaryFolder.current, output: TemporaryFolder.current.appending(path: "thief.log"))
    defer { thief.stop(SIGKILL) }
    try await eventually { isListening(on: team.port) }
    let refused = try Command("run", "--config", "controller.yaml")
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("start envoy on 127.0.0.1:\(team.port)")
        && refused.errors.contains("hint: answer elsewhere with --serve HOST:PORT"),
      "\(refused.errors)")

    let port = try freePort()
    let serin = try team.start("--serve", "127.0.0.1:\(port)")
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let request = #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP64","data":[0]}]}"#
    let answer = try shell([
      "curl", "-s", "-w", "%{http_code}", "-d", request,
      "http://127.0.0.1:\(port)/v2/models/iris/infer",
    ])
    #expect(answer.hasSuffix("200"), "\(answer)")
  }
}
