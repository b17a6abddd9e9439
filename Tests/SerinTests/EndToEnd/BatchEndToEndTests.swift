import Foundation
import TestKit
import Testing

/// A batch deployment on real parts: the built program, git, scikit-learn, and the job of the examples.
@Suite(.serialized) struct BatchEndToEndTests {
  /// A run keeps v1 while v2 comes, v2 is completed by what its run reports, and v3, which scores nothing, is
  /// rolled back by the pointer.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func switchedBetweenRuns() async throws {
    let team = try BatchTeam()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")

    let holder = try team.run("sh", "-c", "echo $SERIN_MODEL_VERSION; exec sleep 100")
    try await eventually { team.output == "1\n" }
    try team.deploy(2)
    try await team.waitFor("promote v2")
    try await eventually { team.isWaiting }
    #expect(try team.version == "1")
    // The signal is passed on, and the exit code is that of the command.
    holder.notify(SIGTERM)
    #expect(holder.wait() == 128 + SIGTERM)
    try await eventually { try !team.isWaiting && team.version == "2" }
    #expect(try team.score() == 0, "\(team.output)")
    #expect(team.output.hasPrefix("2000 records scored with version 2, 0 without"))
    try await team.waitFor("complete v2")

    try team.deploy(3, isBroken: true)
    try await team.waitFor("promote v3")
    try await eventually { try team.version == "3" }
    #expect(try team.score() == 1)
    try await team.waitFor("rollback v3")
    try await eventually { try team.version == "2" }
    #expect(try team.score() == 0, "\(team.output)")

    let rollback = try #require(try team.decisions().last)
    #expect(rollback.text == "rollback v3" && rollback.cause == "slo")
    #expect(rollback.reason.hasPrefix("errors 100%"), "\(rollback.reason)")
    #expect(serin.stop(SIGINT) == 0, "\(team.log)")
    try team.expectRightLedger()
  }

  /// A queue worker with a small lease is killed: the switch waits for the rest of its lease, and no longer.
  @Test(.temporaryFolder, .timeLimit(.minutes(3)))
  func aKilledWorkerHoldsNothing() async throws {
    let team = try BatchTeam()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let worker = try team.run("sleep", "100", lease: "2s")
    try await eventually { try !team.leases.isEmpty }
    // It is renewed for as long as the worker lives.
    try await Task.sleep(for: .seconds(3))
    try team.deploy(2)
    try await team.waitFor("promote v2")
    try await eventually { team.isWaiting }
    #expect(try team.version == "1")
    worker.stop(SIGKILL)
    try await eventually { try team.version == "2" }
  }

  @Test(.temporaryFolder) func whatCannotRunIsSaid() throws {
    let folder = TemporaryFolder.current.path
    let missing = try Command(
      "batch", "run", "--deployment", "a/b", "--folder", folder, "--", "true")
    #expect(missing.status == 1 && missing.errors.contains("is it a batch deployment"))
    let empty = try Command("batch", "run", "--deployment", "a/b", "--folder", folder)
    #expect(empty.status == 64 && empty.errors.contains("A command is missing"))
    let path = try Command(
      "batch", "run", "--deployment", "a/..", "--folder", folder, "--", "true")
    #expect(path.status == 1 && path.errors.contains("is no name"))
  }
}

/// A team with a batch deployment, and the job of `examples/batch`.
private final class BatchTeam: Sendable {
  private let team: Team
  private let folder: URL
  private let console: String
  private let job: URL

  private static let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
  private static let python =
    ProcessInfo.processInfo.environment["SERIN_PYTHON"] ?? root.path + "/.venv/bin/python"

  init() throws {
    team = try Team()
    folder = team.folder.appending(path: "batch")
    console = "127.0.0.1:\(try freePort())"
    job = Self.root.appending(path: "examples/batch")
    try FileManager.default.createDirectory(at: team.models, withIntermediateDirectories: true)
    try Data("the-token-of-this-team\n".utf8).write(to: team.folder.appending(path: "token"))
    let file = team.folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let batch = "drainTimeout: 3s\n        batch: {folder: \(folder.path)}"
    try Data(text.replacing("drainTimeout: 3s", with: batch).utf8).write(to: file)
    try team.configure("console: {listen: \"\(console)\", tokenFiles: {default: token}}")
  }

  func deploy(_ version: Int, isBroken: Bool = false) throws {
    let model = team.models.appending(path: "\(version).joblib")
    try shell(
      [
        "env", "BROKEN=\(isBroken ? "1" : "")", Self.python, job.path + "/train.py", model.path,
        "table.csv",
      ],
      in: team.folder)
    let digest = try shell(["sha256sum", model.path]).prefix(64)
    try team.push(
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        serving: batch
        model:
          version: "\(version)"
          uri: file://\(model.path)
          digest: sha256:\(digest)
          format: sklearn
        analysis: {interval: 1s}
        bake: 3s
      """, message: "iris v\(version)")
  }

  func start() throws -> BackgroundProcess { try team.start() }
  func stopServing() throws { try team.stopServing() }
  func waitFor(_ decision: String) async throws { try await team.waitFor(decision) }
  func decisions() throws -> [Team.Decided] { try team.decisions() }
  func expectRightLedger() throws { try team.expectRightLedger() }
  var log: String { team.log }

  /// Starts a job on what is current.
  func run(_ command: String..., lease: String = "1m") throws -> BackgroundProcess {
    let log = team.folder.appending(path: "job.log")
    try? FileManager.default.removeItem(at: log)
    return try BackgroundProcess(
      [Command.program, "batch", "run", "--deployment", "iris", "--folder", folder.path]
        + ["--lease", lease, "--"] + command,
      in: team.folder, output: log)
  }

  /// Runs the job of the examples, and returns its exit code.
  func score() throws -> Int32 {
    try run(
      "env", "SERIN_CONSOLE=http://\(console)", "SERIN_TOKEN_FILE=token",
      "SERIN_DEPLOYMENT=default/iris", Self.python, job.path + "/score.py", "table.csv", "out.csv"
    ).wait()
  }

  /// What the newest job said.
  var output: String {
    (try? String(contentsOf: team.folder.appending(path: "job.log"), encoding: .utf8)) ?? ""
  }

  private var place: URL { folder.appending(path: "deployments/default/iris") }

  /// The version that a run would read.
  var version: String? {
    get throws {
      struct Pointer: Decodable {
        struct Model: Decodable { let version: String }
        let model: Model?
      }
      let data = try Data(contentsOf: place.appending(path: "current.json"))
      return try JSONDecoder().decode(Pointer.self, from: data).model?.version
    }
  }

  /// Whether a switch waits.
  var isWaiting: Bool {
    FileManager.default.fileExists(atPath: place.appending(path: "next.json").path)
  }

  var leases: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: place.appending(path: "leases").path)
    }
  }
}
