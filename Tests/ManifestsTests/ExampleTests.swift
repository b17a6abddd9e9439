import Encoding
import Foundation
import Golden
import Manifests
import Rollouts
import Testing

@Suite struct ExampleTests {
  @Test(arguments: [
    "minimal.yaml", "fraud-detector.yaml", "blue-green.yaml", "drift.yaml",
    "demo/fraud-detector.yaml", "shadow.yaml", "ab-test.yaml", "preview.yaml", "match.yaml",
    "ab-test-arms.yaml", "batch.yaml", "slices.yaml", "slices-by-input.yaml",
    "group.yaml", "recreate.yaml", "affinity.yaml", "load.yaml", "ab-test-by-header.yaml",
  ])
  func manifest(name: String) throws {
    let file = Self.decode(
      try TestFiles.bytes(TestFiles.examples.appending(path: name)), name)
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let values = try file.deployments.map { item in
      "line \(item.line): \(item.deployment.revision)\n"
        + (try JSONValue(encoding: item.deployment).indented)
    }
    let golden = "example-\(name.replacing("/", with: "-")).txt"
    try expectGolden(values.joined(separator: "\n") + "\n", golden)
  }

  /// What stands in comments as the default is the default.
  @Test func defaultsOfDriftAreTold() throws {
    let text = String(
      decoding: try TestFiles.bytes(TestFiles.examples.appending(path: "drift.yaml")),
      as: UTF8.self)
    let spelledOut = text.replacing("  drift: {}\n", with: "").replacing("\n  # ", with: "\n  ")
    #expect(spelledOut.contains("\n  drift:\n    sample: auto"))
    let short = Self.decode(Array(text.utf8), "drift.yaml")
    let long = Self.decode(Array(spelledOut.utf8), "drift.yaml")
    #expect(long.diagnostics.isEmpty, "\(long.rendering)")
    #expect(short.deployments.map(\.deployment) == long.deployments.map(\.deployment))
  }

  /// Reads a manifest, and the profiles that it names, from the folder of examples.
  private static func decode(_ bytes: [UInt8], _ name: String) -> ManifestFile {
    decodeManifests(bytes, path: name) { path in
      guard let bytes = try? TestFiles.bytes(TestFiles.examples.appending(path: path)) else {
        return .missing
      }
      return decodeProfile(bytes, path: path).profile.map { .found($0) } ?? .wrong
    }
  }

  @Test func controller() throws {
    let bytes = try TestFiles.bytes(TestFiles.examples.appending(path: "controller.yaml"))
    let file = decodeController(bytes, path: "controller.yaml")
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let source = SourceSettings(
      repository: RepositorySettings(
        url: "https://git.example.org/ml/models.git",
        authentication: AuthenticationSettings(
          username: "serin", tokenFile: "/etc/serin/token", caFile: "/etc/ssl/git-ca.pem")),
      path: "deployments", allowedSigners: "/etc/serin/manifest-signers", requireSigned: true,
      fastForwardOnly: true)
    let ledger = LedgerSettings(
      repository: RepositorySettings(
        url: "ssh://git@git.example.org/ml/ledger.git",
        authentication: AuthenticationSettings(
          sshKeyFile: "/etc/serin/id_ed25519", sshKnownHostsFile: "/etc/serin/known_hosts")),
      committer: Committer(email: "serin@example.org"), signingKeyFile: "/etc/serin/ledger.key",
      allowedSigners: "/etc/serin/ledger-signers")
    let mlserver = LocalSettings(
      envoy: "/usr/local/bin/envoy", python: "/opt/mlserver/bin/python",
      allowedHosts: ["models.example.org"],
      allowedFolders: ["/srv/models"],
      clients: ClientSettings(connectionsPerAddress: 500), caFile: "/etc/ssl/models-ca.pem",
      batch: BatchSettings(folder: "/srv/serin-batch"))
    let expected = ControllerConfiguration(
      name: "production", source: source, ledger: ledger, state: "/var/lib/serin",
      paths: PathSettings(artifacts: "/srv/serin", logs: "/srv/serin"),
      runtimes: [RuntimeSettings(local: mlserver)],
      console: ConsoleSettings(
        listen: ListenAddress(host: "127.0.0.1", port: 9464),
        webhookSecretFile: "/etc/serin/webhook",
        tokenFiles: ["payments": "/etc/serin/payments.token"], hosts: ["serin.example.org"]),
      namespaces: NamespaceRules([
        "payments": NamespaceSettings(
          folders: ["deployments/payments"], signers: ["ada@example.org"],
          allowedFormats: ["sklearn", "xgboost"],
          quotas: QuotaSettings(
            deployments: 20, revisions: 40, servers: 60, artifactBytes: 50 << 30,
            logBytes: 1 << 30)),
        "*": NamespaceSettings(folders: ["deployments/sandbox"]),
      ]))
    #expect(file.configuration == expected)
  }

