import Encoding

/// The objects of a cluster, every version of each, and the rules of changing them.
///
/// A value: it has no thread, no socket and no clock of its own. Its one counter numbers all writes.
struct Cluster {
  /// What became of an object with one write.
  struct Event {
    let version: Int
    let type: TypeID
    let key: Key
    /// nil when it is gone.
    let object: JSONValue?
    let before: JSONValue?
  }

  struct Key: Hashable, Comparable {
    let namespace: String
    let name: String

    static func < (one: Key, other: Key) -> Bool {
      (one.namespace, one.name) < (other.namespace, other.name)
    }
  }

  private(set) var types: [TypeID: APIType] = [:]
  private(set) var objects: [TypeID: [Key: JSONValue]] = [:]
  private(set) var events: [Event] = []
  private(set) var version = 1
  /// What happened up to this version is forgotten: watches from before it end with 410.
  private(set) var compacted = 0
  private var names = 0
  /// Says what time it is, as "2026-11-21T03:00:00Z".
  var now: @Sendable () -> String
  /// Whether deletions reach what the deleted owned; a test may do it step by step.
  var collectsGarbage = true

  init(_ types: [APIType], now: @escaping @Sendable () -> String) {
    self.types = Dictionary(types.map { ($0.id, $0) }) { $1 }
    self.now = now
  }

  mutating func add(_ type: APIType) { types[type.id] = type }

  func type(_ group: String, _ plural: String) -> APIType? {
    types[TypeID(group: group, plural: plural)]
  }

  func object(_ type: TypeID, _ key: Key) -> JSONValue? { objects[type]?[key] }

  /// The objects of a type in their order, now or as they were.
  func list(_ type: TypeID, at version: Int? = nil) -> [(key: Key, value: JSONValue)] {
    guard let version, version < self.version else {
      return (objects[type] ?? [:]).sorted { $0.key < $1.key }
    }
    var result: [Key: JSONValue] = [:]
    for event in events where event.type == type && event.version <= version {
      result[event.key] = event.object
    }
    return result.sorted { $0.key < $1.key }
  }

  /// Keeps an object under the next version, or takes it away; returns it with that version.
  @discardableResult
  mutating func put(_ type: TypeID, _ key: Key, _ object: JSONValue?) -> JSONValue? {
    version += 1
    var object = object
    let before = objects[type]?[key]
    object?[path: "metadata", "resourceVersion"] = .string("\(version)")
    objects[type, default: [:]][key] = object
    events.append(Event(version: version, type: type, key: key, object: object, before: before))
    return object
  }

  /// Forgets what happened up to now.
  mutating func compact() { compacted = version }

  /// Goes on counting at another number, as a server does whose memory was used by others.
  mutating func advance(to version: Int) { self.version = max(version, self.version) }

  /// A name or a number that no other object has: the five characters behind `generateName`, the digits of a uid.
  mutating func fresh(_ digits: Int) -> String {
    names += 1
    let text = String(names, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }

  mutating func freshUID() -> String { "5e410000-0000-4000-8000-\(fresh(12))" }
}
