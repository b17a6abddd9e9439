package import Encoding
import Foundation

/// A type of objects that the server has: its names, its versions, and what its objects look like.
package struct APIType: Sendable {
  package struct Version: Sendable {
    package let name: String
    let schema: Schema
    let hasStatus: Bool
    let hasScale: Bool
    /// What kubectl shows beside the name; empty when nothing is known of it.
    let columns: [Table.Column]
  }

  package let group: String
  package let kind: String
  package let plural: String
  let listKind: String
  let singular: String
  let shortNames: [String]
  let categories: [String]
  let isNamespaced: Bool
  /// Whether a definition says what it is, and not the server's code.
  let isCustom: Bool
  let versions: [Version]
  /// The version in which objects are kept.
  let stored: Version

  package var id: TypeID { TypeID(group: group, plural: plural) }

  func apiVersion(_ version: Version) -> String {
    group.isEmpty ? version.name : "\(group)/\(version.name)"
  }

  /// An object before anything was written: a built-in type's parts are there without anything in them.
  var blank: JSONValue {
    guard !isCustom else { return [:] }
    let parts = ["spec", "status"].filter { stored.schema.properties[$0] != nil }
    return .object(Dictionary(parts.map { ($0, [:]) }) { $1 })
  }

  /// Whether a write without a resource version is taken.
  var allowsUnconditionalUpdate: Bool { !isCustom && plural != "leases" }
  var hasGeneration: Bool { isCustom || plural == "deployments" }

  /// A custom type that is as loose as a definition may be: its spec and its status hold anything.
  package static func custom(
    group: String, version: String, kind: String, plural: String, spec: JSONValue? = nil
  ) -> APIType {
    let anything: JSONValue = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
    let schema: JSONValue = [
      "type": "object",
      "properties": [
        "apiVersion": ["type": "string"], "kind": ["type": "string"],
        "metadata": ["type": "object"], "spec": spec ?? anything, "status": anything,
      ],
    ]
    return APIType(
      [
        "group": .string(group), "scope": "Namespaced",
        "names": [
          "kind": .string(kind), "listKind": .string(kind + "List"), "plural": .string(plural),
          "singular": .string(kind.lowercased()),
        ],
        "versions": [
          [
            "name": .string(version), "storage": true, "schema": schema,
            "subresources": ["status": [:]],
          ]
        ],
      ], isCustom: true)
  }

  /// Reads what `convert.py` and `builtin.py` write.
  init(_ json: JSONValue, isCustom: Bool) {
    group = json["group"]?.string ?? ""
    let names = json["names"] ?? [:]
    kind = names["kind"]?.string ?? ""
    listKind = names["listKind"]?.string ?? ""
    plural = names["plural"]?.string ?? ""
    singular = names["singular"]?.string ?? ""
    shortNames = (names["shortNames"] ?? .null).items.compactMap(\.string)
    categories = (names["categories"] ?? .null).items.compactMap(\.string)
    isNamespaced = json["scope"]?.string == "Namespaced"
    self.isCustom = isCustom
    let shared = (json["shared"] ?? .null).members
    let all = (json["versions"] ?? .null).items
    versions = all.map { Version($0, shared) }
    guard let first = versions.first else { preconditionFailure("a type has a version") }
    let index = all.firstIndex { $0["storage"]?.boolean == true } ?? 0
    stored = versions.indices.contains(index) ? versions[index] : first
  }
}

extension APIType.Version {
  init(_ json: JSONValue, _ shared: [String: JSONValue]) {
    name = json["name"]?.string ?? ""
    let subresources = json["subresources"] ?? [:]
    (hasStatus, hasScale) = (subresources["status"] != nil, subresources["scale"] != nil)
    columns = (json["columns"] ?? .null).items.map(Table.Column.init)
    let own = Schema(json["schema"] ?? [:], shared: shared)
    schema = own.with(["metadata": Catalog.metadata])
  }
}

/// Which type is meant, whatever its version.
package struct TypeID: Hashable, Sendable, Comparable {
  package let group: String
  package let plural: String

  package init(group: String, plural: String) {
    self.group = group
    self.plural = plural
  }

  package static func < (one: TypeID, other: TypeID) -> Bool {
    (one.group, one.plural) < (other.group, other.plural)
  }
}

/// The types that every server of this kit has.
package enum Catalog {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "schemas")
  private static let builtIn = read("builtin")

  static let metadata = Schema(builtIn["metadata"] ?? [:])

  /// Built-in types, Gateway API's and KServe's, what is hashed of Envoy Gateway's, and Serin's own.
  package static let all: [APIType] =
    (builtIn["types"] ?? .null).items.map { APIType($0, isCustom: false) }
    + [
      "gateways.gateway.networking.k8s.io", "httproutes.gateway.networking.k8s.io",
      "inferenceservices.serving.kserve.io",
    ].map { APIType(read($0), isCustom: true) } + [.hashPolicies, modelDeployments]

  /// Those types with Serin's own as its definition says, for those who show deployments.
  package static let shown: [APIType] =
    all.filter { $0.plural != "modeldeployments" }
    + [APIType(read("modeldeployments.serin.dev"), isCustom: true)]

  /// What an operator installs besides: rights, budgets, policies, definitions, and what the Prometheus operator reads.
  package static let installation: [APIType] =
    (read("installation")["types"] ?? .null).items.map { APIType($0, isCustom: false) }
    + [APIType(read("servicemonitors.monitoring.coreos.com"), isCustom: true)]

  private static let modelDeployments = APIType.custom(
    group: "serin.dev", version: "v1alpha1", kind: "ModelDeployment", plural: "modeldeployments")

  private static func read(_ name: String) -> JSONValue {
    let file = folder.appending(path: name + ".json")
    guard let data = try? Data(contentsOf: file),
      let json = try? JSONValue(canonical: Array(data.dropLast()))
    else { preconditionFailure("\(file.path) is no canonical JSON") }
    return json
  }
}
