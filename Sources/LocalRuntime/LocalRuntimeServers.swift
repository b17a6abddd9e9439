import Foundation
import Logging
import Rollouts

// The model servers: those that must be, those that must go, those that were there before.
extension LocalRuntime {
  func readTargets() throws {
    for namespace in Files.names(in: folder.targets) {
      for file in Files.names(in: "\(folder.targets)/\(namespace)") where file.hasSuffix(".json") {
        let deployment = DeploymentName(namespace: namespace, name: String(file.dropLast(5)))
        targets[deployment] = try Files.decode(Target.self, from: folder.target(of: deployment))
      }
    }
  }

  func save(_ deployment: DeploymentName) throws {
    let path = folder.target(of: deployment)
    try Files.makeFolder(Tools.folder(of: path))
    try Files.encode(targets[deployment], to: path, stage: folder.stage)
  }

  /// Takes over the servers that still run, and lists all of them for Envoy.
  func adoptServers() async throws {
    for (deployment, target) in targets {
      for revision in target.revisions {
        let key = ServerKey(deployment, revision.id)
        let record = try Files.decode(
          ServerRecord.self, from: folder.server(key) + "/process.json")
        try makeServer(key, revision.model, record: record)
        let isRouted = target.inForce?.shares.contains { $0.revision == revision.id } ?? false
        if isRouted || record?.hasBeenReady == true { clusters[key] = servers[key]?.server.port }
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for entry in servers.values { group.addTask { await entry.server.adopt() } }
    }
  }

  private func makeServer(_ key: ServerKey, _ model: Model, record: ServerRecord?) throws {
    let path = folder.server(key)
    try Files.makeFolder(path)
    let record = try record ?? ServerRecord(ports: ports.take(3, seed: path))
    ports.keep(record.ports)
    let server = ModelServer(try parts(of: key, model, ports: record.ports), record: record)
    servers[key] = ServerEntry(server: server)
  }

  /// Starts the servers that a deployment asks for and does not have, and calls back those that
  /// were about to go.
  func startServers(of deployment: DeploymentName) async throws {
    for revision in targets[deployment]?.revisions ?? [] {
      let key = ServerKey(deployment, revision.id)
      if let entry = servers[key] {
        guard !entry.isEnding else { continue }
        entry.retirement?.cancel()
        servers[key]?.retirement = nil
        continue
      }
      try makeServer(key, revision.model, record: nil)
      logger.info(
        "revision loading",
        metadata: ["deployment": "\(deployment)", "revision": "\(revision.id)"])
      await servers[key]?.server.start()
    }
  }

  /// Lets the servers of a deployment go that it neither asks for nor sends traffic to.
  func retireServers(of deployment: DeploymentName) {
    let wanted = Set((targets[deployment]?.revisions ?? []).map(\.id))
    for (key, entry) in servers where key.deployment == deployment {
      guard entry.retirement == nil, !wanted.contains(key.revision) else { continue }
      servers[key]?.retirement = Task { await retire(key, entry.server) }
    }
  }

  /// Drains one server, takes it from Envoy and ends it.
  private func retire(_ key: ServerKey, _ server: ModelServer) async {
    guard let envoy = try? running().envoy else { return }
    if clusters[key] != nil {
      await envoy.waitUntilIdle(key, within: settings.drainTimeout)
    }
    guard !Task.isCancelled else { return }
    servers[key]?.isEnding = true
    var backoff = Backoff()
    while !Task.isCancelled {
      do {
        try await dropCluster(key)
        try await server.end()
        ports.giveBack(await server.ports)
        servers[key] = nil
        return try await startServers(of: key.deployment)
      } catch {
        logger.warning(
          "revision could not be unloaded yet",
          metadata: [
            "deployment": "\(key.deployment)", "revision": "\(key.revision)", "error": "\(error)",
          ])
        try? await Task.sleep(for: backoff.delay())
      }
    }
  }

  private func dropCluster(_ key: ServerKey) async throws {
    try await turnstile.pass {
      guard clusters.removeValue(forKey: key) != nil else { return }
      try await running().envoy.publish(configuration.clusters(clusterList))
    }
  }

  /// Ends the servers that nobody asks for: their retirement was cut short by the end of an earlier
  /// controller.
  func stopOrphans() async throws {
    for key in serverKeysOnDisk where servers[key] == nil { try await stopOrphan(key) }
  }

  private var serverKeysOnDisk: [ServerKey] {
    Files.names(in: folder.servers).flatMap { namespace in
      Files.names(in: "\(folder.servers)/\(namespace)").flatMap { name in
        Files.names(in: "\(folder.servers)/\(namespace)/\(name)").compactMap { revision in
          ServerKey("\(namespace)/\(name)/\(revision)")
        }
      }
    }
  }

  /// Ends what was started and not yet written down when an earlier controller died: nobody would
  /// find it again, and it has a port that is needed.
  func stopStrays() async throws {
    let files =
      [folder.envoy + "/process.json"]
      + serverKeysOnDisk.map {
        folder.server($0) + "/process.json"
      }
    let known = files.compactMap { file -> Int32? in
      let record = try? Files.decode(ServerRecord.self, from: file)
      return record?.process?.pid ?? (try? Files.decode(ProcessIdentity.self, from: file))?.pid
    }
    for process in DetachedProcess.started(for: folder.path) where !known.contains(process.pid) {
      logger.warning("stray process stopped", metadata: ["pid": "\(process.pid)"])
      try await process.stop(grace: .seconds(5))
    }
  }

  private func stopOrphan(_ key: ServerKey) async throws {
    let path = folder.server(key)
    let record = try Files.decode(ServerRecord.self, from: path + "/process.json")
    if let process = record?.process.flatMap(DetachedProcess.init(adopting:)) {
      logger.info(
        "revision stopped",
        metadata: [
          "deployment": "\(key.deployment)", "revision": "\(key.revision)", "pid": "\(process.pid)",
        ])
      try await process.stop(grace: settings.drainTimeout)
    }
    try Files.remove(path)
  }
}
