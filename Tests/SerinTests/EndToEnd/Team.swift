import Foundation
import Glibc
import TestKit

/// A team with a repository, a controller, and clients that send requests: all real, on loopback.
///
/// The model servers are forty lines of Python, because what they do is chosen by each test.
final class Team: Sendable {
  let folder: URL
  let port: Int
  let models: URL
  let remote: URL
  private let clone: URL
  /// Whether every model must answer a smoke request; not where servers fail it with everything else.
  private let asksSmoke: Bool

  /// Makes the repository and the controller's file; clients ask on `port`, which is a free one unless it is given.
  init(port: Int? = nil, asksSmoke: Bool = true) throws {
    self.asksSmoke = asksSmoke
    folder = TemporaryFolder.current
    self.port = try port ?? freePort()
    models = folder.appending(path: "models")
    remote = folder.appending(path: "models.git")
    clone = folder.appending(path: "clone")
    try shell(["git", "init", "-q", "--bare", "-b", "main", remote.path])
    try shell(["git", "clone", "-q", remote.path, clone.path])
    try shell(["git", "-C", clone.path, "config", "user.email", "ada@example.org"])
    try shell(["git", "-C", clone.path, "config", "user.name", "Ada"])
    try Data(configuration.utf8).write(to: folder.appending(path: "controller.yaml"))
    let made = try Command("keygen", "--output", "ledger.key", "--instance", "test")
    let line = made.output.split(separator: "\n").last ?? ""
    try Data(line.utf8).write(to: folder.appending(path: "trusted"))
  }

