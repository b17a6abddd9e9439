import ClusterKit
import Control
import Encoding
import Kubernetes
import Rollouts
import TestKit
import Testing
import Threads

@testable import ClusterRuntime

/// A controller that is killed at any of its effects in a cluster: the next one goes on, and clients never notice.
@Suite(.timeLimit(.minutes(5))) struct EffectTests {
  /// Each write in turn is the last one of a life, which dies before it is carried out, or before its answer.
  @Test(.temporaryFolder, arguments: [Fault.reset, .resetAfterwards])
  func killedAtEachWrite(fault: Fault) async throws {
    let story = try Story()
    var (first, isOver, kills) = (1, false, 0)
    while !isOver {
      let ends = try await withThrowingTaskGroup(of: Story.End.self) { group in
        for write in first..<first + Self.atOnce {
          group.addTask { try await story.play(killedAt: write, by: fault) }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      for end in ends {
        #expect(end.violations == [], "killed at write \(end.write)")
        #expect(end.newest == 3, "what was seen of the route")
      }
      kills += ends.count(where: \.wasKilled)
      isOver = ends.contains { !$0.wasKilled }
      first += Self.atOnce
    }
    // A server and its route are made, another server is made and shared with, all move there, and each of the three is taken away.
    #expect(kills >= 8)
  }

  private static let atOnce = 4
}

/// What a controller asks of its runtime from a first model to a removed deployment.
private struct Story: Sendable {
  struct End: Sendable {
    let write: Int
    let wasKilled: Bool
    /// The newest generation of the route that was seen.
    let newest: Int
    let violations: [String]
  }

  let plans: [Plan]

  init() throws {
    let (one, two) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
    plans = [
      ClusterBench.plan(1, [(one, 1000)]), ClusterBench.plan(2, [(one, 750), (two, 250)]),
      ClusterBench.plan(3, [(two, 1000)]),
      Plan(generation: 4, loaded: [], shares: [], isGone: true),
    ]
  }

  func play(killedAt write: Int, by fault: Fault) async throws -> End {
    try await ClusterServer.run { server in
      let cluster = try AnyCluster(on: server)
      let (killer, witness) = (Killer(write), Witness(server, cluster))
      return try await cluster.withControllers(every: .milliseconds(10)) {
        let watching = Task { await witness.watch() }
        killer.arm(server, fault)
        let runtime = try await cluster.runtime()
        let next = try await carryOut(plans, on: runtime, of: cluster, witness) {
          killer.hasKilled
        }
        await runtime.stop()
        server.heal()
        if killer.hasKilled {
          let heir = try await cluster.runtime()
          _ = try await carryOut(Array(plans[next...]), on: heir, of: cluster, witness) { false }
          await heir.stop()
        }
        watching.cancel()
        await watching.value
        return End(
          write: write, wasKilled: killer.hasKilled, newest: witness.newest,
          violations: witness.violations)
      }
    }
  }

  /// Applies each plan until it is in force; returns how many are, when the controller is killed or all are.
  private func carryOut(
    _ plans: [Plan], on runtime: ClusterRuntime, of cluster: AnyCluster, _ witness: Witness,
    until isOver: () -> Bool
  ) async throws -> Int {
    for (index, plan) in plans.enumerated() {
      if plan.isGone { witness.expectTheEnd() }
      try await eventually {
        if isOver() { return true }
        try? await runtime.apply(plan, to: cluster.name)
        guard plan.isGone else {
          return try await runtime.observe()[cluster.name]?.generationInForce == plan.generation
        }
        let left = try await cluster.entries(.httpRoutes) + cluster.entries(.inferenceServices)
        return left.isEmpty
      }
      if isOver() { return index }
    }
    return plans.count
  }
}

/// Lets one write be the last that a controller makes.
private final class Killer: Sendable {
  private let last: Int
  private let writes = Lock(0)

  init(_ last: Int) { self.last = last }

  var hasKilled: Bool { writes.withLock { $0 } >= last }

  func arm(_ server: ClusterServer, _ fault: Fault) {
    server.fail(next: 1, with: fault) { [last, writes] request in
      guard request.isOfController else { return false }
      return writes.withLock { count in
        count += 1
        return count == last
      }
    }
    server.fail(percent: 100, with: .reset) { [last, writes] request in
      request.isOfController && writes.withLock { $0 } >= last
    }
  }
}

extension LoggedRequest {
  /// Whether it is a write of Serin's; the others of this test only speak in statuses.
  fileprivate var isOfController: Bool { method != "GET" && subresource.isEmpty }
}

/// Looks again and again whether clients are answered, by who is ready, and whether the route ever goes back.
private final class Witness: Sendable {
  private let server: ClusterServer
  private let cluster: AnyCluster
  private let seen = Lock<(generation: Int, mayEnd: Bool, violations: [String])>((0, false, []))

  init(_ server: ClusterServer, _ cluster: AnyCluster) {
    (self.server, self.cluster) = (server, cluster)
  }

  var violations: [String] { seen.withLock { $0.violations } }
  var newest: Int { seen.withLock { $0.generation } }

  /// From now on the route may be gone.
  func expectTheEnd() { seen.withLock { $0.mayEnd = true } }

  func watch() async {
    while !Task.isCancelled {
      look()
      try? await Task.sleep(for: .milliseconds(1))
    }
  }

  private func look() {
    // Between two readings a server may have become ready, or gone after the route has left it.
    let before = ready
    guard let route = server.object(.httpRoutes, cluster.access.namespace, cluster.name.name) else {
      let isMissed = seen.withLock { $0.generation > 0 && !$0.mayEnd }
      return isMissed ? note("clients are sent nowhere") : ()
    }
    let ready = before.union(self.ready)
    for name in AnyCluster.servers(of: route) where !ready.contains(name) {
      note("clients are sent to \(name), and ready are \(ready)")
    }
    let generation = route[["metadata", "annotations", "serin.dev/generation"]]?.string
    let number = generation.flatMap { Int($0) } ?? 0
    let newest = seen.withLock { $0.generation }
    if number < newest { note("generation \(number) after \(newest)") }
    seen.withLock { $0.generation = max(newest, number) }
  }

  private var ready: Set<String> {
    let servers = server.objects(of: .inferenceServices)
    return Set(
      servers.filter { $0["status"]?["conditions"] != nil }
        .compactMap { $0["metadata"]?["name"]?.string })
  }

  private func note(_ violation: String) { seen.withLock { $0.violations.append(violation) } }
}
