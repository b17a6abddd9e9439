import Control
import Ledger
import Manifests
import Rollouts
import Testing
import Threads

/// Who may declare what: by folder, by signer, and how much.
@Suite struct NamespaceTests {
  private static let digest = String(repeating: "0", count: 64)

  private static func manifest(
    _ name: String, in namespace: String = "payments", version: String = "1", more: String = ""
  ) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: \(name), namespace: \(namespace)}
    spec:
      model: {version: "\(version)", uri: "file:///m", format: sklearn, digest: "sha256:\(digest)"}
      \(more)
    """
  }

  private static func name(_ name: String, in namespace: String = "payments") -> DeploymentName {
    DeploymentName(namespace: namespace, name: name)
  }

  private static let tip = Tip(commit: "1", author: "", message: "", rewrittenFrom: nil)

  private func read(
    _ catalog: inout Catalog, _ files: [String: String], after history: SourceHistory = .none
  ) async throws -> Snapshot {
    let entries = files.sorted { $0.key < $1.key }.map { path, text in
      TreeEntry(path: path, kind: .file, blob: text, size: text.utf8.count)
    }
    return try await catalog.snapshot(of: Self.tip, entries: entries, after: history) {
      Array($0.utf8)
    }
  }

  private static func catalog(_ entries: [String: NamespaceSettings]) -> Catalog {
    Catalog(runtimes: ["local"], rules: NamespaceRules(entries))
  }

  // MARK: Folders

  /// A namespace is declared in its folders: by whole parts of the path, and byte by byte.
  @Test(arguments: [
    ("teams/payments/a.yaml", true), ("teams/payments/eu/a.yaml", true), ("shared/a.yaml", true),
    ("teams/payments.yaml", false), ("teams/payments-eu/a.yaml", false), ("a.yaml", false),
    ("teams/fraud/a.yaml", false), ("x/teams/payments/a.yaml", false),
    ("teams/Payments/a.yaml", false), ("teams/fraud/../payments/a.yaml", false),
  ])
  func manifestLiesInItsFolder(path: String, isRight: Bool) async throws {
    var catalog = Self.catalog([
      "payments": NamespaceSettings(folders: ["teams/payments", "shared"])
    ])
    let snapshot = try await read(&catalog, [path: Self.manifest("fraud")])
    #expect(snapshot.wanted.isEmpty == !isRight)
    guard !isRight else { return }
    let diagnostic = try #require(snapshot.diagnostics.first)
    #expect(
      diagnostic.message
        == "payments/fraud may not be declared here: manifests of the namespace \"payments\" lie in "
        + "teams/payments, shared")
    #expect(diagnostic.path == path && diagnostic.position.line == 3)
  }

  /// A stranger who declares a name first does not keep it from its team.
  @Test func strangerTakesNoName() async throws {
    var catalog = Self.catalog(["payments": NamespaceSettings(folders: ["teams/payments"])])
    let own = "teams/payments/a.yaml"
    _ = try await read(&catalog, ["teams/fraud/a.yaml": Self.manifest("fraud")])
    let both = try await read(
      &catalog,
      ["teams/fraud/a.yaml": Self.manifest("fraud"), own: Self.manifest("fraud", version: "2")])
    #expect(both.wanted[Self.name("fraud")]?.path == own)
    #expect(both.diagnostics.map(\.path) == ["teams/fraud/a.yaml"])
  }

  /// A manifest that is moved out of its folder stays at its last good version.
  @Test func movedManifestStays() async throws {
    var catalog = Self.catalog(["payments": NamespaceSettings(folders: ["teams/payments"])])
    _ = try await read(&catalog, ["teams/payments/a.yaml": Self.manifest("fraud")])
    let moved = try await read(&catalog, ["teams/fraud/a.yaml": Self.manifest("fraud")])
    #expect(moved.wanted.isEmpty && moved.unchanged == [Self.name("fraud")])
  }

  /// With rules, what is not listed is refused; "*" has rules for it.
  @Test(arguments: [
    (["payments"], "payments", true), (["payments"], "paymnets", false), ([], "anything", true),
    (["payments", "*"], "anything", true),
  ])
  func unlistedNamespaces(listed: [String], namespace: String, isRight: Bool) async throws {
    var catalog = Self.catalog(
      Dictionary(uniqueKeysWithValues: listed.map { ($0, NamespaceSettings()) }))
    let snapshot = try await read(&catalog, ["a.yaml": Self.manifest("a", in: namespace)])
    #expect(snapshot.wanted.isEmpty == !isRight)
    guard !isRight else { return }
    #expect(snapshot.diagnostics.first?.message.contains("does not serve the namespace") == true)
    #expect(snapshot.diagnostics.first?.hint == "did you mean \"payments\"?")
  }

  // MARK: Formats

  /// A model of a format that its namespace may not use is refused at its format, and the last good
  /// version goes on.
  @Test(arguments: [
    (["payments": nil], true), (["payments": ["sklearn"]], true),
    (["payments": ["xgboost", "mlflow"]], false), (["*": ["xgboost", "mlflow"]], false),
    (["payments": nil, "*": ["xgboost"]], true),
  ])
  func formatIsAllowed(formats: [String: [String]?], isRight: Bool) async throws {
    var catalog = Self.catalog(formats.mapValues { NamespaceSettings(allowedFormats: $0) })
    let xgboost = Self.manifest("fraud").replacing("sklearn", with: "xgboost")
    let first = try await read(&catalog, ["a.yaml": xgboost])
    #expect(isRight || first.wanted.count == 1)
    let snapshot = try await read(&catalog, ["a.yaml": Self.manifest("fraud", version: "2")])
    #expect(snapshot.wanted.isEmpty == !isRight)
    #expect(snapshot.unchanged == (isRight ? [] : [Self.name("fraud")]))
    guard !isRight else { return }
    let diagnostic = try #require(snapshot.diagnostics.first)
    #expect(diagnostic.message == "payments/fraud may not have a model of the format \"sklearn\"")
    #expect(diagnostic.hint == "allowed in the namespace \"payments\": xgboost, mlflow")
    #expect(diagnostic.position == TextPosition(line: 5, column: 51))
  }

  // MARK: Signers

  private static func change(_ principal: String?, key: String = "SHA256:1") -> SourceChange {
    SourceChange(
      commit: "abcdef0123456789", author: "Somebody", paths: ["a.yaml"],
      signer: SourceSigner(principal == nil ? .unsigned : .good, principal: principal, key: key))
  }

  /// The last change is signed by somebody who may.
  ///
  /// A key of OpenSSH goes by the operator's name for it, or by itself. What a key of GPG calls itself
  /// counts for nothing.
  @Test(arguments: [
    ([change("ada")], true), ([change("grace,ada")], true), ([change("eve")], false),
    ([change(nil)], false), ([change("ada"), change("eve")], false),
    ([change("eve", key: "SHA256:ada")], true), ([change("ada", key: "0123ABCD")], false),
    ([change("eve", key: "FFFFABCD")], true), ([], false), (nil, false),
  ])
  func lastChangeIsSigned(changes: [SourceChange]?, isRight: Bool) async throws {
    var catalog = Self.catalog([
      "payments": NamespaceSettings(signers: ["ada", "SHA256:ada", "FFFFABCD"])
    ])
    let history = SourceHistory(recorded: [:]) { _, _ in changes }
    let snapshot = try await read(&catalog, ["a.yaml": Self.manifest("fraud")], after: history)
    #expect(snapshot.wanted.isEmpty == !isRight)
    guard !isRight else { return }
    #expect(snapshot.unchanged == [Self.name("fraud")])
    let message = try #require(snapshot.diagnostics.first?.message)
    #expect(message.hasPrefix("payments/fraud may not be changed by this signer: "))
    #expect(message.hasSuffix("allowed: ada, SHA256:ada, FFFFABCD"))
  }

  /// A change by another team leaves the last good version; the team's own next change is followed.
  ///
  /// What was right is not asked about again.
  @Test func strangersChangeIsNotFollowed() async throws {
    var catalog = Self.catalog(["payments": NamespaceSettings(signers: ["ada"])])
    let name = Self.name("fraud")
    let asked = Lock(0)
    for (version, signer) in [("1", "ada"), ("1", "eve"), ("2", "eve"), ("3", "ada")] {
      let history = SourceHistory(recorded: [:]) { _, _ in
        asked.withLock { $0 += 1 }
        return [Self.change(signer)]
      }
      let snapshot = try await read(
        &catalog, ["a.yaml": Self.manifest("fraud", version: version)], after: history)
      let isRight = version != "2"
      #expect(snapshot.wanted[name]?.deployment.revision.model.version == (isRight ? version : nil))
      #expect(snapshot.unchanged == (isRight ? [] : [name]))
    }
    #expect(asked.withLock { $0 } == 3)
  }

  /// Whoever may not change a manifest may not remove it either, with its file or out of it.
  @Test(arguments: [
    ([:], "ada", true), ([:], "eve", false), (["a.yaml": manifest("other")], "eve", false),
    (["a.yaml": manifest("other")], "ada", true), (["a.yaml": "kind: ["], "ada", false),
  ])
  func removalIsSigned(files: [String: String], signer: String, isRight: Bool) async throws {
    var catalog = Self.catalog(["payments": NamespaceSettings(signers: ["ada"])])
    let name = Self.name("fraud")
    let asAda = SourceHistory(recorded: [:]) { _, _ in [Self.change("ada")] }
    let first = try await read(&catalog, ["a.yaml": Self.manifest("fraud")], after: asAda)
    let wanted = try #require(first.wanted[name])
    let source = SourceReference(
      repository: "", commit: "1", path: "a.yaml", blob: wanted.blob, rewrittenFrom: nil,
      changes: .unknown)
    let recorded = RecordedManifest(
      source: source, deployment: wanted.deployment, runtime: "local")
    let history = SourceHistory(recorded: [name: recorded]) { _, _ in [Self.change(signer)] }
    let snapshot = try await read(&catalog, files, after: history)
    #expect(snapshot.unchanged.contains(name) == !isRight && snapshot.wanted[name] == nil)
    let isBlamed = snapshot.diagnostics.contains { $0.message.contains("may not be removed") }
    #expect(isBlamed == (signer == "eve"))
  }

  // MARK: Quotas

  private static func versions(_ names: [String], _ version: String = "1") -> [String: String] {
    Dictionary(
      uniqueKeysWithValues: names.map { ("\($0).yaml", manifest($0, version: version)) })
  }

  /// Who is there stays, whatever comes and however it is called; the first by name come in.
  @Test func nobodyIsDisplaced() async throws {
    var catalog = Self.catalog([
      "payments": NamespaceSettings(quotas: QuotaSettings(deployments: 2))
    ])
    func names(_ snapshot: Snapshot) -> [String] { snapshot.wanted.keys.map(\.name).sorted() }
    #expect(names(try await read(&catalog, Self.versions(["d", "m", "z"]))) == ["d", "m"])
    let more = try await read(&catalog, Self.versions(["a", "d", "m", "z"], "2"))
    #expect(names(more) == ["d", "m"])
    #expect(more.wanted[Self.name("m")]?.deployment.revision.model.version == "2")
    #expect(more.diagnostics.map(\.path) == ["a.yaml", "z.yaml"])
    #expect(
      more.diagnostics.first?.message
        == "payments/a would be more than the namespace \"payments\" may have: 2 deployments")
    #expect(names(try await read(&catalog, Self.versions(["a", "m", "z"]))) == ["a", "m"])
    // One that is wrong now has its place, too.
    var files = Self.versions(["a", "b", "m"])
    files["m.yaml"] = "kind: ["
    #expect(names(try await read(&catalog, files)) == ["a"])
  }

  /// What a rollout keeps loaded counts, with its replicas; a change that would be too much is refused
  /// alone, and what was there goes on.
  @Test(arguments: [
    ("", true), ("strategy: {recreate: {}}", true), ("replicas: 2", true), ("replicas: 3", false),
    ("analysis: {dependence: matched}", true),
    ("analysis: {dependence: matched}\n  replicas: 2", false),
  ])
  func loadedRevisionsCount(more: String, isRight: Bool) async throws {
    var catalog = Self.catalog([
      "payments": NamespaceSettings(quotas: QuotaSettings(revisions: 3)),
      "*": NamespaceSettings(quotas: QuotaSettings(servers: 4)),
    ])
    let first = try await read(&catalog, ["a.yaml": Self.manifest("a")])
    #expect(first.wanted.count == 1)
    let snapshot = try await read(
      &catalog, ["a.yaml": Self.manifest("a", version: "2", more: more)])
    #expect(snapshot.wanted.isEmpty == !isRight, "\(snapshot.diagnostics)")
    #expect(snapshot.unchanged == (isRight ? [] : [Self.name("a")]))
    let other = try await read(
      &catalog, ["a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b")])
    #expect(other.wanted.keys.map(\.name) == ["a"])
  }

  /// What jobs read takes revisions, and no servers.
  @Test func jobsTakeNoServers() async throws {
    var catalog = Self.catalog([
      "payments": NamespaceSettings(quotas: QuotaSettings(revisions: 6, servers: 2))
    ])
    let snapshot = try await read(
      &catalog,
      [
        "a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b"),
        "c.yaml": Self.manifest("c", more: "serving: batch"),
      ])
    #expect(snapshot.wanted.keys.map(\.name).sorted() == ["a", "c"], "\(snapshot.diagnostics)")
  }

  // MARK: What cannot be read

  /// What lies in a folder that is not read to its end stays as it was, and everything else is followed.
  @Test(arguments: [
    ("evil", ["evil/a.yaml", "evil/b/c.yaml"]), ("", ["evil/a.yaml", "evil/b/c.yaml", "f.yaml"]),
  ])
  func unreadFolderHoldsWhatIsBelow(folder: String, held: [String]) async throws {
    var catalog = Catalog(runtimes: ["local"])
    let files = [
      "evil/a.yaml": Self.manifest("a"), "evil/b/c.yaml": Self.manifest("c"),
      "evil-too/d.yaml": Self.manifest("d"), "f.yaml": Self.manifest("f"),
    ]
    _ = try await read(&catalog, files)
    let rest = files.filter { $0.key == "evil-too/d.yaml" }.map { path, text in
      TreeEntry(path: path, kind: .file, blob: text, size: text.utf8.count)
    }
    let unread = TreeEntry(path: folder, kind: .unreadFolder("too many"), blob: "", size: 0)
    let snapshot = try await catalog.snapshot(of: Self.tip, entries: rest + [unread]) {
      Array($0.utf8)
    }
    #expect(snapshot.wanted.keys.map(\.name) == ["d"])
    #expect(snapshot.unchanged.count == held.count)
    let diagnostic = try #require(snapshot.diagnostics.first)
    #expect(diagnostic.path == (folder.isEmpty ? "." : folder))
    #expect(diagnostic.message == "the folder is not read to its end: too many")
  }

  /// A file that cannot be read is no reason not to read the others, and is tried again.
  @Test func unreadableFileStaysAlone() async throws {
    var catalog = Catalog(runtimes: ["local"])
    let files = ["a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b")]
    let first = try await read(&catalog, files)
    #expect(first.isWhole)
    let entries = files.sorted { $0.key < $1.key }.map { path, text in
      TreeEntry(path: path, kind: .file, blob: text + " ", size: text.utf8.count + 1)
    }
    struct Broken: Error {}
    let snapshot = try await catalog.snapshot(of: Self.tip, entries: entries) { blob in
      guard blob.contains("name: b") else { throw Broken() }
      return Array(blob.utf8)
    }
    #expect(snapshot.wanted.keys.map(\.name) == ["b"] && snapshot.unchanged == [Self.name("a")])
    #expect(snapshot.diagnostics.first?.path == "a.yaml" && !snapshot.isWhole)
  }
}
