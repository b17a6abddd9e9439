package import Ledger
import Encoding
import Manifests
package import Profiles
package import Rollouts

/// A small real ledger in which drift decides: a version whose predictions collapse is rolled back, then
/// the world changes under the one that serves.
package enum DriftLedger {
  package static let name = DeploymentName(namespace: "default", name: "iris")

  /// Returns its commits, oldest first; the same at each call.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 7, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(900)) { world, clock in
      world.commit(files("1"))
      await clock.sleep(for: .seconds(120))
      world.collapsePredictions(of: "2")
      world.commit(files("2"))
      await clock.sleep(for: .seconds(300))
      world.shiftInputs(true)
    }
    return scenario.world.ledger
  }

  package static let profile = DataProfile(
    rows: 10_000, source: "train.csv",
    features: [
      ProfileColumn(
        name: "amount", kind: .number(edges: [10, 100]), counts: [6000, 3000, 1000, 0]),
      ProfileColumn(
        name: "color", kind: .category(values: ["red", "green"]), counts: [5000, 5000, 0, 0]),
    ],
    outputs: [
      ProfileColumn(
        name: "class", kind: .category(values: ["no", "yes"]), counts: [7000, 3000, 0, 0])
    ])

  /// The manifest of a version, and its profile.
  package static func files(_ version: String) -> [String: String] {
    let manifest = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model:
          version: "\(version)"
          uri: file:///models/\(version)
          format: sklearn
          profile: p.yaml
        strategy:
          canary: {steps: [10%, 50%], atLeast: 20s, atMost: 2m}
        slos:
          - errors: {below: 1%}
        drift: {sample: 50%}
        analysis: {interval: 5s, minRequests: 50}
        bake: 30s
      """
    return ["iris.yaml": manifest, "p.yaml": profile.yaml(named: "p")]
  }
}
