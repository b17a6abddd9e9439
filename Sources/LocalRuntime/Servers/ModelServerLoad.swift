import Foundation
import HTTP
import Inferences
import Logging
import Manifests
import Rollouts
import Threads

// The load test: between the smoke inference and the first readiness.
extension ModelServer {
  /// Sends the server its part of the load that the plan asks for, all servers of the revision at once.
  ///
  /// - Throws: `LocalRuntimeError` when it does not bear the load.
  func bearLoad() async throws {
    hasAnswered.withLock { $0 = true }
    guard let (test, servers) = try await awaitLoad() else { return }
    let run = try await loadRun(test, servers)
    guard !run.bodies.isEmpty else { throw underLoad("there is no request to send") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await run.send() }
      group.addTask { try await self.watch(run) }
      // Whichever ends first: all is sent, the outcome is certain, or the server is gone.
      try await group.next()
      group.cancelAll()
    }
    try judge(run)
  }

  private func awaitLoad() async throws -> (LoadTest, Int)? {
    while true {
      try Task.checkCancellation()
      switch await parts.loadOrder() {
      case .nothing: return nil
      case .bear(let test, let servers): return (test, servers)
      case .wait: become(.preparing("waiting for the other replicas, to be under load together"))
      }
      try await Task.sleep(for: Self.startingInterval)
    }
  }

  private func loadRun(_ test: LoadTest, _ servers: Int) async throws -> LoadRun {
    let bodies = try await bodies(test)
    let (probe, timeout) = (probe, parts.files.settings.requestTimeout)
    return LoadRun(test: test, servers: servers, bodies: bodies) {
      probe.inference($0, timeout: timeout)
    }
  }

  private func bodies(_ test: LoadTest) async throws -> [[UInt8]] {
    if let recorded = test.recorded { return try await recordedBodies(recorded) }
    var form = model.smoke
    if form == nil { form = await probe.madeUpBody() }
    return await LoadRequests.bodies(form: form, for: test)
  }

  /// Tells how far the load is, until its outcome is certain.
  private func watch(_ run: LoadRun) async throws {
    while run.problem == nil {
      guard process?.isAlive == true else {
        throw underLoad("the server ended\(ending.map { " (\($0))" } ?? "")")
      }
      become(.preparing("under load: \(run.tally.counts.done) of \(run.count) requests"))
      try await Task.sleep(for: Self.startingInterval)
    }
  }

  private func judge(_ run: LoadRun) throws {
    if let problem = run.problem { throw underLoad(problem) }
    let counts = run.tally.counts
    logger.info(
      "load borne",
      metadata: [
        "requests": "\(counts.done)", "slow": "\(counts.slow)", "failed": "\(counts.failed)",
      ])
  }

  private func underLoad(_ message: String) -> LocalRuntimeError {
    withLog(LocalRuntimeError(.server, "under load", message))
  }
}

extension LocalRuntime {
  /// What a server has to bear before it is ready, by the plan of this moment.
  func loadOrder(for key: ServerKey) -> LoadOrder {
    guard let target = targets[key.deployment], let order = target.loadTest,
      order.revision == key.revision, let replicas = servers[key]?.replicas
    else { return .nothing }
    let isComplete =
      replicas.count >= target.replicas
      && replicas.allSatisfy { $0.hasAnswered.withLock(\.self) || $0.hasBeenReady }
    return isComplete ? .bear(order.test, servers: replicas.count) : .wait
  }
}

/// What a server has to do before it counts as ready.
enum LoadOrder: Sendable {
  case nothing
  /// The other servers of the revision are not as far yet: they share the load.
  case wait
  case bear(LoadTest, servers: Int)
}
