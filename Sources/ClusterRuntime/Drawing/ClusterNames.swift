import Encoding
import Kubernetes
import Manifests
import Rollouts

/// What the objects of one deployment are called, and how they are known again.
///
/// Names are for people and may meet; labels and annotations say what an object really is of.
struct ClusterNames: Sendable {
  let deployment: DeploymentName
  let namespace: String
  /// Who made the objects: a label's value that no other runtime of any controller has.
  let owner: String

  init(_ deployment: DeploymentName, in settings: KubernetesSettings, owner: String) {
    self.deployment = deployment
    self.owner = owner
    namespace = settings.namespace ?? deployment.namespace
    let isShared = settings.namespace != nil
    let isUsual = deployment.namespace == DeploymentName.defaultNamespace
    base = isShared && !isUsual ? "\(deployment.namespace)-\(deployment.name)" : deployment.name
  }

  private let base: String

  /// The name of the route.
  var route: ObjectName { ObjectName(namespace, Self.shortened(base, to: Self.longest)) }

  /// The name of what serves a revision.
  func server(_ revision: Revision.ID) -> ObjectName {
    ObjectName(namespace, Self.shortened("\(base)-\(revision)", to: Self.longest))
  }

  /// The Service of a revision: KServe makes one of its own.
  func service(_ revision: Revision.ID, of kind: ClusterServing) -> String {
    let name = server(revision).name
    return kind == .kserve ? "\(name)-predictor" : name
  }

  /// A Service's name has 63 characters at most, "-predictor" among them.
  private static let longest = 53

  /// Returns a name that is no longer; what is cut off is told apart by a hash of all of it.
  static func shortened(_ name: String, to limit: Int) -> String {
    guard name.utf8.count > limit else { return name }
    return "\(name.prefix(limit - 9))-\(sha256Hex(name.utf8).prefix(8))"
  }

  /// The labels by which a runtime finds its objects again.
  static func labels(of owner: String) -> [String: String] {
    [Key.manager: KubernetesClient.fieldManager, Key.owner: owner]
  }

  /// The labels and the annotations of an object of this deployment.
  func metadata(_ name: ObjectName, revision: Revision.ID? = nil) -> [String: JSONValue] {
    var labels = Self.labels(of: owner)
    labels[Key.name] = Self.shortened(deployment.name, to: 63)
    labels[Key.instance] = name.name
    labels[Key.revision] = revision?.description
    var annotations = [Key.deployment: deployment.description]
    annotations[Key.revisionName] = revision?.description
    return [
      "name": .string(name.name), "namespace": .string(namespace),
      "labels": .texts(labels), "annotations": .texts(annotations),
    ]
  }

  /// The keys of labels and annotations.
  enum Key {
    static let manager = "app.kubernetes.io/managed-by"
    static let instance = "app.kubernetes.io/instance"
    static let name = "serin.dev/name"
    static let owner = "serin.dev/owner"
    static let revision = "serin.dev/revision"
    /// "payments/fraud": a label's value has no slash.
    static let deployment = "serin.dev/deployment"
    static let revisionName = "serin.dev/revision-id"
    static let generation = "serin.dev/generation"
    /// By which record of the ledger the generation was made; for people.
    static let decision = "serin.dev/decision"
    /// What the object was drawn as, whatever its number of replicas, or whoever answers.
    static let drawing = "serin.dev/drawing"
  }
}

extension DeploymentName {
  /// Reads "payments/fraud"; nil when it is anything else.
  init?(annotation: String) {
    let parts = annotation.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.init(namespace: String(parts[0]), name: String(parts[1]))
  }
}

extension JSONValue {
  static func texts(_ values: [String: String]) -> JSONValue {
    .object(values.mapValues(JSONValue.string))
  }

  /// Lays a person's members over these: objects member by member, and of lists one behind the other.
  func merged(with other: JSONValue) -> JSONValue {
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      .object(mine.merging(theirs) { $0.merged(with: $1) })
    case (.array(let mine), .array(let theirs)): .array(mine + theirs)
    default: other
    }
  }

  /// Whether everything that is here is so there, too; there may be more, as defaults that a server fills in.
  func isWithin(_ other: JSONValue?) -> Bool {
    switch (self, other) {
    case (.object(let members), .object(let others)):
      members.allSatisfy { $0.value.isWithin(others[$0.key]) }
    case (.array(let items), .array(let others)):
      items.count == others.count && zip(items, others).allSatisfy { $0.isWithin($1) }
    default: self == other
    }
  }
}
