import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What a route of the cluster says, read back from the object itself: another controller, or this one's next life, goes on from it.
struct RouteReading: Equatable {
  /// The generation of the plan that it was applied for; nil when it says none.
  let generation: Int?
  /// The number of the record that made it; nil when the route says none.
  let decision: Int?
  let slots: RouteSlots
  /// Why the gateways do not take the route as it is now; nil when all of them do.
  let refusal: String?
  private let copies: Copies?
  private let match: Plan.Match?

  /// Where copies go, by the name of the Service.
  private struct Copies: Equatable {
    let service: String
    let share: PerMille
  }

  init(entry: ClusterEntry, settings: KubernetesSettings) {
    let json = entry.json
    let rules = json[["spec", "rules"]]?.items ?? []
    let annotations = entry.metadata.annotations ?? [:]
    generation = annotations[ClusterNames.Key.generation].flatMap(Self.generation)
    decision = annotations[ClusterNames.Key.decision].flatMap(Self.generation)
    slots = RouteSlots(
      (rules.first?["backendRefs"]?.items ?? []).map { backend in
        RouteSlots.Slot(
          revision: Self.revision(of: backend), weight: backend["weight"]?.integer ?? 1)
      })
    copies = Self.copies(of: rules)
    match = Self.match(of: rules.dropFirst(settings.rulesOfAnyone).first)
    refusal = RouteStatus(entry.metadata, json["status"]).refusal(of: settings.gateways)
  }

  /// Reads a generation: whoever may write in the namespace may have written it, and numbers after it must fit, too.
  static func generation(_ text: String) -> Int? {
    Int(text).flatMap { (0...1 << 53).contains($0) ? $0 : nil }
  }

  private static func revision(of backend: JSONValue) -> Revision.ID? {
    let sets = (backend["filters"]?.items ?? []).flatMap {
      $0[["responseHeaderModifier", "set"]]?.items ?? []
    }
    let own = sets.first { $0["name"]?.string == RouteDrawing.revisionHeader }
    guard let name = own?["value"]?.string, name != RouteDrawing.free else { return nil }
    return Revision.ID(name)
  }

  private static func copies(of rules: [JSONValue]) -> Copies? {
    let filters = rules.first?["filters"]?.items ?? []
    guard let mirror = filters.lazy.compactMap({ $0["requestMirror"] }).first,
      let service = mirror[["backendRef", "name"]]?.string,
      let weight = mirror[["fraction", "numerator"]]?.integer, (0...1000).contains(weight)
    else { return nil }
    return Copies(service: service, share: PerMille(weight))
  }

  /// Reads whom a header chooses, of the first rule that demands one.
  private static func match(of rule: JSONValue?) -> Plan.Match? {
    let header = rule?["matches"]?.items.first?["headers"]?.items.first
    guard let name = header?["name"]?.string, let value = header?["value"]?.string,
      let when = HeaderMatch(header: name, value: value)
    else { return nil }
    let chosen = (rule?["backendRefs"]?.items ?? []).first { $0["weight"]?.integer != 0 }
    return chosen.flatMap(revision).map { Plan.Match(revision: $0, when: when) }
  }

  /// Who answers, as far as the route says it; nil when it says no generation.
  ///
  /// The revision that gets copies is known by the name of its Service.
  func routing(
    _ names: ClusterNames, of kind: ClusterServing, known: [Revision.ID]
  ) -> Routing? {
    guard let generation else { return nil }
    let copied = copies.flatMap { copies in
      known.first { names.service($0, of: kind) == copies.service }
        .map { Plan.Share(revision: $0, weight: copies.share) }
    }
    return Routing(
      generation: generation, shares: slots.shares.inOrder, mirror: copied, match: match,
      sampling: .none)
  }
}

/// What the gateways say of a route.
private struct RouteStatus {
  private let metadata: ObjectMeta
  private let parents: [JSONValue]

  init(_ metadata: ObjectMeta, _ status: JSONValue?) {
    (self.metadata, parents) = (metadata, status?["parents"]?.items ?? [])
  }

  func refusal(of gateways: [GatewayReference]) -> String? {
    for gateway in gateways {
      guard let parent = parents.first(where: { isStatus($0, of: gateway) }) else {
        return "the gateway \(gateway.name) has not answered for the route yet"
      }
      if let refusal = refusal(of: parent, gateway) { return refusal }
    }
    return nil
  }

  private func isStatus(_ parent: JSONValue, of gateway: GatewayReference) -> Bool {
    let reference = parent["parentRef"]
    let own = metadata.namespace
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
        condition["observedGeneration"]?.integer == metadata.generation
      else { return "the gateway \(gateway.name) has not looked at the route yet" }
      if condition["status"]?.string != "True" { return gateway.words(of: condition) }
    }
    if let partial = condition("PartiallyInvalid"), partial["status"]?.string == "True" {
      return gateway.words(of: partial)
    }
    if let backends = condition("BackendsAvailable"), backends["status"]?.string == "False" {
      return gateway.words(of: backends)
    }
    return nil
  }
}

extension GatewayReference {
  /// What the gateway says by a condition of an object.
  func words(of condition: JSONValue) -> String {
    let reason = condition["reason"]?.string ?? "no reason"
    let message = condition["message"]?.string.map { ": \($0)" } ?? ""
    return String("the gateway \(name) says \(reason)\(message)".prefix(500))
  }
}