  /// What models are kept from is the operator's word, to the last key.
  @Test func isolationIsRead() throws {
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: serin}
      spec:
        source: {url: /srv/models.git}
        runtimes:
          - name: local
            local:
              isolation:
                mode: required
                egress: true
                limits: {memory: 4GiB, processes: 500, cpu: 1.5}
                firstUser: 100000
                visible: [/opt/shared]
                devices: [/dev/nvidia0]
      """
    let file = decodeController(Array(text.utf8), path: "c.yaml")
    let expected = IsolationSettings(
      mode: .required, egress: true,
      limits: ServerLimits(memory: 4 << 30, processes: 500, milliCores: 1500), firstUser: 100_000,
      visible: ["/opt/shared"], devices: ["/dev/nvidia0"])
    #expect(
      file.configuration?.runtimes.map(\.local?.isolation) == [expected], "\(file.rendering)")
  }

  /// No example lies in the folder that no test reads.
  @Test func everyExampleIsTried() {
    #expect(
      TestFiles.names(in: TestFiles.examples) == [
        "ab-test-arms.yaml", "ab-test-by-header.yaml", "ab-test.yaml", "affinity.yaml",
        "batch.yaml", "blue-green.yaml",
        "controller.yaml", "drift.yaml", "fraud-detector.yaml", "group.yaml", "load.yaml",
        "match.yaml", "minimal.yaml", "preview.yaml", "recreate.yaml", "shadow.yaml",
        "slices-by-input.yaml", "slices.yaml",
      ])
  }

  /// The flags of the command line and an empty file give the same configuration.
  @Test func defaultsOfFileAndFlagsAgree() throws {
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: serin}
      spec: {source: {url: /srv/models.git}}
      """
    let file = decodeController(Array(text.utf8), path: "c.yaml")
    let source = SourceSettings(repository: RepositorySettings(url: "/srv/models.git"))
    #expect(file.configuration == ControllerConfiguration(source: source))
    let spelledOut = text.replacing(
      "/srv/models.git}", with: "/srv/models.git}, ledger: {}, runtimes: [{name: local, local: {}}]"
    )
    let second = decodeController(Array(spelledOut.utf8), path: "c.yaml")
    #expect(second.configuration == file.configuration, "\(second.rendering)")
  }

  /// The source's credentials are used for the ledger on the same server, and sent to no other.
  @Test(arguments: [
    ("https://host/ledger.git", true), ("https://HOST/x", true), ("https://other/x", false),
    ("http://host/x", false), ("ssh://git@host/x", false), ("/srv/x.git", false),
  ])
  func ledgerInheritsCredentials(url: String, inherits: Bool) throws {
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: serin}
      spec:
        source: {url: "https://host/models.git", auth: {tokenFile: /etc/token}}
        ledger: {url: "\(url)"}
      """
    let file = decodeController(Array(text.utf8), path: "c.yaml")
    let ledger = try #require(file.configuration?.ledger)
    #expect((ledger.repository.authentication.tokenFile == "/etc/token") == inherits)
  }
}
