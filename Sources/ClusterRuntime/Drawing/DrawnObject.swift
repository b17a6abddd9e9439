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

  var digest: Digest { Digest(of: json.canonical.utf8) }

  /// What has to be so: all but what people are told of the decision behind it.
  ///
  /// It comes with whatever else is written. By itself it is worth no write, and no correction.
  var demanded: JSONValue {
    let path = ["metadata", "annotations"]
    guard let metadata = json["metadata"], let annotations = json[path] else { return json }
    let others = annotations.without(ClusterNames.Key.decision)
    return json.with("metadata", metadata.with("annotations", others))
  }

  /// The object with the digest of a drawing among its annotations.
  func marked(asDrawn drawing: DrawnObject) -> DrawnObject {
    let digest = drawing.digest.hexadecimal.prefix(16)
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

extension JSONValue {
  subscript(path: [String]) -> JSONValue? {
    path.reduce(self) { value, key in value?[key] }
  }
}
