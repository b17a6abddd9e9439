import Encoding
import Kubernetes
import Rollouts

/// An object of the cluster, with everything that it says.
///
/// There are thousands, and each is read when it has changed. So its text is kept: the tree takes ten times as much.
struct ClusterEntry: ClusterObject {
  let metadata: ObjectMeta
  /// The object as canonical JSON.
  private let text: [UInt8]

  private enum CodingKeys: CodingKey { case metadata }

  init(from decoder: any Decoder) throws {
    // Who manages which field is half of what an object says, and the API's own affair.
    let whole = try JSONValue(from: decoder)
    let kept =
      whole["metadata"].map { whole.with("metadata", $0.without("managedFields")) } ?? whole
    text = kept.file
    guard (try? JSONValue(file: text)) != nil else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "it is too deep"))
    }
    metadata = try decoder.container(keyedBy: CodingKeys.self)
      .decode(ObjectMeta.self, forKey: .metadata)
  }

  func encode(to encoder: any Encoder) throws { try json.encode(to: encoder) }

  /// The whole object, read anew each time.
  var json: JSONValue { (try? JSONValue(file: text)) ?? .null }

  subscript(path: String...) -> JSONValue? { json[path] }

  var isGoing: Bool { metadata.deletionTimestamp != nil }
}

extension ClusterEntry {
  /// Whose the object says it is.
  var deployment: DeploymentName? {
    metadata.annotations?[ClusterNames.Key.deployment].flatMap(DeploymentName.init(annotation:))
  }

  /// Which runtime of which controller it says it is of.
  var owner: String? { metadata.labels?[ClusterNames.Key.owner] }

  func belongs(to deployment: DeploymentName, by owner: String) -> Bool {
    self.owner == owner && self.deployment == deployment
  }

  /// Which revision it serves; nil for a route.
  var revision: Revision.ID? {
    metadata.annotations?[ClusterNames.Key.revisionName].map { Revision.ID($0) }
  }

  /// Versions grow within one object, as Kubernetes promises since 1.35 and has always done.
  func isOlder(than other: ClusterEntry) -> Bool {
    guard metadata.uid == other.metadata.uid, let own = version, let others = other.version
    else { return false }
    return own < others
  }

  var version: UInt64? { metadata.resourceVersion.flatMap { UInt64($0) } }
}
