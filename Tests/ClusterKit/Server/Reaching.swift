package import Encoding
import Threads

// What tests see and do, beside what clients can.

extension ClusterServer {
  /// All objects of a type, in the order of their namespaces and names.
  package func objects(of type: TypeID) -> [JSONValue] {
    state.withLock { $0.cluster.list(type).map(\.value) }
  }

  package func object(_ type: TypeID, _ namespace: String, _ name: String) -> JSONValue? {
    state.withLock { $0.cluster.object(type, Cluster.Key(namespace: namespace, name: name)) }
  }

  /// Shows `witness` all that is there after every change, one after the other, and before anybody is told of it.
  ///
  /// It must not ask this server anything.
  package func show(_ witness: @escaping @Sendable (_ objects: (TypeID) -> [JSONValue]) -> Void) {
    state.withLock { $0.witness = { cluster in witness { cluster.list($0).map(\.value) } } }
  }

  /// The number of the last write.
  package var version: Int { state.withLock { $0.cluster.version } }

  /// Makes a type known, as a new definition does.
  package func add(_ type: APIType) { state.withLock { $0.cluster.add(type) } }

  /// Writes an object as another manager does: creates it, or changes what is given of it.
  @discardableResult
  package func write(_ object: JSONValue, manager: String = "kubectl-edit") -> JSONValue? {
    change { $0.write(object, manager: manager) }
  }

  /// Writes the status of an object as its controller does; what is not given stays.
  @discardableResult
  package func writeStatus(
    _ type: TypeID, _ namespace: String, _ name: String, _ status: JSONValue,
    manager: String = "controller"
  ) -> JSONValue? {
    edit(type, namespace, name, ["status": status], manager: manager, subresource: "status")
  }

  /// Changes an object with a merge patch, as somebody else; nil when it is refused or absent.
  @discardableResult
  package func edit(
    _ type: TypeID, _ namespace: String, _ name: String, _ patch: JSONValue,
    manager: String = "kubectl-edit", subresource: String = ""
  ) -> JSONValue? {
    change { cluster in
      guard let known = cluster.types[type] else { return nil }
      var options = WriteOptions(version: known.stored)
      (options.manager, options.subresource) = (manager, subresource)
      let key = Cluster.Key(namespace: namespace, name: name)
      let written = try? cluster.change(known, key, options) { Patch.merge(patch, into: $0) }
      return written?.object
    }
  }

  /// Deletes an object, and in the background what it owns.
  package func delete(_ type: TypeID, _ namespace: String, _ name: String) {
    change { cluster in
      guard let known = cluster.types[type] else { return }
      let key = Cluster.Key(namespace: namespace, name: name)
      _ = try? cluster.delete(known, key, DeleteOptions())
    }
  }

  /// Whether deletions reach what was owned; with false they wait for `collectGarbage`.
  package func setCollectsGarbage(_ collects: Bool) {
    state.withLock { $0.cluster.collectsGarbage = collects }
  }

  package func collectGarbage() { change { $0.collectGarbage() } }

  /// Goes on counting from another number.
  package func advance(to version: Int) { state.withLock { $0.cluster.advance(to: version) } }

  @discardableResult
  private func change<Result>(_ body: (inout Cluster) -> Result) -> Result {
    state.withLock { state in
      let result = body(&state.cluster)
      if state.cluster.collectsGarbage { state.cluster.collectGarbage() }
      state.wake()
      return result
    }
  }
}

// What was asked.

extension ClusterServer {
  package var requests: [LoggedRequest] { state.withLock { $0.log } }

  package func forgetRequests() { state.withLock { $0.log = [] } }

  /// How many watches are open.
  package var openWatches: Int { state.withLock { $0.openWatches } }
}

// What goes wrong on demand.

extension ClusterServer {
  /// Lets the next requests fail that match.
  package func fail(
    next count: Int, with fault: Fault,
    where matches: @escaping @Sendable (LoggedRequest) -> Bool = { _ in true }
  ) {
    state.withLock { $0.faults.add(fault, count: count, percent: 100, matches) }
  }

