package import Ledger
package import Rollouts

/// The ledger of an A/B test of three candidates in simulation, every time the same.
///
/// v2 breaks its promise, v4 loses, and v3 wins.
package enum ArmsLedger {
  /// Returns its commits, oldest first; the same at each call.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 3, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(1200)) { world, clock in
      world.commit(files("1"))
      await clock.sleep(for: .seconds(200))
      world.fail(30, ofRequestsTo: "2")
      world.reachGoal(40, with: "3")
      world.reachGoal(1, with: "4")
      world.commit(files("2", beside: ["3", "4"]))
    }
    return scenario.world.ledger
  }

  /// Returns the commits of a ledger in which others draw the entities: v2 wins, and of v3 fewer come than was said.
  package static func drawn(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 5, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    let header = HeaderMatch(header: "x-variant", value: "b")
    scenario.run(for: .seconds(900)) { world, clock in
      world.commit(files("1"))
      await clock.sleep(for: .seconds(200))
      world.carrySome(.half)
      world.reachGoal(40, with: "2")
      world.commit(files("2", drawnBy: header))
      await clock.sleep(for: .seconds(400))
      world.carrySome(PerMille(300))
      world.reachGoal(40, with: "3")
      world.commit(files("3", drawnBy: header))
    }
    return scenario.world.ledger
  }

  /// The manifest of a version, with others as its arms, and the profile that it names.
  ///
  /// Without drift, so that nothing but the goal asks for samples.
  package static func files(
    _ version: String, beside others: [String] = [], drawnBy header: HeaderMatch? = nil
  ) -> [String: String] {
    let match = header.map { ", match: {header: \($0.header), value: \($0.value)}" } ?? ""
    let arms = others.map {
      "{version: \"\($0)\", uri: \"file:///models/\($0)\", format: sklearn}"
    }.joined(separator: ", ")
    return DriftLedger.files(version).mapValues {
      $0.replacing(
        "canary: {steps: [10%, 50%], atLeast: 20s, atMost: 2m}",
        with: "abTest: {affinity: {header: x-user-id}, goal: {metric: conversion}, "
          + "atLeast: 20s, atMost: 10m\(match)\(others.isEmpty ? "" : ", arms: [\(arms)]")}"
      )
      .replacing("  drift: {sample: 50%}\n", with: "")
    }
  }
}
