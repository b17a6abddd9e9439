import Foundation
import Golden
import TestKit
import Testing

/// What a person meets at the command line, word for word.
@Suite struct CommandLineTests {
  @Test(
    .temporaryFolder,
    arguments: [
      "", "run", "stop", "validate", "plan", "simulate", "status", "history", "audit",
      "audit verify", "audit replay", "audit log", "audit show", "audit why", "audit who",
      "audit running", "audit exposure", "audit diff-policy", "audit population", "audit sample",
      "audit exceptions", "audit gaps", "audit export", "audit seal", "audit adopt", "keygen",
      "digest", "fetch", "profile", "profile build", "profile show", "profile compare", "schema",
      "version",
    ])
  func help(command: String) throws {
    let help = try Command(command.split(separator: " ").map(String.init) + ["--help"])
    try expectGolden(
      help.transcript(of: "serin \(command) --help"),
      "help\(command.isEmpty ? "" : "-\(command.replacing(" ", with: "-"))").txt")
  }

  /// Exit codes are a promise: 0, 1 for what was given, 64 for usage, 69 for what does not answer.
  @Test(
    .temporaryFolder,
    arguments: [
      (["version"], 0), (["schema"], 0), (["nonsense"], 64), (["run"], 64),
      (["run", "--log-level", "loud", "--repo", "."], 64), (["history"], 64),
      (["audit", "verify"], 64), (["audit", "running", "--at", "noon"], 64),
      (["audit", "exposure", "sha256:12"], 64), (["audit", "log"], 1),
      (["audit", "adopt", "--take", "theirs", "--reason", "x"], 64),
      (["audit", "adopt", "--take", "ours", "--reason", "x", "--repo", "x"], 1),
      (["audit", "verify", "--allowed-signers", "missing"], 1),
      (["validate", "missing.yaml"], 1), (["digest", "missing"], 1), (["status"], 1),
      (["run", "--config", "missing.yaml"], 1), (["stop", "--state", "missing"], 1),
      (["run", "--repo", "ftp://example.org/x"], 1),
      (["run", "--repo", "models.git", "--branch", "b", "--ledger-branch", "b"], 1),
      (["run", "--repo", "a.git", "--path", "../b"], 64),
      (["run", "--repo", "a.git", "--listen", "9464"], 64),
      (["run", "--repo", "a.git", "--serve", "8080"], 64),
      (["run", "--repo", "a.git", "--branch", "a b"], 64),
      (["run", "--repo", "https://u:p@example.org/a.git"], 64),
      (["status", "--repo", "https://127.0.0.1:1/models.git"], 69), (["plan", "missing.yaml"], 1),
      (["plan", "missing.yaml", "--requests-per-second", "5"], 1),
      (["profile", "build", "missing.csv"], 1), (["profile", "build", "/tmp"], 1),
      (["profile", "build", "a.csv", "--bins", "1"], 64),
      (["profile", "build", "a.csv", "--output", "a", "--ignore", "a"], 64),
      (["profile", "show", "missing.yaml"], 1), (["profile", "compare", "a.yaml", "b.csv"], 1),
      (["simulate", "missing.yaml"], 1), (["simulate", "a.yaml", "--rollouts", "0"], 64),
      (["simulate", "a.yaml", "--rollouts", "2", "--svg", "a.svg"], 64),
      (["simulate", "a.yaml", "--candidate", "errors"], 64),
    ] as [([String], Int32)])
  func exitCodes(arguments: [String], status: Int32) throws {
    let command = try Command(arguments)
    #expect(command.status == status, "\(command.output)\(command.errors)")
    #expect(command.errors.isEmpty == (status == 0))
    if status == 1 || status == 69 { #expect(command.errors.hasPrefix("error: ")) }
  }

  /// The key is one for ssh, nobody else can read it, and nothing is overwritten.
  @Test(.temporaryFolder) func keygenWritesAKeyOnce() throws {
    let folder = TemporaryFolder.current
    let made = try Command("keygen", "--output", "ledger.key", "--instance", "production")
    #expect(made.status == 0, "\(made.errors)")
    let published = try String(
      contentsOf: folder.appending(path: "ledger.key.pub"), encoding: .utf8)
    let key = published.split(separator: " ").prefix(2).joined(separator: " ")
    #expect(made.output.hasSuffix("\nproduction namespaces=\"git\" \(key)\n"))
    #expect(try shell(["ssh-keygen", "-y", "-f", "ledger.key"], in: folder) == published)
    #expect(try shell(["stat", "-c", "%a", "ledger.key"], in: folder) == "600\n")
    let again = try Command("keygen", "--output", "ledger.key")
    #expect(again.status == 1 && again.errors.contains("ledger.key exists already"))
    #expect(try shell(["ssh-keygen", "-y", "-f", "ledger.key"], in: folder) == published)
    let hidden = try Command("keygen", "--comment", "a\u{1B}[2J")
    #expect(hidden.status == 64 && !hidden.errors.contains("\u{1B}"))
  }

  /// A key that others could have read is refused before anything is done, with what to do.
  @Test(.temporaryFolder) func wrongSigningKeysAreRefused() throws {
    let folder = TemporaryFolder.current
    try shell(["git", "init", "--quiet", "--bare", "models.git"], in: folder)
    try Command("keygen", "--output", "open.key")
    try shell(["chmod", "640", "open.key"], in: folder)
    try shell(["ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", "ecdsa"], in: folder)
    try shell(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", "locked"], in: folder)
    var transcript = ""
    for file in ["open.key", "ecdsa", "locked", "missing", "/dev/null"] {
      let arguments = ["run", "--repo", "models.git", "--signing-key", file]
      let result = try Command(arguments)
      #expect(result.status == 1)
      transcript += result.transcript(of: "serin \(arguments.joined(separator: " "))")
    }
    try expectGolden(transcript, "wrong-signing-keys.txt")
  }

  /// A file of signers that is not understood is refused with its line before anything is done.
  @Test(.temporaryFolder) func wrongSourceSignersAreRefused() throws {
    let folder = TemporaryFolder.current
    try shell(["git", "init", "--quiet", "--bare", "models.git"], in: folder)
    let files = [
      "empty": "", "option": "# ours\nada cert-authority ssh-ed25519 AAAA\n",
      "token": "ada sk-ssh-ed25519@openssh.com AAAA\n", "evil": "ada \u{1B}[2J\u{202E} AAAA\n",
    ]
    for (name, text) in files { try Data(text.utf8).write(to: folder.appending(path: name)) }
    var transcript = ""
    for file in files.keys.sorted() + ["missing"] {
      let arguments = ["run", "--repo", "models.git", "--source-signers", file]
      let result = try Command(arguments)
      #expect(result.status == 1)
      transcript += result.transcript(of: "serin \(arguments.joined(separator: " "))")
    }
    try expectGolden(transcript, "wrong-source-signers.txt")
  }

  @Test(.temporaryFolder) func validateShowsEveryProblem() throws {
    let folder = TemporaryFolder.current.appending(path: "models")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(Self.wrong.utf8).write(to: folder.appending(path: "ranker.yaml"))
    let result = try Command("validate", "models")
    #expect(result.status == 1)
    try expectGolden(result.transcript(of: "serin validate models"), "validate-wrong.txt")
    let json = try Command("validate", "-o", "json", "models")
    #expect(json.output.contains(#""severity": "error""#))
  }

  /// The manifests that we show to people are right.
  @Test(.temporaryFolder) func examplesAreRight() throws {
    let examples = URL(filePath: #filePath).appending(path: "../../../../examples").standardized
    let result = try Command("validate", examples.path)
    #expect(result.status == 0, "\(result.output)")
    #expect(!result.output.contains("warning"), "\(result.output)")
  }

  @Test(.temporaryFolder) func digestOfAFolderIsThatOfItsListing() throws {
    let folder = TemporaryFolder.current.appending(path: "model")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("weights".utf8).write(to: folder.appending(path: "model.joblib"))
    let pipeline =
      "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    let listed = try shell(["sh", "-c", pipeline], in: folder).prefix(64)
    #expect(try Command("digest", "model").output == "sha256:\(listed)\n")
  }

  /// Without Envoy or MLServer the error says what is missing and how to get it.
  @Test(.temporaryFolder) func missingToolsAreNamed() throws {
    try shell(["git", "init", "--quiet", "--bare", "models.git"], in: TemporaryFolder.current)
    let result = try Command(
      "run", "--repo", "models.git",
      environment: ["PATH": "/nonexistent", "SERIN_ENVOY": "", "SERIN_PYTHON": ""])
    #expect(result.status == 1)
    try expectGolden(result.transcript(of: "serin run --repo models.git"), "missing-tools.txt")
  }

  static let wrong = """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata:
      name: Ranker
    spec:
      modle:
        version: "3"
      strategy:
        canary:
          steps: [5%, 250%]
      slos:
        - latency: {percentile: 99, below: 250}
    """
}
