import Ledger
import Manifests
import Rollouts
import SimulationKit
import TestKit
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

  /// What a member asks for is known once the manifests are read and its own is right, and it is willing while its
  /// runtime is seen; what it recorded has a number.
  @Test func whatIsNotReadIsUnclear() async throws {
    let manifests = ["a", "b"].map { ("\($0).yaml", CatalogTests.manifest($0) + "\n  group: line") }
    var repository = CatalogTests.Repository(Dictionary(uniqueKeysWithValues: manifests))
    let scenario = Scenario(seed: 1, faults: World.Faults(crash: 0, hiccup: 0))
    scenario.run(for: .seconds(2400)) { [files = repository.files] world, _ in world.commit(files) }
    let life = Incarnation(
      in: scenario.world, until: scenario.clock.now.advanced(by: .seconds(3600)))
    let fleet = Fleet(
      ports: Fleet.Ports(
        runtimes: Runtimes([.init(name: "local", runtime: life, telemetry: life)]),
        sampling: life, store: life, checkpoints: life, clock: life),
      identity: ControllerIdentity(instance: "test", version: "0", life: "1"),
      repository: "models.git", takesOver: false, logger: CapturedLog().logger)
    try await fleet.resume()
    let view = Fleet.View(
      seen: ["local": Sighting(states: [:], counters: nil, lag: nil)], samples: [:])
    let unread = await fleet.peers(of: Self.name("a"), view)
    #expect(unread.map(\.state) == [.unclear] && unread.map(\.name) == ["b"])
    #expect(unread.first?.record == 3, "admitted, promoted, complete")
    var catalog = Catalog(runtimes: ["local"])
    await fleet.follow(try await repository.snapshot(&catalog))
    #expect(await fleet.peers(of: Self.name("a"), view).map(\.state) == [.atRest])
    repository.files["b.yaml"] = "kind: ["
    await fleet.follow(try await repository.snapshot(&catalog))
    #expect(await fleet.peers(of: Self.name("a"), view).map(\.state) == [.unclear])
    repository.files["b.yaml"] = CatalogTests.manifest("b")
    await fleet.follow(try await repository.snapshot(&catalog))
    #expect(await fleet.peers(of: Self.name("a"), view) == [])
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
