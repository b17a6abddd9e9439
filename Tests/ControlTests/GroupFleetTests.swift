import Ledger
import Manifests
import Rollouts
import Testing

@testable import Control

/// Who is looked at beside whom, and how many belong together.
@Suite struct GroupFleetTests {
  private static func name(_ name: String, in namespace: String = "default") -> DeploymentName {
    DeploymentName(namespace: namespace, name: name)
  }

  /// Two of one group are never looked at in one batch, and everybody in one.
  @Test func membersOfAGroupAreLookedAtApart() {
    let (a, b, c, d, e) = (
      Self.name("a"), Self.name("b"), Self.name("c"), Self.name("d"), Self.name("e", in: "other")
    )
    let groups = Groups([a: "line", b: "line", c: "line", d: "pair", e: "line"])
    let alone = Self.name("z")
    #expect(groups.apart([alone, a, b, d, e, c]) == [[alone, a, d, e], [b], [c]])
    #expect(groups.apart([]) == [] && Groups().apart([a, b]) == [[a, b]])
    #expect(
      groups.peers(of: b) == [a, c] && groups.peers(of: e) == [] && groups.peers(of: alone) == [])
  }

  /// A ninth member stays as it was, and the others move without it.
  @Test func aCrowdIsRefused() async throws {
    let names = (1...9).map { "m\($0)" }
    var repository = CatalogTests.Repository(
      Dictionary(
        uniqueKeysWithValues: names.map {
          ("\($0).yaml", CatalogTests.manifest($0) + "\n  group: line")
        }))
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await repository.snapshot(&catalog)
    #expect(snapshot.wanted.count == 8 && snapshot.unchanged == [Self.name("m9")])
    let error = try #require(snapshot.diagnostics.first { $0.severity == .error })
    #expect(error.path == "m9.yaml" && error.position.line > 1)
    repository.files["m3.yaml"] = nil
    let second = try await repository.snapshot(&catalog)
    #expect(second.wanted.count == 8 && second.diagnostics.allSatisfy { $0.severity != .error })
  }
}
