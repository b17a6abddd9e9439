package import ClusterKit
import Encoding
package import Foundation
import HTTP
import TestKit

/// What stands behind a cluster's API in the tests: a kubelet, KServe and a gateway, as far as models need them.
///
/// It reads InferenceServices, Deployments, Services, HTTPRoutes and their policies from the server, runs real processes for them behind a real
/// Envoy, and writes their statuses.
package actor ClusterNode {
  private let server: ClusterServer
  private let root: URL
  private let programs: NodePrograms
  private let gateway: Gateway
  private var pods: [String: [PodProcess]] = [:]
  private var written: [String: JSONValue] = [:]
  /// What Prometheus was told last.
  private var shown: [JSONValue] = []
  /// Pods that get no requests any more, and so many looks later go.
  private var leaving: [(pod: PodProcess, key: String, looks: Int)] = []
  /// So many pods were made so far.
  private var made = 0
  /// Whether the gateway says that it takes routes, and answers as it did before.
  private var isLying = false
  /// Whether the gateway knows policies; one of another kind says nothing of them.
  private var takesPolicies = true
  /// Of which revisions nobody but the gateway reaches the pods.
  private var isolated: Set<String> = []
  private var task: Task<Void, Never>?
  /// What went wrong last: it is tried again at the next look.
  package private(set) var lastError: (any Error)?

  package nonisolated let port: Int
  /// Where Envoy tells what it counts.
  package nonisolated let admin: Int
  /// The file in which Prometheus finds the pods.
  package nonisolated let targets: URL

  package init(
    _ server: ClusterServer, in root: URL, programs: NodePrograms = NodePrograms()
  ) throws {
    (self.server, self.root, self.programs) = (server, root, programs)
    gateway = try Gateway(in: root)
    (port, admin) = (gateway.port, gateway.admin)
    targets = root.appending(path: "targets.json")
  }

  package func start() {
    task = Task { [weak self] in
      while !Task.isCancelled {
        await self?.look()
        try? await Task.sleep(for: .milliseconds(30))
      }
    }
  }

  package func stop() async {
    task?.cancel()
    await task?.value
    for pod in pods.values.joined() + leaving.map(\.pod) { pod.stop() }
    gateway.stop()
  }

  /// Starts the gateway anew: it answers as before, and has counted nothing.
  package func restartGateway() throws { try gateway.restart() }

  /// Has the gateway accept routes from now on, and go on answering as before.
  package func lie() { isLying = true }

  /// Has the gateway take policies, or leave them alone as one of another kind does.
  package func takePolicies(_ isTrue: Bool) { takesPolicies = isTrue }

  /// Keeps everybody but the gateway from the pods of a revision, or lets them in again.
  package func isolate(revision: String, _ isIsolated: Bool = true) {
    if isIsolated { isolated.insert(revision) } else { isolated.remove(revision) }
  }

  /// Ends the servers of a revision as crashes do.
  package func crash(revision: String) {
    for (name, pods) in pods where name.contains(revision) { for pod in pods { pod.crash() } }
  }

  private func look() async {
    do {
      try await reconcile()
      try publishTargets()
      try await route()
    } catch {
      lastError = error
    }
  }

  // MARK: Pods

  private func reconcile() async throws {
    let sets =
      server.objects(of: .inferenceServices).map(PodSet.init(inferenceService:))
      + server.objects(of: .deployments).map(PodSet.init(deployment:))
    for set in sets { try await reconcile(set) }
    for name in pods.keys where !sets.contains(where: { $0.key == name }) {
      for pod in pods.removeValue(forKey: name) ?? [] { remove(pod, in: name) }
    }
  }

  private func remove(_ pod: PodProcess, in key: String) {
    pod.stop()
    server.delete(.pods, key.split(separator: "/").first.map(String.init) ?? "", pod.name)
  }

  private func reconcile(_ set: PodSet) async throws {
    var own = pods[set.key] ?? []
    let outdated = own.count { $0.spec != set.pod }
    while own.count - outdated < set.replicas {
      made += 1
      let pod = try PodProcess("\(set.name)-\(made)", set.pod, programs, in: root)
      own.append(pod)
      server.write(pod.object, manager: "kubelet")
    }
    while own.count - outdated > set.replicas { remove(own.removeLast(), in: set.key) }
    // Pods of an older specification go when those of the new one answer.
    if outdated > 0, own.count(where: { $0.spec == set.pod && $0.isReady }) == set.replicas {
      leaving += own.filter { $0.spec != set.pod }.map { ($0, set.key, 10) }
      own.removeAll { $0.spec != set.pod }
    }
    pods[set.key] = own
    for pod in own {
      pod.isOutOfReach = isolated.contains(set.pod.revision)
      try await pod.step()
      writeStatus(.pods, set.namespace, pod.name, pod.status)
    }
    writeStatus(set.type, set.namespace, set.name, set.status(ready: own.count(where: \.isReady)))
  }

  /// Tells Prometheus where pods show their metrics, with the labels that its operator gives to what is scraped of one.
  private func publishTargets() throws {
    let scraped = pods.sorted { $0.key < $1.key }.flatMap(\.value).map(\.target)
    guard scraped != shown else { return }
    try Data(JSONValue.array(scraped).canonical.utf8).write(to: targets, options: .atomic)
    shown = scraped
  }

  private func writeStatus(
    _ type: TypeID, _ namespace: String, _ name: String, _ status: JSONValue
  ) {
    let key = "\(type.plural)/\(namespace)/\(name)"
    guard written[key] != status || isNew(type, namespace, name) else { return }
    written[key] = status
    let written = server.writeStatus(type, namespace, name, status)
    // A status that the API refuses is a fault of this node, and not of what is tested.
    precondition(written != nil || server.object(type, namespace, name) == nil, "\(key): \(status)")
  }

  private func isNew(_ type: TypeID, _ namespace: String, _ name: String) -> Bool {
    server.object(type, namespace, name)?["status"] == nil
  }

  // MARK: Traffic

  private func route() async throws {
    let routes = server.objects(of: .httpRoutes)
    guard !isLying else {
      for route in routes { accept(route) }
      return
    }
    let policies = HashPolicies(
      of: routes, server.objects(of: .backendTrafficPolicies), areTaken: takesPolicies)
    let drawn = routes.map { route in
      GatewayRoutes(route: route, hashed: policies.hashed(of: route)) { service in
        self.endpoints(route["metadata"]?["namespace"]?.string ?? "", service)
      }
    }
    let ordered = drawn.flatMap(\.routes).sorted { $0.demands > $1.demands }.map(\.route)
    try gateway.publish(drawn.flatMap(\.clusters), ordered)
    guard await gateway.isCurrent() else { return }
    for route in routes { accept(route) }
    for (policy, status) in policies.statuses {
      writeStatus(.backendTrafficPolicies, policy.namespace, policy.name, status)
    }
    for (pod, key, looks) in leaving where looks == 0 { remove(pod, in: key) }
    leaving = leaving.filter { $0.looks > 0 }.map { ($0.pod, $0.key, $0.looks - 1) }
  }

  private func endpoints(_ namespace: String, _ service: String) -> [Int] {
    let name = service.hasSuffix("-predictor") ? String(service.dropLast(10)) : service
    return (pods["\(namespace)/\(name)"] ?? []).filter(\.isReady).map(\.port)
  }

  private func accept(_ route: JSONValue) {
    let (metadata, spec) = (route["metadata"], route["spec"])
    let generation = metadata?["generation"] ?? 1
    let missing = missingServices(of: route)
    let conditions = ["Accepted", "ResolvedRefs"].map { type -> JSONValue in
      let isTrue = type == "Accepted" || missing.isEmpty
      return [
        "type": .string(type), "status": isTrue ? "True" : "False",
        "reason": .string(isTrue ? type : "BackendNotFound"),
        "message": .string(isTrue ? "" : missing.joined(separator: ", ")),
        "observedGeneration": generation, "lastTransitionTime": "2026-11-30T00:00:00Z",
      ]
    }
    let parents = (spec?["parentRefs"]?.items ?? []).map { parent -> JSONValue in
      [
        "parentRef": parent, "controllerName": "test.serin.dev/gateway",
        "conditions": .array(conditions),
      ]
    }
    writeStatus(
      .httpRoutes, metadata?["namespace"]?.string ?? "", metadata?["name"]?.string ?? "",
      ["parents": .array(parents)])
  }

  /// The Services that a route refers to and that nobody has made, or has taken away again.
  private func missingServices(of route: JSONValue) -> [String] {
    let namespace = route["metadata"]?["namespace"]?.string
    let made = server.objects(of: .inferenceServices).map(PodSet.init(inferenceService:))
      .filter { !$0.isStopped && $0.namespace == namespace }.map { "\($0.name)-predictor" }
    let others = server.objects(of: .services)
      .filter { $0["metadata"]?["namespace"]?.string == namespace }
      .compactMap { $0["metadata"]?["name"]?.string }
    let named = (route["spec"]?["rules"]?.items ?? []).flatMap { $0["backendRefs"]?.items ?? [] }
      .compactMap { $0["name"]?.string }
    return Set(named).subtracting(made + others).sorted()
  }
}
