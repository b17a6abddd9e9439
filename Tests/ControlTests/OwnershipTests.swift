import Control
import Manifests
import Rollouts
import Testing

/// A name belongs to the path that has it, until that path gives it up.
@Suite struct OwnershipTests {
  private static let name = CatalogTests.name("a")
  private static let wrong = """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: a}
    spec: {modle: 1}
    """

  /// A repository in which m.yaml has the name, and a-copy.yaml was refused it.
  private static func copied() async throws -> (Catalog, CatalogTests.Repository) {
    var catalog = Catalog(runtimes: ["local"])
    var repository = CatalogTests.Repository(["m.yaml": CatalogTests.manifest("a")])
    _ = try await repository.snapshot(&catalog)
    repository.files["a-copy.yaml"] = CatalogTests.manifest("a", version: "9")
    _ = try await repository.snapshot(&catalog)
    return (catalog, repository)
  }

  /// A copy is not admitted because the owner's file is wrong, however it is wrong and for however long.
  ///
  /// It is told whose the name is. After a restart the ledger says whose.
  @Test(
    arguments: [
      wrong, "kind: [", "", "apiVersion: v1\nkind: ConfigMap\n",
      CatalogTests.manifest("a") + "\n  runtime: edge\n", String(repeating: "#", count: 300_000),
    ], [false, true])
  func typoKeepsTheName(text: String, isRestarted: Bool) async throws {
    var (catalog, repository) = try await Self.copied()
    if isRestarted {
      catalog = Catalog(runtimes: ["local"])
      catalog.remember(Self.name, from: "m.yaml")
    }
    repository.files["m.yaml"] = text
    for _ in 0..<3 {
      let snapshot = try await repository.snapshot(&catalog)
      #expect(snapshot.wanted.isEmpty && snapshot.unchanged == [Self.name])
      let refusal = try #require(snapshot.diagnostics.first { $0.path == "a-copy.yaml" })
      #expect(refusal.severity == .error && refusal.message.contains("m.yaml, which is wrong now"))
      #expect(refusal.hint?.contains("correct m.yaml") == true)
    }
    repository.files["m.yaml"] = CatalogTests.manifest("a", version: "2")
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted[Self.name]?.deployment.revision.model.version == "2")
    #expect(
      snapshot.diagnostics.first { $0.path == "a-copy.yaml" }?.message.contains("m.yaml") == true)
  }

  /// An owner that is right and does not declare the name has given it up, and so has one that is gone.
  @Test(arguments: [CatalogTests.manifest("b"), nil])
  func whatIsGivenUpIsFree(text: String?) async throws {
    var (catalog, repository) = try await Self.copied()
    repository.files["m.yaml"] = text
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted[Self.name]?.path == "a-copy.yaml" && snapshot.diagnostics.isEmpty)
  }

  /// A file that is renamed keeps its names, also when it is wrong at its new place; a copy that was
  /// refused before does not come in between.
  @Test func renamedFileKeepsTheName() async throws {
    var (catalog, repository) = try await Self.copied()
    repository.files["z.yaml"] = Self.wrong
    repository.files["m.yaml"] = nil
    for _ in 0..<3 {
      let snapshot = try await repository.snapshot(&catalog)
      #expect(snapshot.wanted.isEmpty && snapshot.unchanged == [Self.name])
      let refusal = snapshot.diagnostics.first { $0.path == "a-copy.yaml" }
      #expect(refusal?.message.contains("z.yaml, which is wrong now") == true)
    }
    repository.files["z.yaml"] = CatalogTests.manifest("a")
    #expect(try await repository.snapshot(&catalog).wanted[Self.name]?.path == "z.yaml")
    repository.files["y.yaml"] = repository.files.removeValue(forKey: "z.yaml")
    #expect(try await repository.snapshot(&catalog).wanted[Self.name]?.path == "y.yaml")
  }

  /// A name that nobody had goes to the first path that declares it rightly: a wrong file keeps nothing
  /// that it never had.
  @Test func neverHadIsNotKept() async throws {
    var catalog = Catalog(runtimes: ["local"])
    var repository = CatalogTests.Repository([
      "a.yaml": Self.wrong, "b.yaml": CatalogTests.manifest("a"),
      "c.yaml": CatalogTests.manifest("a"),
    ])
    #expect(try await repository.snapshot(&catalog).wanted[Self.name]?.path == "b.yaml")
  }

  /// All histories of three commits over two paths, each of which is gone, wrong, or declares one of two
  /// names; the first commit declares the one that is followed.
  ///
  /// Who has a name keeps it while right or wrong, a free name goes to whoever declares it, and a restart
  /// changes nothing of either.
  @Test func everyShortHistory() async throws {
    let states = [
      nil, Self.wrong, CatalogTests.manifest("a"), CatalogTests.manifest("b"),
    ]
    for history in 0..<(1 << 12) where history & 3 == 2 || history >> 2 & 3 == 2 {
      var catalog = Catalog(runtimes: ["local"])
      var repository = CatalogTests.Repository([:])
      var owner: String?
      for commit in 0..<3 {
        let bits = history >> (commit * 4)
        repository.files["p.yaml"] = states[bits & 3]
        repository.files["q.yaml"] = states[bits >> 2 & 3]
        var restarted = Catalog(runtimes: ["local"])
        if let owner { restarted.remember(Self.name, from: owner) }
        let snapshot = try await repository.snapshot(&catalog)
        let again = try await repository.snapshot(&restarted)
        let wanted = snapshot.wanted[Self.name]?.path
        let text = owner.flatMap { repository.files[$0] }
        switch text {
        case states[1]: #expect(wanted == nil && snapshot.unchanged.contains(Self.name))
        case states[2]: #expect(wanted == owner)
        default: #expect((wanted != nil) == repository.files.values.contains(states[2]!))
        }
        #expect(again.wanted[Self.name]?.path == wanted, "history \(history)")
        #expect(
          again.unchanged.contains(Self.name) == snapshot.unchanged.contains(Self.name),
          "history \(history)")
        owner = wanted ?? (snapshot.unchanged.contains(Self.name) ? owner : nil)
      }
    }
  }
}
