import Encoding
import Kubernetes

/// An object as it is to be applied.
struct DrawnObject: Equatable, Sendable {
  let type: ResourceType
  let name: ObjectName
  private(set) var json: JSONValue

  init(_ type: ResourceType, _ name: ObjectName, metadata: [String: JSONValue], spec: JSONValue) {
    self.type = type
    self.name = name
    json = [
      "apiVersion": .string(type.apiVersion), "kind": .string(type.kind),
      "metadata": .object(metadata), "spec": spec,
    ]
  }

  /// The object with the digest of a drawing among its annotations.
  func marked(asDrawn drawing: DrawnObject) -> DrawnObject {
    let digest = Digest(of: drawing.json.canonical.utf8).hexadecimal.prefix(16)
    var marked = self
    marked.json = json.merged(with: [
      "metadata": ["annotations": [ClusterNames.Key.drawing: .string(String(digest))]]
    ])
    return marked
  }

  /// The object with members of `metadata` that only a known object has.
  func identified(uid: String?, version: String? = nil) -> JSONValue {
    guard case .object(var metadata)? = json["metadata"] else { return json }
    metadata["uid"] = uid.map(JSONValue.string)
    metadata["resourceVersion"] = version.map(JSONValue.string)
    return json.with("metadata", .object(metadata))
  }
}

/// An object of the cluster, with everything that it says.
struct ClusterEntry: ClusterObject {
  let metadata: ObjectMeta
  let json: JSONValue

  private enum CodingKeys: CodingKey { case metadata }

  init(from decoder: any Decoder) throws {
    // Who manages which field is half of what an object says, and the API's own affair.
    let whole = try JSONValue(from: decoder)
    json = whole["metadata"].map { whole.with("metadata", $0.without("managedFields")) } ?? whole
    metadata = try decoder.container(keyedBy: CodingKeys.self)
      .decode(ObjectMeta.self, forKey: .metadata)
  }

  func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  subscript(path: String...) -> JSONValue? {
    path.reduce(json) { value, key in value?[key] }
  }

  var isGoing: Bool { metadata.deletionTimestamp != nil }
}

extension JSONValue {
  subscript(path: [String]) -> JSONValue? {
    path.reduce(self) { value, key in value?[key] }
  }
}
