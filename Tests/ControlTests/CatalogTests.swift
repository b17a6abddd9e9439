import Control
import Ledger
import Manifests
import Profiles
import Rollouts
import Testing

@Suite struct CatalogTests {
  /// After the first pass only changed blobs are read.
  @Test func onlyChangedBlobsAreRead() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository(["a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b")])
    _ = try await repository.snapshot(&catalog)
    #expect(repository.reads == 2)
    repository.files["b.yaml"] = Self.manifest("b", version: "2")
    let snapshot = try await repository.snapshot(&catalog)
    #expect(repository.reads == 3)
    #expect(snapshot.wanted.count == 2)
    #expect(snapshot.wanted[Self.name("b")]?.deployment.revision.model.version == "2")
  }

  /// A profile that changes makes another revision of the manifest that names it, and one that is wrong
  /// is no reason to serve nothing.
  @Test func profilesAreFollowed() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository([
      "a.yaml": Self.manifest("a", profile: "p.yaml"), "b.yaml": Self.manifest("b"),
      "p.yaml": Self.profile(rows: 10),
    ])
    let first = try await repository.snapshot(&catalog)
    #expect(first.diagnostics.allSatisfy { $0.severity != .error }, "\(first.diagnostics)")
    let before = first.wanted[Self.name("a")]?.deployment
    #expect(before?.drift?.profile.rows == 10)
    repository.files["p.yaml"] = Self.profile(rows: 20)
    repository.reads = 0
    let after = try await repository.snapshot(&catalog).wanted[Self.name("a")]?.deployment
    #expect(after?.drift?.profile.rows == 20 && after?.revision.id != before?.revision.id)
    #expect(repository.reads == 3)
    for wrong in ["kind: DataProfile\n", nil] {
      repository.files["p.yaml"] = wrong
      let snapshot = try await repository.snapshot(&catalog)
      #expect(snapshot.unchanged == [Self.name("a")])
      #expect(snapshot.wanted.keys.map(\.name) == ["b"])
    }
  }

  static func profile(rows: Int) -> String {
    DataProfile(
      rows: rows, source: "train.csv",
      features: [
        ProfileColumn(name: "x", kind: .number(edges: [1]), counts: [rows / 2, rows / 2, 0])
      ], outputs: []
    ).yaml(named: "p")
  }

  /// A file that is wrong is rejected alone, and its deployments stay as they were.
  @Test(arguments: [
    "kind: [", "", "apiVersion: v1\nkind: ConfigMap\n",
    "apiVersion: serin.dev/v1alpha1\nkind: ModelDeployment\nmetadata: {name: a}\nspec: {modle: 1}\n",
  ])
  func wrongFileStaysAlone(text: String) async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository(["a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b")])
    _ = try await repository.snapshot(&catalog)
    repository.files["a.yaml"] = text
    for _ in 0..<3 {
      let snapshot = try await repository.snapshot(&catalog)
      #expect(snapshot.unchanged == [Self.name("a")])
      #expect(snapshot.wanted.keys.map(\.name) == ["b"])
      #expect(snapshot.diagnostics.contains { $0.severity == .error && $0.path == "a.yaml" })
    }
    repository.files["a.yaml"] = Self.manifest("a", version: "2")
    #expect(try await repository.snapshot(&catalog).wanted.count == 2)
  }

  /// A runtime that nobody configured is named, with those that are; what serves goes on.
  @Test func unknownRuntimeIsRefused() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository(["a.yaml": Self.manifest("a")])
    _ = try await repository.snapshot(&catalog)
    repository.files["a.yaml"] = Self.manifest("a") + "\n  runtime: edge\n"
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted.isEmpty && snapshot.unchanged == [Self.name("a")])
    #expect(snapshot.diagnostics.first?.hint == "this controller has: local")
    #expect(snapshot.diagnostics.first?.position == TextPosition(line: 7, column: 12))
  }

  /// A misspelt runtime is recognised, and a manifest that names none gets the first.
  @Test func runtimesGoByName() async throws {
    var catalog = Catalog(runtimes: ["edge", "cluster"])
    var repository = Repository([
      "a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b") + "\n  runtime: cluster\n",
      "c.yaml": Self.manifest("c") + "\n  runtime: clustre\n",
    ])
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted.count == 2 && snapshot.unchanged == [Self.name("c")])
    #expect(snapshot.wanted[Self.name("a")]?.deployment.runtime == "edge")
    #expect(snapshot.wanted[Self.name("b")]?.deployment.runtime == "cluster")
    #expect(snapshot.diagnostics.map(\.hint) == ["did you mean \"cluster\"?"])
  }

  /// What serves stays where it is, whatever its manifest says, until nothing of it is left there.
  @Test func aDeploymentDoesNotMove() async throws {
    var catalog = Catalog(runtimes: ["edge", "cluster"])
    let name = Self.name("a")
    var repository = Repository(["a.yaml": Self.manifest("a") + "\n  runtime: cluster\n"])
    let refused = try await repository.snapshot(&catalog, servedBy: [name: "edge"])
    #expect(refused.wanted.isEmpty && refused.unchanged == [name])
    let diagnostic = refused.diagnostics.first
    #expect(
      diagnostic?.message
        == "default/a is served by the runtime \"edge\", and cannot move to \"cluster\"")
    #expect(diagnostic?.hint?.contains("another name") == true)
    #expect(try await repository.snapshot(&catalog, servedBy: [name: "cluster"]).wanted.count == 1)
    #expect(try await repository.snapshot(&catalog).wanted[name]?.deployment.runtime == "cluster")
  }

  /// Clients of an endpoint do not find a pointer in its place, nor jobs an endpoint.
  @Test(arguments: [(nil, "batch"), ("batch", nil)] as [(String?, String?)])
  func servingDoesNotChange(before: String?, after: String?) async throws {
    var catalog = Catalog(runtimes: ["local"])
    let name = Self.name("a")
    func text(_ serving: String?) -> String {
      Self.manifest("a") + (serving.map { "\n  serving: \($0)\n" } ?? "")
    }
    var repository = Repository(["a.yaml": text(before)])
    let wanted = try #require(try await repository.snapshot(&catalog).wanted[name])
    let source = SourceReference(
      repository: "", commit: "1", path: "a.yaml", blob: wanted.blob, rewrittenFrom: nil,
      changes: .unknown)
    let words =
      "default/a is served \(before ?? "online"), and cannot change to \(after ?? "online")"
    let cases: [(Deployment?, [String])] = [(wanted.deployment, [words]), (nil, [])]
    for (deployment, messages) in cases {
      let recorded = RecordedManifest(source: source, deployment: deployment, runtime: "local")
      let history = SourceHistory(recorded: [name: recorded]) { _, _ in nil }
      repository.files["a.yaml"] = text(after)
      let snapshot = try await repository.snapshot(&catalog, after: history)
      #expect(snapshot.diagnostics.map(\.message) == messages)
      #expect(snapshot.wanted.isEmpty == !messages.isEmpty)
    }
  }

  /// What was known before a restart protects a file that is wrong after it.
  @Test func rememberedPathProtects() async throws {
    var catalog = Catalog(runtimes: ["local"])
    catalog.remember(Self.name("a"), from: "a.yaml")
    var repository = Repository(["a.yaml": "kind: ["])
    #expect(try await repository.snapshot(&catalog).unchanged == [Self.name("a")])
  }

  @Test func removedFileIsNotUnchanged() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository(["a.yaml": Self.manifest("a"), "b.yaml": Self.manifest("b")])
    _ = try await repository.snapshot(&catalog)
    repository.files["a.yaml"] = nil
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.unchanged.isEmpty && snapshot.wanted.count == 1)
  }

  /// A deployment moves with its file; a copy does not take it over.
  @Test func copiedFileDoesNotTakeOver() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = Repository(["m.yaml": Self.manifest("a")])
    _ = try await repository.snapshot(&catalog)
    repository.files["a-copy.yaml"] = Self.manifest("a", version: "9")
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted[Self.name("a")]?.path == "m.yaml")
    #expect(snapshot.diagnostics.map(\.path) == ["a-copy.yaml"])
    repository.files["m.yaml"] = nil
    #expect(try await repository.snapshot(&catalog).wanted[Self.name("a")]?.path == "a-copy.yaml")
  }

  /// Links, submodules and files that are too large are refused without being read.
  @Test(arguments: [
    TreeEntry(path: "x.yaml", kind: .symbolicLink, blob: "1", size: 10),
    TreeEntry(path: "vendor", kind: .submodule, blob: "1", size: 0),
    TreeEntry(path: "x.yaml", kind: .file, blob: "1", size: 256 * 1024 + 1),
  ])
  func refusedEntries(entry: TreeEntry) async throws {
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await catalog.snapshot(of: Repository.tip, entries: [entry]) { _ in
      Issue.record("it was read")
      return []
    }
    #expect(snapshot.diagnostics.map(\.severity) == [.error])
    #expect(snapshot.diagnostics.first?.hint != nil)
  }

  @Test(arguments: [
    ("Remove them\n\nSerin-Confirm: removal\n", true), ("Serin-Confirm: removals", false),
    ("say Serin-Confirm: removal", false),
  ])
  func confirmation(message: String, isConfirmed: Bool) async throws {
    let tip = Tip(commit: "1", author: "", message: message, rewrittenFrom: nil)
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await catalog.snapshot(of: tip, entries: []) { _ in [] }
    #expect(snapshot.confirmsRemoval == isConfirmed)
  }

  static func name(_ name: String) -> DeploymentName {
    DeploymentName(namespace: "default", name: name)
  }

  static func manifest(
    _ name: String, version: String = "1", profile: String? = nil
  ) -> String {
    let watched = profile.map { ", profile: \($0)" } ?? ""
    return """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        model: {version: "\(version)", uri: "file:///m", format: sklearn, digest: "sha256:\(String(repeating: "0", count: 64))"\(watched)}
        \(profile == nil ? "" : "drift: {}")
      """
  }

  /// Files whose blobs are their own names.
  struct Repository {
    static let tip = Tip(commit: "1", author: "", message: "", rewrittenFrom: nil)
    var files: [String: String]
    var reads = 0

    init(_ files: [String: String]) { self.files = files }

    mutating func snapshot(
      _ catalog: inout Catalog, servedBy homes: [DeploymentName: String] = [:],
      after history: SourceHistory = .none
    ) async throws -> Snapshot {
      let entries = files.sorted { $0.key < $1.key }.map { path, text in
        TreeEntry(path: path, kind: .file, blob: text, size: text.utf8.count)
      }
      var count = 0
      let snapshot = try await catalog.snapshot(
        of: Self.tip, entries: entries, servedBy: homes, after: history
      ) { blob in
        count += 1
        return Array(blob.utf8)
      }
      reads += count
      return snapshot
    }
  }
}