  /// Commits and pushes a version whose answers are as `behaviour` says, and whose drift is watched
  /// against `iris.profile.yaml` as `drift` says; `objective` is promised beside what always is.
  func deploy(
    _ version: Int, behaviour: String = "{}", steps: String = "[10%, 50%]",
    promised: String? = nil, watching drift: String? = nil, replicas: Int? = nil,
    revertAt: String? = nil, promising objective: String? = nil, strategy: String? = nil,
    noDataAfter: String? = nil, errors: String = "{below: 2%}", smoke: String? = nil
  ) throws {
    let folder = models.appending(path: "\(version)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let model = folder.appending(path: "model.json")
    try Data(behaviour.utf8).write(to: model)
    let digest = try promised ?? String(shell(["sha256sum", model.path]).prefix(64))
    var manifest = manifest(version, model.path, digest: digest, steps)
      .replacing("errors: {below: 2%}", with: "errors: \(errors)")
    if let strategy {
      manifest.replace(/canary: .*/) { _ in strategy }
    }
    if let drift {
      let profile = "format: custom\n    profile: iris.profile.yaml"
      manifest =
        manifest.replacing("format: custom", with: profile) + "\n  drift: \(drift)"
    }
    if let smoke {
      manifest = manifest.replacing("format: custom", with: "format: custom\n    smoke: \(smoke)")
    }
    if let replicas { manifest += "\n  replicas: \(replicas)" }
    if let noDataAfter {
      manifest = manifest.replacing(
        "minRequests: 10", with: "minRequests: 10, noDataAfter: \(noDataAfter)")
    }
    if let revertAt {
      manifest = manifest.replacing("  slos:", with: "    revertAt: \(revertAt)\n  slos:")
    }
    if let objective {
      manifest = manifest.replacing("  slos:\n", with: "  slos:\n    - \(objective)\n")
    }
    try push(manifest, message: "iris v\(version)")
  }

  /// Makes a model, and returns what a manifest says of it.
  func model(_ version: Int, behaviour: String) throws -> String {
    let folder = models.appending(path: "\(version)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let model = folder.appending(path: "model.json")
    try Data(behaviour.utf8).write(to: model)
    let digest = try shell(["sha256sum", model.path]).prefix(64)
    return "{version: \"\(version)\", uri: \"file://\(model.path)\", digest: \"sha256:\(digest)\", "
      + "format: custom}"
  }

  func push(_ manifest: String, message: String) throws {
    try Data(manifest.utf8).write(to: clone.appending(path: "iris.yaml"))
    try shell(["git", "-C", clone.path, "add", "-A"])
    try shell(["git", "-C", clone.path, "commit", "-q", "-m", message])
    try shell(["git", "-C", clone.path, "push", "-q", "origin", "HEAD:main"])
  }

  /// Commits and pushes that the manifest is gone.
  func remove() throws {
    try shell(["git", "-C", clone.path, "rm", "-q", "iris.yaml"])
    try shell(["git", "-C", clone.path, "commit", "-q", "-m", "iris is gone"])
    try shell(["git", "-C", clone.path, "push", "-q", "origin", "HEAD:main"])
  }

  /// Starts `serin run`; its log goes to serin.log.
  func start(_ flags: String..., under wrapper: [String] = []) throws -> BackgroundProcess {
    try BackgroundProcess(
      wrapper + [Command.program, "run", "--config", "controller.yaml", "--log-level", "debug"]
        + flags,
      in: folder, output: folder.appending(path: "serin.log"))
  }

  /// Gives the controller a console with a webhook.
  func addConsole(webhookSecret secret: String) throws {
    try Data(secret.utf8).write(to: folder.appending(path: "webhook"))
    try configure("console: {webhookSecretFile: webhook}")
  }

  /// Adds lines to the controller's `spec`.
  func configure(_ lines: String...) throws {
    let file = folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let added = lines.map { "\n  \($0)" }.joined()
    try Data((text + added).utf8).write(to: file)
  }

  var log: String {
    (try? String(contentsOf: folder.appending(path: "serin.log"), encoding: .utf8)) ?? ""
  }

  /// Stops what serves; called at the end of each test, whatever happened in it.
  func stopServing(state: String = "state") throws {
    try shell(
      [Command.program, "stop", "--state", state], in: folder)
  }

  /// Sends requests at a steady rate, in a process of its own, until it is stopped.
  func startTraffic(
    perSecond rate: Int = 50, for limit: Duration = .seconds(120), to deployment: String = "iris",
    _ bank: String...
  ) throws -> BackgroundProcess {
    let script = Self.demo.appending(path: "traffic.py")
    let url = "http://127.0.0.1:\(port)/v2/models/\(deployment)/infer"
    return try BackgroundProcess(
      ["python3", script.path, url, "\(limit.components.seconds)", "\(rate)"] + bank,
      output: folder.appending(path: "traffic-\(rate).json"))
  }

  /// Where the parts of the demo are.
  static let demo = URL(filePath: #filePath).appending(path: "../../../../hack/demo.d").standardized

  /// Ends the traffic and returns how many requests got which answer: "v1 200".
  func endTraffic(_ traffic: BackgroundProcess, perSecond rate: Int = 50) throws -> [String: Int] {
    traffic.stop(SIGTERM)
    let data = try Data(contentsOf: folder.appending(path: "traffic-\(rate).json"))
    return try JSONDecoder().decode([String: Int].self, from: data)
  }

  /// Kills the server of a version, if it runs.
  func killServer(of version: String) throws {
    struct Server: Decodable {
      struct Process: Decodable { let pid: Int32 }
      let process: Process?
    }
    let servers = folder.appending(path: "state/runtimes/local/servers/default/iris")
    for path in try FileManager.default.subpathsOfDirectory(atPath: servers.path)
    where path.hasSuffix("/process.json") {
      let file = servers.appending(path: path)
      guard let data = try? Data(contentsOf: file),
        let pid = try JSONDecoder().decode(Server.self, from: data).process?.pid,
        let command = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/cmdline")),
        command.split(separator: 0).last.map({ Data($0) }) == Data(version.utf8)
      else { continue }
      kill(-pid, SIGKILL)
    }
  }

  struct Decided: Decodable {
    struct Revision: Decodable { let model: Model }
    struct Model: Decodable { let version: String }
    let seq: Int
    let verdict: String
    /// The sentence that people read.
    let reason: String
    let cause: String
    let to: Position
    let decidedAt: Int
    let revision: Revision?
    let exposure: [String: Int]
    let crash: Crash?
    let errorSample: ErrorSample?

    enum CodingKeys: String, CodingKey {
      case seq, verdict, cause, to, decidedAt, revision, exposure, crash, errorSample
      case reason = "text"
    }

    struct Position: Decodable { let phase: String }
    struct Crash: Decodable { let signal: Int? }
    struct ErrorSample: Decodable {
      let status: Int
      let body: String
    }

    var text: String { "\(verdict) v\(revision?.model.version ?? "-")" }
  }

  /// Every decision on the ledger's branch of a repository: the remote one unless told otherwise.
  func decisions(of deployment: String = "iris", in repository: URL? = nil) throws -> [Decided] {
    let path = (repository ?? remote).path
    let history = try Command(["history", deployment, "--repo", path, "-o", "json"])
    guard history.status == 0 else { return [] }
    return try JSONDecoder().decode([Decided].self, from: Data(history.output.utf8))
  }

  func waitFor(
    _ decision: String, of deployment: String = "iris", within limit: Duration = .seconds(60)
  ) async throws {
    do {
      try await eventually(within: limit) {
        try await Task.sleep(for: .milliseconds(200))
        return try decisions(of: deployment).contains { $0.text == decision }
      }
    } catch {
      let made = try decisions(of: deployment).map { "\($0.text): \($0.reason)" }
      throw ProcessFailure(description: "no \(decision): \(made)\n\(log.suffix(4000))")
    }
  }

  private func manifest(
    _ version: Int, _ path: String, digest: String, _ steps: String
  ) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: iris}
    spec:
      model:
        version: "\(version)"
        uri: file://\(path)
        digest: sha256:\(digest)
        format: custom\(asksSmoke ? Self.smoke : "")
      strategy:
        canary: {steps: \(steps), atLeast: 3s, atMost: 15s}
      slos:
        - errors: {below: 2%}
        - latency: {percentile: 95, below: 300ms}
      analysis: {interval: 1s, minRequests: 10}
      bake: 3s
    """
  }

  private static let smoke = """

        smoke:
          request: |
            {"inputs": [{"name": "smoke", "shape": [1], "datatype": "FP64", "data": [0]}]}
    """

  private var configuration: String {
    let server = URL(filePath: #filePath).appending(path: "../server.py").standardized.path
    return """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: test}
      spec:
        source: {url: \(remote.path), branch: main, interval: 1s}
        ledger: {pushInterval: 1s, signingKeyFile: ledger.key}
        state: state
        runtimes:
          - name: local
            local:
              listen: 127.0.0.1:\(port)
              drainTimeout: 3s
              envoy: \(Self.envoy)
              server:
                command: [python3, \(server), "{port}", "{model}", "{name}", "{version}"]
      """
  }

  /// The Envoy that `hack/install` put beside the sources, unless SERIN_ENVOY names another.
  private static var envoy: String {
    if let path = ProcessInfo.processInfo.environment["SERIN_ENVOY"] { return path }
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    let library = root.appending(path: ".venv/lib")
    let found = try? FileManager.default.contentsOfDirectory(atPath: library.path)
    let python = found?.first { $0.hasPrefix("python3") } ?? "python3"
    return library.appending(path: "\(python)/site-packages/envoy/_bin/envoy").path
  }
}
