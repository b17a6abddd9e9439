/// The objects of a type as the cluster has them, and from which version a watch goes on.
struct Following<Object: ClusterObject>: Sendable {
  private(set) var objects: [ObjectName: Object] = [:]
  /// nil when the objects have to be listed.
  private(set) var version: String?

  /// Takes a list; returns what is not as it was.
  mutating func take(_ listing: Listing<Object>) -> [Change<Object>] {
    let (before, list) = (objects, listing.objects)
    objects = Dictionary(list.map { ($0.objectName, $0) }) { $1 }
    version = listing.version
    let gone = before.keys.filter { objects[$0] == nil }.sorted().map(Change<Object>.gone)
    let changed = list.filter { before[$0.objectName] != $0 }.map(Change<Object>.set)
    return gone + changed
  }

  /// Takes an event; returns what it changes.
  mutating func take(_ event: WatchEvent<Object>) -> Change<Object>? {
    switch event {
    case .set(let object):
      version = object.metadata.resourceVersion ?? version
      guard objects.updateValue(object, forKey: object.objectName) != object else { return nil }
      return .set(object)
    case .gone(let object):
      version = object.metadata.resourceVersion ?? version
      return objects.removeValue(forKey: object.objectName).map { .gone($0.objectName) }
    case .bookmark(let version):
      self.version = version
      return nil
    case .failure(let kind, _, _):
      if kind == .expired { version = nil }
      return nil
    case .unknown: return nil
    }
  }

  /// Forgets the version, so that the objects are listed before anything else.
  mutating func begin() { version = nil }
}

/// What became of an object.
package enum Change<Object: ClusterObject>: Equatable, Sendable {
  case set(Object)
  case gone(ObjectName)
}
