import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What a route of the cluster says, read back from the object itself: another controller, or this one's next life, goes on from it.
struct RouteReading {
  let entry: ClusterEntry
  let settings: KubernetesSettings

  /// The generation of the plan that it was applied for; nil when it says none.
  var generation: Int? {
    entry.metadata.annotations?[ClusterNames.Key.generation].flatMap(Self.generation)
  }

  /// Reads a generation: whoever may write in the namespace may have written it, and numbers after it must fit, too.
  static func generation(_ text: String) -> Int? {
    Int(text).flatMap { (0...1 << 53).contains($0) ? $0 : nil }
  }

  private var rules: [JSONValue] { entry["spec", "rules"]?.items ?? [] }

  var slots: RouteSlots {
    RouteSlots(
      (rules.first?["backendRefs"]?.items ?? []).map { backend in
        RouteSlots.Slot(
          revision: Self.revision(of: backend), weight: backend["weight"]?.integer ?? 1)
      })
  }

  private static func revision(of backend: JSONValue) -> Revision.ID? {
    let sets = (backend["filters"]?.items ?? []).flatMap {
      $0[["responseHeaderModifier", "set"]]?.items ?? []
    }
    let own = sets.first { $0["name"]?.string == RouteDrawing.revisionHeader }
    guard let name = own?["value"]?.string, name != RouteDrawing.free else { return nil }
    return Revision.ID(name)
  }

  /// Who answers, as far as the route says it; nil when it says no generation.
  ///
  /// The revisions of the mirror and of the header are known by the names of their Services.
  func routing(_ names: ClusterNames, known: [Revision.ID]) -> Routing? {
    guard let generation else { return nil }
    let byService = Dictionary(
      known.map { (names.service($0, of: settings.server), $0) }
    ) { first, _ in first }
    return Routing(
      generation: generation, shares: slots.shares.inOrder, mirror: mirror(byService), match: match,
      sampling: .none)
  }

  private func mirror(_ byService: [String: Revision.ID]) -> Plan.Share? {
    let filters = rules.first?["filters"]?.items ?? []
    guard let mirror = filters.lazy.compactMap({ $0["requestMirror"] }).first,
      let service = mirror[["backendRef", "name"]]?.string, let revision = byService[service],
      let weight = mirror[["fraction", "numerator"]]?.integer, (0...1000).contains(weight)
    else { return nil }
    return Plan.Share(revision: revision, weight: PerMille(weight))
  }

  private var match: Plan.Match? {
    guard rules.count > settings.inferencePaths.count + 1 else { return nil }
    let rule = rules[settings.inferencePaths.count + 1]
    let header = rule["matches"]?.items.first?["headers"]?.items.first
    guard let name = header?["name"]?.string, let value = header?["value"]?.string,
      let when = HeaderMatch(header: name, value: value)
    else { return nil }
    let chosen = (rule["backendRefs"]?.items ?? []).first { $0["weight"]?.integer != 0 }
    return chosen.flatMap(Self.revision).map { Plan.Match(revision: $0, when: when) }
  }

  // MARK: Status

  /// Why the gateways do not take the route as it is now; nil when all of them do.
  var refusal: String? {
    for gateway in settings.gateways {
      guard let parent = parents.first(where: { isStatus($0, of: gateway) }) else {
        return "the gateway \(gateway.name) has not answered for the route yet"
      }
      if let refusal = refusal(of: parent, gateway) { return refusal }
    }
    return nil
  }

  private var parents: [JSONValue] { entry["status", "parents"]?.items ?? [] }

  private func isStatus(_ parent: JSONValue, of gateway: GatewayReference) -> Bool {
    let reference = parent["parentRef"]
    let own = entry.metadata.namespace
    return reference?["name"]?.string == gateway.name
      && (reference?["namespace"]?.string ?? own) == (gateway.namespace ?? own)
      && reference?["sectionName"]?.string == gateway.listener
  }

  private func refusal(of parent: JSONValue, _ gateway: GatewayReference) -> String? {
    let conditions = parent["conditions"]?.items ?? []
    func condition(_ type: String) -> JSONValue? {
      conditions.first { $0["type"]?.string == type }
    }
    for type in ["Accepted", "ResolvedRefs"] {
      guard let condition = condition(type),
        condition["observedGeneration"]?.integer == entry.metadata.generation
      else { return "the gateway \(gateway.name) has not looked at the route yet" }
      if condition["status"]?.string != "True" { return Self.words(condition, gateway) }
    }
    if let partial = condition("PartiallyInvalid"), partial["status"]?.string == "True" {
      return Self.words(partial, gateway)
    }
    if let backends = condition("BackendsAvailable"), backends["status"]?.string == "False" {
      return Self.words(backends, gateway)
    }
    return nil
  }

  private static func words(_ condition: JSONValue, _ gateway: GatewayReference) -> String {
    let reason = condition["reason"]?.string ?? "no reason"
    let message = condition["message"]?.string.map { ": \($0)" } ?? ""
    return String("the gateway \(gateway.name) says \(reason)\(message)".prefix(500))
  }
}
