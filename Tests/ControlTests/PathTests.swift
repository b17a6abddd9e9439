import Control
import Manifests
import Rollouts
import Testing

/// Paths are bytes, and those that deceive a reader are refused alone.
@Suite struct PathTests {
  private static let (composed, apart) = ("caf\u{E9}.yaml", "cafe\u{301}.yaml")

  private static func entry(_ path: String, _ text: String) -> TreeEntry {
    TreeEntry(path: path, kind: .file, blob: text, size: text.utf8.count)
  }

  private static func snapshot(
    _ catalog: inout Catalog, _ entries: [TreeEntry]
  ) async throws -> Snapshot {
    try await catalog.snapshot(of: CatalogTests.Repository.tip, entries: entries) {
      Array($0.utf8)
    }
  }

  /// Every way to spell a path is followed, or refused with its bytes for everybody to see.
  @Test(arguments: [
    ("models/fraud-8_b (old).yaml", nil), ("mod\u{E8}les/\u{DC}berweisung.yaml", nil),
    ("\u{43C}\u{43E}\u{434}\u{435}\u{43B}\u{44C}-v2.yaml", nil), ("\u{6A21}\u{578B}-v2.yaml", nil),
    ("\u{6A21}\u{578B}2.yml", nil), ("\u{645}\u{62F}\u{644}.yaml", nil),
    ("\u{3BC}\u{3BF}\u{3BD}\u{3C4}\u{3AD}\u{3BB}\u{3BF}.yaml", nil),
    ("cafe\u{301}.yaml", "composed form"), ("\u{212B}.yaml", "U+212B"),
    ("a\u{200B}.yaml", "U+200B"), ("a.yaml\u{200B}", "U+200B"), ("a\u{202E}b.yaml", "U+202E"),
    ("a\u{FE0F}.yaml", "U+FE0F"), ("a\u{A0}b.yaml", "U+A0"), ("\u{3164}.yaml", "U+3164"),
    ("a\u{2215}b.yaml", "U+2215"), ("a\u{E000}.yaml", "U+E000"), ("a\u{378}.yaml", "U+378"),
    ("a\nb.yaml", "U+A,"), ("a\u{1B}[31m.yaml", "U+1B"), ("a\\b.yaml", "backslash"),
    ("\u{663}.yaml", "U+663"), ("\u{FF46}raud.yaml", "stands for another"),
    ("\u{FB01}t.yaml", "U+FB01"),
    ("fr\u{430}ud.yaml", "cyrillic and latin"), ("fraud\u{3BF}/x.yaml", "greek and latin"),
    ("teams\u{30CE}payments.yaml", "eastAsian and latin"),
    ("\u{441}\u{43E}\u{440}\u{435}.yaml", "looks Latin"), ("\u{39F}\u{3A1}.yaml", "looks Latin"),
    ("\u{301}a.yaml", "mark without a letter"), ("\u{13DF}\u{13AA}.yaml", "U+13DF"),
  ])
  func spelling(path: String, problem: String?) async throws {
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await Self.snapshot(
      &catalog, [Self.entry(path, CatalogTests.manifest("a"))])
    #expect(snapshot.wanted.isEmpty == (problem != nil), "\(snapshot.diagnostics)")
    guard let problem else { return }
    let refusal = try #require(snapshot.diagnostics.first)
    #expect(refusal.message.contains(problem), "\(refusal)")
    let shown = refusal.description + (refusal.hint ?? "")
    #expect(shown.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(snapshot.diagnostics.count == 1)
  }

  /// A path that only looks like another one does not replace it, whatever it holds and wherever it stands
  /// in the tree; nor is what was read of one taken for the other later.
  @Test(arguments: [
    CatalogTests.manifest("a", version: "9"), "kind: [", CatalogTests.manifest("b"),
  ])
  func lookAlikeReplacesNothing(text: String) async throws {
    let own = Self.entry(Self.composed, CatalogTests.manifest("a"))
    let alike = Self.entry(Self.apart, text)
    for isKnown in [false, true] {
      for entries in [[own, alike], [alike, own]] {
        var catalog = Catalog(runtimes: ["local"])
        if isKnown { _ = try await Self.snapshot(&catalog, [own]) }
        for _ in 0..<2 {
          let snapshot = try await Self.snapshot(&catalog, entries)
          #expect(snapshot.wanted.count == 1 && snapshot.unchanged.isEmpty)
          let wanted = try #require(snapshot.wanted[CatalogTests.name("a")])
          #expect(wanted.deployment.revision.model.version == "1")
          #expect(Array(wanted.path.utf8) == Array(Self.composed.utf8))
          #expect(snapshot.diagnostics.map(\.path) == ["cafe\\xCC\\x81.yaml"])
        }
      }
    }
  }

  /// What the ledger knows under a path that is refused by now stays as it was, and its look-alike does
  /// not get it.
  @Test func refusedOwnerKeepsItsName() async throws {
    var catalog = Catalog(runtimes: ["local"])
    catalog.remember(CatalogTests.name("a"), from: Self.apart)
    let snapshot = try await Self.snapshot(
      &catalog, [Self.apart, Self.composed].map { Self.entry($0, CatalogTests.manifest("a")) })
    #expect(snapshot.wanted.isEmpty && snapshot.unchanged == [CatalogTests.name("a")])
    #expect(
      snapshot.diagnostics.contains {
        $0.path == Self.composed && $0.message.contains("cafe\\xCC\\x81.yaml")
      })
    let renamed = try await Self.snapshot(
      &catalog, [Self.entry(Self.composed, CatalogTests.manifest("a"))])
    #expect(renamed.wanted.count == 1)
  }

  /// A tree that somebody made by hand may hold a path twice: then nobody knows which one was reviewed.
  @Test func pathTwiceIsNeither() async throws {
    var catalog = Catalog(runtimes: ["local"])
    let own = Self.entry("a.yaml", CatalogTests.manifest("a"))
    _ = try await Self.snapshot(&catalog, [own])
    let other = Self.entry("a.yaml", CatalogTests.manifest("a", version: "9"))
    let snapshot = try await Self.snapshot(&catalog, [own, other])
    #expect(snapshot.wanted.isEmpty && snapshot.unchanged == [CatalogTests.name("a")])
    #expect(snapshot.diagnostics.map(\.message).allSatisfy { $0.contains("more than once") })
  }
}
