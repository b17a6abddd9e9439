import Delivery
import Foundation
import Logging
import Manifests
import Rollouts
import Threads

// The model servers that were there before: taken over, or ended when no plan asks for them.
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
  ///
  /// In this order: where a server is found is known when it was looked at.
  func adoptServers() async throws {
    var known: [ServerKey] = []
    for (deployment, target) in targets {
      for revision in target.revisions {
        let key = ServerKey(deployment, revision.id)
        while try makeReplica(of: key, revision.model, atMost: target.replicas) != nil {}
        if target.inForce?.mirror?.revision == revision.id { mirrored.insert(key) }
        let isRouted = target.inForce?.routing.revisions.contains(revision.id) ?? false
        // What has traffic got it when all of its servers were ready.
        servers[key]?.isProven = isRouted
        let isKnown = isRouted || servers[key]?.replicas.contains(where: \.hasBeenReady) == true
        if isKnown { known.append(key) }
      }
    }
    await withTaskGroup(of: Void.self) { group in
      for server in servers.values.flatMap(\.replicas) { group.addTask { await server.adopt() } }
    }
    for key in known { clusters[key] = servers[key]?.endpoints }
  }

  /// Gives back what the servers of a revision had together, unless one of them is still on its way out.
  func release(_ key: ServerKey) async throws {
    guard leaving[key]?.isEmpty ?? true else { return }
    try Files.remove(folder.servers(of: key))
    try await running().store.release(key)
  }

  func dropCluster(_ key: ServerKey) async throws {
    try await mutex.withLock {
      guard clusters.removeValue(forKey: key) != nil else { return }
      try await running().envoy.publish(configuration.clusters(clusterList))
    }
  }

  /// Ends the servers that nobody asks for: their retirement was cut short by the end of an earlier
  /// controller.
  func stopOrphans() async throws {
    for (key, replica) in replicasOnDisk where replica > servers[key]?.replicas.count ?? 0 {
      try await stopOrphan(key, replica)
    }
    for key in serverKeysOnDisk where servers[key] == nil {
      try Files.remove(folder.servers(of: key))
    }
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

  private var replicasOnDisk: [(key: ServerKey, replica: Int)] {
    serverKeysOnDisk.flatMap { key in
      Files.names(in: folder.servers(of: key)).compactMap { Int($0) }.map { (key, $0) }
    }
  }

  /// Ends what was started and not yet written down when an earlier controller died: nobody would
  /// find it again, and it has a port that is needed.
  func stopStrays() async throws {
    DetachedProcess.endOrphans(of: folder.path)
    let envoys = [EnvoyRole.clients, .copies].map { folder.envoy($0).path }
    let folders = envoys + replicasOnDisk.map { folder.server($0.key, replica: $0.replica) }
    let known = folders.compactMap { folder -> Int32? in
      let file = folder + "/process.json"
      let record = try? Files.decode(ServerRecord.self, from: file)
      return record?.process?.pid ?? (try? Files.decode(ProcessIdentity.self, from: file))?.pid
    }
    for process in DetachedProcess.started(for: folder.path) where !known.contains(process.pid) {
      logger.warning("stray process stopped", metadata: ["pid": "\(process.pid)"])
      try await process.stop(grace: .seconds(5))
    }
  }

  private func stopOrphan(_ key: ServerKey, _ replica: Int) async throws {
    let path = folder.server(key, replica: replica)
    let record = try Files.decode(ServerRecord.self, from: path + "/process.json")
    if let process = record?.process.flatMap(DetachedProcess.init(adopting:)) {
      logger.info(
        "revision stopped",
        metadata: [
          "deployment": "\(key.deployment)", "revision": "\(key.revision)", "pid": "\(process.pid)",
        ])
      try await process.stop(grace: setup.local.drainTimeout)
    }
    try Files.remove(folder.serverSocket(of: key, replica: replica))
    try Files.remove(path)
  }
}
