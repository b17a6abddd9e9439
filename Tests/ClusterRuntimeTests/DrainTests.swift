import ClusterKit
import Manifests
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// Who has no traffic any more is taken away once it has drained.
@Suite(.timeLimit(.minutes(2))) struct DrainTests {
  /// A drain that ends while something else is done is not forgotten, for nothing else would say that it is time.
  @Test(.temporaryFolder) func aDrainMayEndMeanwhile() async throws {
    let (old, new) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
    try await ClusterServer.run { server in
      let cluster = try AnyCluster(on: server)
      try await cluster.withControllers(every: .milliseconds(10)) {
        let runtime = try await cluster.runtime { $0.drainTimeout = Self.long }
        try await cluster.put(ClusterBench.plan(1, [(old, 1000)]), on: runtime)
        #expect(await runtime.nextUnload(of: cluster.name) == nil)
        try await cluster.put(ClusterBench.plan(2, [(new, 1000)]), on: runtime)
        try await eventually { await runtime.drains[cluster.name]?[old.id] != nil }
        let left = try #require(await runtime.nextUnload(of: cluster.name))
        #expect(left > .zero && left <= Self.long)
        await runtime.pass(Self.long, of: cluster.name)
        #expect(await runtime.nextUnload(of: cluster.name) == .zero)
        await runtime.stop()
      }
    }
  }

  private static let long = Duration.seconds(600)
}

extension ClusterRuntime {
  /// Lets time pass for what drains, without a word to anybody.
  fileprivate func pass(_ time: Duration, of deployment: DeploymentName) {
    drains[deployment] = drains[deployment]?.mapValues { $0 - time }
  }
}
