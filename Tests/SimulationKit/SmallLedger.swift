package import Ledger
package import Rollouts

/// A small real ledger: two deployments, a rollback, a removal, and records with evidence files.
///
/// For whatever reads ledgers: its decisions are the controller's own.
package enum SmallLedger {
  /// A start after which the first day ends in the middle of the ledger.
  package static let lateEvening = SimulatedClock.start.advanced(by: .seconds(14 * 3600 - 60))

  /// Returns its commits, oldest first; the same at each call.
  package static func changes(
    signer: PublicKey? = nil, start: Instant = SimulatedClock.start
  ) -> [LedgerChange] {
    let scenario = Scenario(
      seed: 7, faults: World.Faults(crash: 0, hiccup: 0), signer: signer, start: start)
    scenario.run(for: .seconds(180)) { world, clock in
      world.fail(100, ofRequestsTo: "bad")
      world.commit(["iris.yaml": iris("1")])
      await clock.sleep(for: .seconds(60))
      world.commit(["iris.yaml": iris("bad"), "ranker.yaml": ranker])
      await clock.sleep(for: .seconds(100))
      // It takes long, so the removal is still under way at the end.
      _ = world.beginRequest(to: DeploymentName(namespace: "default", name: "iris"))
      world.commit(["ranker.yaml": ranker])
    }
    return scenario.world.ledger
  }

  /// The manifest of the first deployment.
  package static func iris(_ version: String) -> String {
    let digest = String(repeating: String(version.prefix(1)), count: 64)
    return """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model:
          version: "\(version)"
          uri: file:///models/iris
          digest: sha256:\(digest)
          format: sklearn
        strategy:
          canary: {steps: [50%], atLeast: 20s, atMost: 2m}
        slos:
          - errors: {below: 1%}
        analysis: {interval: 5s, minRequests: 50}
        bake: 10s
      """
  }

  /// With enough objectives and steps for a state that does not fit into the record.
  private static let ranker = """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: ranker, namespace: search}
    spec:
      model: {version: "1", uri: file:///models/ranker, format: sklearn}
      strategy:
        canary:
          steps: [1%, 2%, 3%, 5%, 8%, 10%, 20%, 25%, 30%, 40%, 50%, 60%]
          atLeast: 20s
          atMost: 2m
      slos:
        - errors: {below: 1%}
        - latency: {percentile: 50, below: 250ms}
        - latency: {percentile: 60, below: 250ms}
        - latency: {percentile: 70, below: 250ms}
        - latency: {percentile: 80, below: 250ms}
        - latency: {percentile: 90, below: 250ms}
        - latency: {percentile: 95, below: 250ms}
        - latency: {percentile: 99, below: 250ms}
      analysis: {interval: 5s, minRequests: 50}
      bake: 10s
    """
}
