import Foundation
import TestKit
import Testing

/// Secrets are planted wherever one may be, and searched for wherever anybody reads.
@Suite(.serialized) struct CanarySecretTests {
  private var folder: URL { TemporaryFolder.current }

  private static let canary = "canary-5c1f9e"

  private func write(_ text: String, to name: String) throws {
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
  }

  /// A whole life of a controller, over https with a password and a signed ledger: nothing of the
  /// password, the keys or a server's environment is in the log, the ledger, the state or a report.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func nothingIsWrittenDown() async throws {
    let team = try Team()
    try team.deploy(1)
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    try shell(["git", "-C", team.remote.path, "config", "http.receivepack", "true"])
    try write(HTTPSServer.password, to: "password")
    try plantInController(server)
    defer { try? team.stopServing() }
    let run = try Command(
      "run", "--config", "controller.yaml", "--once", "--log-level", "trace", "--source-signers",
      "signers")
    #expect(run.status == 0, "\(run.errors)")
    #expect(try team.decisions().map(\.text) == ["admit v1", "promote v1", "complete v1"])
    try shell(["git", "-C", team.remote.path, "fsck", "--strict"])
    let ledger = try shell([
      "git", "-C", team.remote.path, "log", "-p", "--format=raw", "--show-signature",
      "serin/ledger",
    ])
    #expect(ledger.contains("\"repository\":\"https://127.0.0.1:\(server.port)/models.git\""))
    let reports = try ["csv", "json", "html"].map { format in
      try Command("audit", "export", "--repo", team.remote.path, "--format", format).output
    }
    let state = try texts(under: folder.appending(path: "state"))
    #expect(state.contains { $0.contains("serin.dev/decision-v1") })
    for secret in try secrets() {
      for text in [run.output, run.errors, ledger] + reports + state {
        #expect(!text.contains(secret), "\(secret.prefix(12))… is in: \(text.prefix(200))")
      }
    }
  }

  /// Puts a secret into every place of the Controller file that holds one, or names one.
  private func plantInController(_ server: HTTPSServer) throws {
    let file = folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let remote = folder.appending(path: "models.git").path
    let auth = "{username: serin, passwordFile: password, caFile: \(server.authority)}"
    let planted =
      text
      .replacing(
        "{url: \(remote),",
        with: "{url: https://127.0.0.1:\(server.port)/models.git, auth: \(auth),"
      )
      .replacing(
        "server:\n",
        with: "allowedFolders: [\(folder.path)]\n        server:\n          "
          + "environment: {API_TOKEN: \(Self.canary)}\n")
    #expect(planted.contains("https://") && planted.contains(Self.canary))
    try Data(planted.utf8).write(to: file)
    try shell(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "person"], in: folder)
    let key = try String(contentsOf: folder.appending(path: "person.pub"), encoding: .utf8)
    try write("ada@example.org \(key)", to: "signers")
  }

  /// The password, the environment, and lines of the private keys.
  private func secrets() throws -> [String] {
    let keys = try ["ledger.key", "person"].flatMap { name in
      try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        .split(separator: "\n").filter { !$0.hasPrefix("-----") }.dropFirst().map(String.init)
    }
    // Such a key takes 312 characters of base64 or more, 70 to a line, and the first line tells nothing.
    #expect(keys.count >= 2 * 4)
    let basic = Data("\(HTTPSServer.user):\(HTTPSServer.password)".utf8).base64EncodedString()
    return keys + [HTTPSServer.password, basic, Self.canary]
  }

  /// Whatever is wrong, the error does not quote what may be secret.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func noErrorShowsASecret() async throws {
    let server = try await HTTPSServer(in: folder)
    defer { server.stop() }
    try shell(["git", "init", "--quiet", "--bare", "models.git"], in: folder)
    try plantFiles()
    let hooks = try plantHooks()
    for arguments in hooks + Self.mistakes(port: server.port, authority: server.authority) {
      let result = try Command(arguments)
      let shown = result.output + result.errors
      #expect(result.status != 0 && !shown.isEmpty, "\(arguments)")
      for secret in ["canary", "horse", "battery", try keyLine()] {
        #expect(!shown.contains(secret), "\(arguments): \(shown)")
      }
    }
  }

  private func keyLine() throws -> String {
    let key = try String(contentsOf: folder.appending(path: "good.key"), encoding: .utf8)
    return String(key.split(separator: "\n")[2].prefix(20))
  }

  private func plantFiles() throws {
    try write("\(Self.canary)\n", to: "token")
    try write("canary horse battery staple", to: "phrase")
    try write("user: canary\nsecond: horse battery\n", to: "pairs")
    try shell(
      ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "canary", "-f", "good.key"], in: folder)
    let key = try String(contentsOf: folder.appending(path: "good.key"), encoding: .utf8)
    try write(key.replacing("\n-----END", with: "\(Self.canary)\n-----END"), to: "damaged.key")
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: c}
      spec:
        source:
          url: https://\(Self.canary)@example.org/models.git
          auth: {password: \(Self.canary), token: \(Self.canary)}
        ledger: {signingKey: \(Self.canary), url: "https://u:\(Self.canary)@example.org/l.git"}
        retraining:
          url: "https://u:\(Self.canary)@example.org/hook"
          headers: {Authorization: Bearer \(Self.canary), X-Token: \(Self.canary)}
      """, to: "secrets.yaml")
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec: {model: {version: "1", uri: "https://u:\(Self.canary)@example.org/m", format: sklearn}}
      """, to: "model.yaml")
  }

  /// Hooks whose secret is in the wrong place, in an address that is wrong otherwise, or no secret.
  private func plantHooks() throws -> [[String]] {
    let addresses = [
      Self.canary, "https://example.org/\(Self.canary) x", "http://example.org/\(Self.canary)",
      "https://example.org/{nme}/\(Self.canary)", "https://u:\(Self.canary)@[/",
      "https://example.org/#\(Self.canary)", "ftp://example.org/\(Self.canary)",
    ]
    let wrong = [
      "headers: {X-Key: {file: phrase, scheme: \(Self.canary)}}",
      "headers: {X-Token: \(Self.canary)}",
      "headers: {Authorization: {file: pairs}}", "headers: {X-Api-Key: {secret: \(Self.canary)}}",
    ].map { "retraining: {url: \"https://127.0.0.1:1/\(Self.canary)\", \($0)}" }
    let consoles = ["webhookSecretFile: token", "webhookSecret: \(Self.canary)"]
    let specs =
      addresses.map { "retraining: {url: \"\($0)\"}" } + wrong
      + consoles.map { "console: {\($0), listen: \"127.0.0.1:1\"}" }
    return try specs.enumerated().map { index, spec in
      try write(
        """
        apiVersion: serin.dev/v1alpha1
        kind: Controller
        metadata: {name: c}
        spec:
          source: {url: \(folder.path)/models.git, branch: main}
          state: state
          runtimes: [{name: local, local: {listen: "127.0.0.1:1"}}]
          \(spec)
        """, to: "hook-\(index).yaml")
      return ["run", "--once", "--config", "hook-\(index).yaml"]
    }
  }

  /// Ways to give a secret to the wrong flag, in the wrong place, or to somebody who refuses it.
  private static func mistakes(port: Int, authority: String) -> [[String]] {
    let here = "https://127.0.0.1:\(port)/models.git"
    let addresses = [
      "https://\(canary)@127.0.0.1:1/models.git", "https://u:\(canary)@127.0.0.1:1/models.git",
      "ssh://u:\(canary)@127.0.0.1:1/models.git", "ftp://u:\(canary)@127.0.0.1/models.git",
      "https://u:\(canary)@127.0.0.1:\(port)/models.git", "https://u:\(canary)@[/models.git",
      "https://127.0.0.1:\(port)/models.git?token=\(canary)#\(canary)",
    ]
    let readers = addresses.flatMap {
      [["status", "--repo", $0], ["audit", "log", "--repo", $0]]
    }
    let runs = addresses.map { ["run", "--once", "--repo", $0, "--state", "state"] }
    let files = ["token", "phrase", "pairs", "good.key", "damaged.key", "secrets.yaml"]
    let given = files.flatMap { file in
      [
        ["status", "--repo", here, "--ca-file", authority, "--token-file", file],
        ["status", "--repo", here, "--ca-file", file],
        [
          "status", "--repo", "ssh://git@127.0.0.1:1/m.git", "--ssh-key", file, "--known-hosts",
          file,
        ],
        ["run", "--repo", "models.git", "--source-signers", file],
        ["audit", "verify", "--repo", "models.git", "--allowed-signers", file],
        ["run", "--config", file],
      ] + (file == "good.key" ? [] : [["run", "--repo", "models.git", "--signing-key", file]])
    }
    return readers + runs + given + [["validate", "model.yaml"], ["validate", "secrets.yaml"]]
  }
}
