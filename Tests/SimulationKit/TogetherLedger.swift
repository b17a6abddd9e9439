package import Ledger

/// A small real ledger of deployments that move otherwise than by the steps of a canary alone: two in a group, one that
/// jobs read, one that is shown first, and one that is unloaded first.
///
/// Their second versions are well and their third ones are not, but for one of the group, which goes back with the other
/// and on with its fourth.
package enum TogetherLedger {
  /// Returns its commits, oldest first; the same at each call.
  package static func changes(signer: PublicKey? = nil) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 7, faults: World.Faults(crash: 0, hiccup: 0), signer: signer)
    scenario.run(for: .seconds(600)) { world, clock in
      world.carrySome()
      world.fail(100, ofRequestsTo: "bad")
      for versions in [("1", "1"), ("2", "2"), ("3", "bad")] {
        world.commit(files(versions.0, versions.1, versions.1))
        await clock.sleep(for: .seconds(150))
      }
      world.commit(files("3", "4", "bad"))
    }
    return scenario.world.ledger
  }

  private static func files(
    _ transformer: String, _ model: String, _ others: String
  ) -> [String: String] {
    let canary = "canary: {steps: [10%, 50%], atLeast: 10s, atMost: 2m"
    let affinity = "affinity: {header: x-user-id}"
    let all = [
      manifest("transformer", transformer, "\(canary), \(affinity)}", "group: line"),
      manifest("model", model, "\(canary)}", "group: line", warmUp: 50),
      manifest("batch", others, "blueGreen: {}", "serving: batch"),
      manifest(
        "shown", others, "blueGreen: {preview: {atLeast: 10s, atMost: 2m}}", "replicas: 2"),
      manifest("alone", others, "recreate: {}", "prepareWithin: 2m"),
    ]
    return Dictionary(uniqueKeysWithValues: all)
  }

  private static func manifest(
    _ name: String, _ version: String, _ strategy: String, _ more: String, warmUp: Int = 0
  ) -> (String, String) {
    let text = """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        model: {version: "\(version)", uri: file:///models/\(name), format: sklearn}
        strategy:
          \(strategy)
        slos:
          - errors: {below: 1%}
        analysis: {interval: 5s, minRequests: 50, dependence: interval, warmUp: \(warmUp)}
        bake: 20s
        \(more)
      """
    return ("\(name).yaml", text)
  }
}
