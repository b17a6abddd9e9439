import Logging
import Manifests
package import Rollouts
import Threads

/// The model servers of one revision, and their end when that has begun.
struct ServerEntry {
  /// By their numbers, from 1; one at least.
  var replicas: [ModelServer]
  /// Whether all of them were ready: from then on the revision serves while one of them does.
  var isProven = false
  /// Their end, when it has begun.
  var retirement: Retirement?

  /// Where Envoy connects to: whoever has answered once, dead or alive, since it is started again.
  ///
  /// In the place of one that is dead stands an address at which nothing ever listens: its port is anybody's.
  var endpoints: [ServerAddress] {
    let proven = replicas.filter(\.hasBeenReady)
    return (proven.isEmpty ? replicas : proven).map(\.address)
  }
}

/// The end of a revision's servers.
struct Retirement: Sendable {
  /// Drains and ends them; until the draining is over they can be called back.
  let task: Task<Void, Never>
  let start: ContinuousClock.Instant
  /// Whether nothing is left that they were asked.
  var isIdle: Bool
  /// Whether their end can no longer be called off.
  var isUnloading = false
}

/// A replica on its way out.
struct Departure: Sendable {
  let server: ModelServer
  let task: Task<Void, Never>
}

extension Readiness {
  /// How far a revision is whose servers are so far.
  ///
  /// Before all of them were ready, each has to be, and one that fails is the revision's failure: a new
  /// start of the same would do the same. Afterwards one that is ready keeps the revision serving, and it
  /// has failed when all have.
  package static func ofRevision(_ replicas: [Readiness], isProven: Bool) -> Readiness {
    guard replicas.count > 1 else { return replicas.first ?? .absent }
    let numbered = replicas.enumerated().map { $1.named("replica \($0 + 1) of \(replicas.count)") }
    let failed = numbered.first(where: \.isFailed)
    let unready = numbered.first { $0 != .ready }
    if isProven {
      guard !replicas.contains(.ready) else { return .ready }
      return numbered.first { !$0.isFailed } ?? failed ?? .absent
    }
    return failed ?? unready ?? .ready
  }

  /// Whether the first `count` servers of a revision can do without the others: one of them is ready, or
  /// none is at all.
  package static func isSpare(beyond count: Int, of replicas: [Readiness]) -> Bool {
    replicas.prefix(count).contains(.ready) || !replicas.contains(.ready)
  }

  private var isFailed: Bool { if case .failed = self { true } else { false } }

  private func named(_ name: String) -> Readiness {
    switch self {
    case .absent, .ready: self
    case .preparing(let what): .preparing("\(name): \(what)")
    case .failed(let why): .failed("\(name): \(why)")
    }
  }
}

// Replicas: the number of a revision's servers follows the plan while they answer.
extension LocalRuntime {
  var departures: [Departure] { leaving.values.flatMap(\.values) }

  /// How far a revision is.
  func readiness(of key: ServerKey) -> Readiness {
    guard let replicas = servers[key]?.replicas else { return .absent }
    if replicas.allSatisfy(\.hasBeenReady) { servers[key]?.isProven = true }
    return .ofRevision(
      replicas.map(\.readiness), isProven: servers[key]?.isProven ?? false)
  }

  /// Makes the next server that a revision lacks; nil when it has as many as it should, or when the one
  /// that had the number is not gone yet.
  func makeReplica(of key: ServerKey, _ model: Model, atMost count: Int) throws -> ModelServer? {
    let number = (servers[key]?.replicas.count ?? 0) + 1
    guard number <= count, leaving[key]?[number] == nil else { return nil }
    let path = folder.server(key, replica: number)
    try Files.makeFolder(path)
    let written = try Files.decode(ServerRecord.self, from: path + "/process.json")
    let record = try written ?? ServerRecord(ports: ports.take(3, seed: path))
    ports.keep(record.ports)
    let server = ModelServer(
      try parts(of: key, replica: number, model, ports: record.ports), record: record)
    servers[key, default: ServerEntry(replicas: [])].replicas.append(server)
    return server
  }

  /// Lets the servers go that a revision has beyond `count`, unless they alone answer: then later.
  func dismissReplicas(of key: ServerKey, beyond count: Int) {
    let readiness = servers[key]?.replicas.map(\.readiness) ?? []
    guard Readiness.isSpare(beyond: count, of: readiness) else { return }
    while let server = servers[key]?.replicas.last, server.replica > count {
      servers[key]?.replicas.removeLast()
      let task = Task { await leave(server) }
      leaving[key, default: [:]][server.replica] = Departure(server: server, task: task)
    }
  }

  /// Takes one server of several from Envoy and ends it.
  ///
  /// Envoy does not tell what it still answers apart from what the others do, so it gets all of the time
  /// that requests under way may take.
  private func leave(_ server: ModelServer) async {
    var backoff = Backoff()
    while !Task.isCancelled {
      do {
        try await publishEndpoints(of: server.key)
        try await Task.sleep(for: setup.local.drainTimeout)
        try await server.end()
        ports.giveBack(server.ports)
        leaving[server.key]?[server.replica] = nil
        if servers[server.key] == nil { try await release(server.key) }
        return try await loadServers(of: server.key.deployment)
      } catch is CancellationError {
        return
      } catch {
        logger.warning(
          "replica could not be unloaded yet",
          metadata: ["server": "\(server.key)", "error": "\(error)"])
        try? await Task.sleep(for: backoff.delay())
      }
    }
  }

  /// Tells Envoy of servers that came or went, of a revision that it knows.
  func publishEndpoints(of key: ServerKey) async throws {
    try await mutex.withLock {
      guard let before = clusters[key], let now = servers[key]?.endpoints, before != now else {
        return
      }
      clusters[key] = now
      do {
        try await running().envoy.publish(configuration.clusters(clusterList))
      } catch {
        clusters[key] = before
        throw error
      }
    }
  }
}
