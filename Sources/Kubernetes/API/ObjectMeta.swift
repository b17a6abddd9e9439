/// What every object of the API says about itself, as far as Serin reads it.
package struct ObjectMeta: Equatable, Sendable, Codable {
  package var name: String
  package var namespace: String?
  package var uid: String?
  /// Grows with every write of the object; it means nothing but the same or not.
  package var resourceVersion: String?
  /// Grows with every change of the object's spec.
  package var generation: Int?
  package var labels: [String: String]?
  package var annotations: [String: String]?
  /// Set once the object is on its way out.
  package var deletionTimestamp: String?

  package init(
    name: String, namespace: String? = nil, uid: String? = nil, resourceVersion: String? = nil,
    labels: [String: String]? = nil, annotations: [String: String]? = nil
  ) {
    self.name = name
    self.namespace = namespace
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.labels = labels
    self.annotations = annotations
  }
}

/// An object of the API as Serin reads it: what it does not know is left out.
package protocol ClusterObject: Codable, Equatable, Sendable {
  var metadata: ObjectMeta { get }
}

extension ClusterObject {
  package var objectName: ObjectName { ObjectName(metadata.namespace, metadata.name) }
}

/// The objects of a type, and the version from which a watch goes on.
package struct Listing<Object: ClusterObject>: Sendable {
  package private(set) var objects: [Object] = []
  package private(set) var version = ""
  /// Why objects are left out: one that is not as it should be hides no other.
  package private(set) var unreadable: [String] = []

  init(_ objects: [Object] = [], version: String = "") {
    (self.objects, self.version) = (objects, version)
  }

  mutating func add(_ page: ObjectList<Object>) {
    for item in page.items {
      switch item {
      case .read(let object): objects.append(object)
      case .unreadable(let reason): unreadable.append(reason)
      }
    }
    version = page.metadata.resourceVersion ?? ""
  }
}

/// A page of a list, or all of it.
struct ObjectList<Object: ClusterObject>: Decodable {
  struct Metadata: Decodable {
    let resourceVersion: String?
    let `continue`: String?
  }

  let metadata: Metadata
  let items: [Item]

  /// An object, or why it cannot be read.
  enum Item: Decodable {
    case read(Object)
    case unreadable(String)

    init(from decoder: any Decoder) throws {
      do {
        self = .read(try Object(from: decoder))
      } catch {
        self = .unreadable("\(error)")
      }
    }
  }
}
