import Encoding

/// What the server says about its types, so that clients find them.
struct Discovery {
  private let types: [APIType]

  init(_ cluster: Cluster) {
    types = cluster.types.values.sorted { $0.id < $1.id }
  }

  /// Answers a path that is no resource; nil when nothing stands there.
  func answer(_ request: Request, _ cluster: Cluster) -> Reply? {
    let parts = request.path.split(separator: "/").map(String.init)
    let isAggregated = (request.headers["accept"] ?? "").contains("as=APIGroupDiscoveryList")
    switch parts.first {
    case "version" where parts.count == 1: return .json(200, Self.version)
    case "livez", "healthz", "readyz": return .text(200, "ok")
    case "api" where parts.count == 1:
      return isAggregated ? aggregated([""]) : .json(200, Self.core(request))
    case "api" where parts.count == 2: return resources("", parts[1])
    case "apis" where parts.count == 1:
      if isAggregated { return aggregated(groups) }
      return .json(
        200,
        [
          "kind": "APIGroupList", "apiVersion": "v1",
          "groups": .array(groups.map { group($0) }),
        ])
    case "apis" where parts.count == 2 && groups.contains(parts[1]):
      return .json(200, group(parts[1]).with("kind", "APIGroup").with("apiVersion", "v1"))
    case "apis" where parts.count == 3: return resources(parts[1], parts[2])
    default: return nil
    }
  }

  private var groups: [String] {
    Array(Set(types.map(\.group)).subtracting([""])).sorted()
  }

  private static let version: JSONValue = [
    "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
    "minCompatibilityMajor": "1", "minCompatibilityMinor": "35", "gitVersion": "v1.36.2",
    "gitCommit": "8e16b12fda5b1dccc41a6de48b3e356cc7d5048b", "gitTreeState": "clean",
    "buildDate": "2026-08-21T00:00:00Z", "goVersion": "go1.26.6", "compiler": "gc",
    "platform": "linux/amd64",
  ]

  private static func core(_ request: Request) -> JSONValue {
    [
      "kind": "APIVersions", "versions": ["v1"],
      "serverAddressByClientCIDRs": [
        [
          "clientCIDR": "0.0.0.0/0",
          "serverAddress": .string(request.headers["host"] ?? ""),
        ]
      ],
    ]
  }

  /// The versions of a group, the most stable and newest first.
  private func versions(_ group: String) -> [String] {
    let names = Set(types.filter { $0.group == group }.flatMap { $0.versions.map(\.name) })
    return names.sorted { one, other in
      let ranks = (Self.rank(one), Self.rank(other))
      return ranks.0 == ranks.1 ? one > other : ranks.0 < ranks.1
    }
  }

  private static func rank(_ version: String) -> Int {
    version.contains("alpha") ? 2 : version.contains("beta") ? 1 : 0
  }

  private func group(_ name: String) -> JSONValue {
    let versions = versions(name).map { version -> JSONValue in
      ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)]
    }
    return [
      "name": .string(name), "versions": .array(versions),
      "preferredVersion": versions.first ?? [:],
    ]
  }

  private func resources(_ group: String, _ version: String) -> Reply? {
    let found = types.filter { $0.group == group }.compactMap { type in
      type.versions.first { $0.name == version }.map { (type, $0) }
    }
    guard !found.isEmpty else { return nil }
    let list = found.flatMap { type, version -> [JSONValue] in
      [type.listed] + version.subresources.map { type.listed(subresource: $0) }
    }
    return .json(
      200,
      [
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": .string(group.isEmpty ? version : "\(group)/\(version)"),
        "resources": .array(list),
      ])
  }

  private func aggregated(_ groups: [String]) -> Reply {
    let items = groups.map { group -> JSONValue in
      let versions = versions(group).map { version -> JSONValue in
        let found = types.filter { $0.group == group }.compactMap { type in
          type.versions.first { $0.name == version }.map { type.aggregated($0) }
        }
        return [
          "version": .string(version), "resources": .array(found), "freshness": "Current",
        ]
      }
      let metadata: JSONValue = group.isEmpty ? [:] : ["name": .string(group)]
      return ["metadata": metadata, "versions": .array(versions)]
    }
    let body: JSONValue = [
      "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": [:],
      "items": .array(items),
    ]
    return .whole(
      200,
      [
        (
          "Content-Type",
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
        ), ("Vary", "Accept"), ("Cache-Control", "public"),
      ], Array(body.canonical.utf8))
  }
}

extension APIType.Version {
  var subresources: [String] { (hasScale ? ["scale"] : []) + (hasStatus ? ["status"] : []) }
}

extension APIType {
  private var verbs: JSONValue {
    isCustom
      ? ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
      : ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
  }

  fileprivate var listed: JSONValue {
    var entry: [String: JSONValue] = [
      "name": .string(plural), "singularName": .string(singular),
      "namespaced": .bool(isNamespaced), "kind": .string(kind), "verbs": verbs,
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .array(shortNames.map(JSONValue.string)) }
    if !categories.isEmpty { entry["categories"] = .array(categories.map(JSONValue.string)) }
    return .object(entry)
  }

  fileprivate func listed(subresource: String) -> JSONValue {
    var entry: [String: JSONValue] = [
      "name": .string("\(plural)/\(subresource)"), "singularName": "",
      "namespaced": .bool(isNamespaced), "kind": .string(subresource == "scale" ? "Scale" : kind),
      "verbs": ["get", "patch", "update"],
    ]
    if subresource == "scale" {
      entry["group"] = "autoscaling"
      entry["version"] = "v1"
    }
    return .object(entry)
  }

  fileprivate func aggregated(_ version: Version) -> JSONValue {
    func kind(_ name: String, _ group: String, _ version: String) -> JSONValue {
      ["group": .string(group), "version": .string(version), "kind": .string(name)]
    }
    let (group, number) = isCustom ? (self.group, version.name) : ("", "")
    var entry: [String: JSONValue] = [
      "resource": .string(plural), "responseKind": kind(self.kind, group, number),
      "scope": isNamespaced ? "Namespaced" : "Cluster", "singularResource": .string(singular),
      "verbs": verbs,
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .array(shortNames.map(JSONValue.string)) }
    if !categories.isEmpty { entry["categories"] = .array(categories.map(JSONValue.string)) }
    let parts = version.subresources.map { name -> JSONValue in
      let answer =
        name == "scale" ? kind("Scale", "autoscaling", "v1") : kind(self.kind, group, number)
      return [
        "subresource": .string(name), "responseKind": answer, "verbs": ["get", "patch", "update"],
      ]
    }
    if !parts.isEmpty { entry["subresources"] = .array(parts) }
    return .object(entry)
  }
}
