import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts

/// The one route of a deployment, of which only weights change while a revision comes and goes.
///
/// Inferences have rules of their own, one for each path, so that they alone are evidence; the rule behind them takes
/// everything else that a client may ask of a model, where it is counted apart. Where a header chooses, the same rules follow once more, with it: a
/// gateway takes the rule that demands more.
struct RouteDrawing {
  let names: ClusterNames
  let settings: KubernetesSettings
  let routing: Routing
  let slots: RouteSlots
  /// The versions of the revisions that are known by now.
  let versions: [Revision.ID: String]
  /// The number of the record that made the generation; nil when it is not known.
  var decision: Int?

  /// The route, with a mark of everything in it that an operator has chosen.
  var object: DrawnObject { unmarked.marked(asDrawn: empty.unmarked) }

  /// What the route of this deployment is drawn like, whoever answers.
  private var empty: RouteDrawing {
    RouteDrawing(
      names: names, settings: settings,
      routing: Routing(generation: 0, shares: [], sampling: .none), slots: RouteSlots(),
      versions: [:])
  }

  private var unmarked: DrawnObject {
    var metadata = names.metadata(names.route)
    var annotations = [ClusterNames.Key.generation: String(routing.generation)]
    annotations[ClusterNames.Key.decision] = decision.map(String.init)
    metadata["annotations"] = (metadata["annotations"] ?? [:]).merged(with: .texts(annotations))
    var spec: [String: JSONValue] = ["parentRefs": .array(parents), "rules": .array(rules)]
    if !settings.hostnames.isEmpty {
      spec["hostnames"] = .array(settings.hostnames.map(JSONValue.string))
    }
    return DrawnObject(.httpRoutes, names.route, metadata: metadata, spec: .object(spec))
  }

  private var parents: [JSONValue] {
    settings.gateways.map { gateway in
      var parent: [String: JSONValue] = [
        "group": "gateway.networking.k8s.io", "kind": "Gateway", "name": .string(gateway.name),
      ]
      parent["namespace"] = gateway.namespace.map(JSONValue.string)
      parent["sectionName"] = gateway.listener.map(JSONValue.string)
      return .object(parent)
    }
  }

  // MARK: Rules

  private var rules: [JSONValue] {
    let usual = rules(to: slots.slots, when: nil)
    guard let match = routing.match else { return usual }
    let chosen = slots.slots.map { slot in
      RouteSlots.Slot(revision: slot.revision, weight: slot.revision == match.revision ? 1000 : 0)
    }
    return usual + rules(to: chosen, when: match.when)
  }

  private func rules(to slots: [RouteSlots.Slot], when header: HeaderMatch?) -> [JSONValue] {
    let inferences = settings.inferencePaths.map { path in
      rule(
        match: [
          "path": ["type": "Exact", "value": .string("\(publicPrefix)/\(path)")], "method": "POST",
        ],
        rewrite: ["type": "ReplaceFullPath", "replaceFullPath": .string("\(ownPrefix)/\(path)")],
        to: slots, when: header, isCopied: header == nil)
    }
    guard settings.routesOthers else { return inferences }
    let others = rule(
      match: ["path": ["type": "PathPrefix", "value": .string(publicPrefix)]],
      rewrite: ["type": "ReplacePrefixMatch", "replacePrefixMatch": .string(ownPrefix)],
      to: slots, when: header, isCopied: false)
    return inferences + [others]
  }

  private var ownPrefix: String { "/v2/models/\(names.deployment.name)" }

  private var publicPrefix: String {
    settings.path?.text(of: names.deployment) ?? PublicPath.usual(of: names.deployment)
  }

  private func rule(
    match: [String: JSONValue], rewrite: JSONValue, to slots: [RouteSlots.Slot],
    when header: HeaderMatch?, isCopied: Bool
  ) -> JSONValue {
    var match = match
    if let header {
      match["headers"] = [
        ["type": "Exact", "name": .string(header.header), "value": .string(header.value)]
      ]
    }
    let copies = isCopied ? routing.mirror.map { [mirror($0)] } ?? [] : []
    let rewrites: [JSONValue] =
      ownPrefix == publicPrefix ? [] : [["type": "URLRewrite", "urlRewrite": ["path": rewrite]]]
    var rule: [String: JSONValue] = [
      "matches": [.object(match)], "backendRefs": .array(slots.map(backend)),
      "timeouts": ["request": .string(Self.text(settings.requestTimeout))],
    ]
    // The copies come first: a gateway names what it counts of them by the place of the filter.
    if !(copies + rewrites).isEmpty { rule["filters"] = .array(copies + rewrites) }
    return .object(rule)
  }

  /// The Gateway API's durations are whole numbers of at most five digits, each with its unit.
  static func text(_ duration: Duration) -> String {
    let milliseconds = Int(duration.inMilliseconds)
    let parts = [
      (milliseconds / 3_600_000, "h"), (milliseconds / 60_000 % 60, "m"),
      (milliseconds / 1000 % 60, "s"), (milliseconds % 1000, "ms"),
    ]
    return parts.filter { $0.0 > 0 }.map { "\($0.0)\($0.1)" }.joined()
  }

  private func mirror(_ share: Plan.Share) -> JSONValue {
    [
      "type": "RequestMirror",
      "requestMirror": [
        "backendRef": reference(share.revision),
        "fraction": ["numerator": .number(share.weight.value), "denominator": 1000],
      ],
    ]
  }

  private func reference(_ revision: Revision.ID) -> JSONValue {
    [
      "group": "", "kind": "Service",
      "name": .string(names.service(revision, of: settings.server)),
      "port": .number(RevisionDrawing.servicePort),
    ]
  }

  /// Each backend has a header of its own: a gateway counts those apart that have any.
  private func backend(_ slot: RouteSlots.Slot) -> JSONValue {
    guard let shown = slot.revision ?? slots.answering else { return .null }
    var headers = [(Self.revisionHeader, slot.revision?.description ?? Self.free)]
    if let revision = slot.revision, let version = versions[revision], version.isHeaderText {
      headers.append(("serin-model-version", version))
    }
    let set = headers.map { ["name": .string($0.0), "value": .string($0.1)] as JSONValue }
    return reference(shown).merged(with: [
      "weight": .number(slot.weight),
      "filters": [
        ["type": "ResponseHeaderModifier", "responseHeaderModifier": ["set": .array(set)]]
      ],
    ])
  }

  static let revisionHeader = "serin-revision"
  /// No revision is called so: theirs begin with ten digits of a hash.
  static let free = "none"
}

extension String {
  fileprivate var isHeaderText: Bool {
    !isEmpty && utf8.count <= 4096 && utf8.allSatisfy { (0x21..<0x7F).contains($0) }
  }
}