  /// Lets a share of the requests fail that match, until `heal`.
  package func fail(
    percent: Int, with fault: Fault,
    where matches: @escaping @Sendable (LoggedRequest) -> Bool = { _ in true }
  ) {
    state.withLock { $0.faults.add(fault, count: nil, percent: percent, matches) }
  }

  /// Draws which requests fail by another seed.
  package func seedFaults(_ seed: UInt64) { state.withLock { $0.faults = FaultPlan(seed: seed) } }

  /// Lets nothing fail any more.
  package func heal() {
    state.withLock { state in
      state.faults.clear()
      (state.isAway, state.areWatchesSilent) = (false, false)
      state.wake()
    }
  }

  /// Answers nobody, and ends all watches, until it is back.
  package func setAway(_ isAway: Bool) {
    state.withLock { state in
      state.isAway = isAway
      if isAway { state.endWatches() }
    }
  }

  /// Lets watches stay open and say nothing; what happened meanwhile is told afterwards.
  package func setWatchesSilent(_ areSilent: Bool) {
    state.withLock { state in
      state.areWatchesSilent = areSilent
      if !areSilent { state.wake() }
    }
  }

  /// Ends all watches that are open.
  package func dropWatches() { state.withLock { $0.endWatches() } }

  /// Forgets what happened: watches and lists from before now are answered with 410.
  package func compact() { state.withLock { $0.cluster.compact() } }

  /// How long after one bookmark a watch gets another, if something happens.
  package func setBookmarkPause(_ pause: Duration) { state.withLock { $0.bookmarkPause = pause } }

  /// Who may ask, by bearer token; without any, everybody may do everything.
  package func setAccounts(_ accounts: [String: Account]?) {
    state.withLock { $0.accounts = accounts }
  }
}

extension Cluster {
  /// Writes an object from within; nil when it is refused.
  @discardableResult
  mutating func write(_ object: JSONValue, manager: String) -> JSONValue? {
    let parts = (object["apiVersion"]?.string ?? "").split(separator: "/").map(String.init)
    let group = parts.count > 1 ? parts[0] : ""
    guard
      let type = types.values.first(where: {
        $0.group == group && $0.kind == object["kind"]?.string
      })
    else { return nil }
    var options = WriteOptions(version: type.stored)
    options.manager = manager
    let namespace = object.namespace.isEmpty && type.isNamespaced ? "default" : object.namespace
    let key = Key(namespace: type.isNamespaced ? namespace : "", name: object.name)
    if self.object(type.id, key) == nil {
      return (try? create(type, key.namespace, object, options))?.object
    }
    return (try? change(type, key, options) { Patch.merge(object, into: $0) })?.object
  }
}

extension TypeID {
  package static let namespaces = TypeID(group: "", plural: "namespaces")
  package static let services = TypeID(group: "", plural: "services")
  package static let secrets = TypeID(group: "", plural: "secrets")
  package static let configMaps = TypeID(group: "", plural: "configmaps")
  package static let pods = TypeID(group: "", plural: "pods")
  package static let events = TypeID(group: "events.k8s.io", plural: "events")
  package static let deployments = TypeID(group: "apps", plural: "deployments")
  package static let leases = TypeID(group: "coordination.k8s.io", plural: "leases")
  package static let httpRoutes = TypeID(group: "gateway.networking.k8s.io", plural: "httproutes")
  package static let backendTrafficPolicies = TypeID(
    group: "gateway.envoyproxy.io", plural: "backendtrafficpolicies")
  package static let gateways = TypeID(group: "gateway.networking.k8s.io", plural: "gateways")
  package static let inferenceServices = TypeID(
    group: "serving.kserve.io", plural: "inferenceservices")
  package static let modelDeployments = TypeID(group: "serin.dev", plural: "modeldeployments")
}
