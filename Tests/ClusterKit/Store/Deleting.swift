import Encoding

/// How an object is deleted.
struct DeleteOptions {
  var uid: String?
  var version: String?
  var policy = "Background"
  var isDryRun = false
}

// Deletion, and what it reaches.

extension Cluster {
  /// Returns the object where it stays for now, and a success where it is gone.
  mutating func delete(
    _ type: APIType, _ key: Key, _ options: DeleteOptions
  ) throws(APIError) -> JSONValue {
    guard var object = object(type.id, key) else { throw .notFound(type, key.name) }
    try check(type, key, object, options)
    let finalizer = ["Foreground": "foregroundDeletion", "Orphan": "orphan"][options.policy]
    var finalizers = object.finalizers
    if let finalizer, !finalizers.contains(finalizer) { finalizers.append(finalizer) }
    let isNamespace = type.id == TypeID(group: "", plural: "namespaces")
    guard !finalizers.isEmpty || isNamespace else {
      if !options.isDryRun { remove(type, key) }
      return Self.success(type, object)
    }
    guard !object.isDeleting, !options.isDryRun else { return object }
    object[path: "metadata", "deletionTimestamp"] = .string(now())
    if isNamespace {
      object[path: "status", "phase"] = "Terminating"
    } else {
      object[path: "metadata", "deletionGracePeriodSeconds"] = 0
      object[path: "metadata", "finalizers"] = .array(finalizers.map(JSONValue.string))
    }
    if type.hasGeneration {
      let generation = object[path: "metadata", "generation"]?.integer ?? 1
      object[path: "metadata", "generation"] = .number(generation + 1)
    }
    return put(type.id, key, object) ?? object
  }

  private func check(
    _ type: APIType, _ key: Key, _ object: JSONValue, _ options: DeleteOptions
  ) throws(APIError) {
    let details = type.details(key.name, kind: type.kind)
    if let uid = options.uid, uid != object.uid {
      throw .conflict(
        type.qualifiedKind, details, key.name,
        "the UID in the precondition (\(uid)) does not match the UID in record (\(object.uid)). "
          + "The object might have been deleted and then recreated")
    }
    if let version = options.version, version != "\(object.version)" {
      throw .conflict(
        type.qualifiedKind, details, key.name,
        "the ResourceVersion in the precondition (\(version)) does not match the ResourceVersion "
          + "in record (\(object.version)). The object might have been modified")
    }
  }

  private static func success(_ type: APIType, _ object: JSONValue) -> JSONValue {
    [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success",
      "details": type.details(object.name).with("uid", .string(object.uid)),
    ]
  }

  mutating func remove(_ type: APIType, _ key: Key) { put(type.id, key, nil) }

  /// Deletes what lost its last owner, ends deletions that waited for it, and empties namespaces; until nothing changes.
  mutating func collectGarbage() {
    while collectOnce() {}
  }

  private mutating func collectOnce() -> Bool {
    let version = version
    let all = objects.flatMap { type, objects in objects.map { (type, $0.key, $0.value) } }
      .sorted { $0.2.version < $1.2.version }
    let uids = Set(all.map(\.2.uid))
    for (id, key, object) in all {
      guard let type = types[id] else { continue }
      let owners = (object[path: "metadata", "ownerReferences"] ?? .null).items
      if !owners.isEmpty, !object.isDeleting,
        !owners.contains(where: { uids.contains($0["uid"]?.string ?? "") })
      {
        _ = try? delete(type, key, DeleteOptions())
      } else if object.isDeleting, object.finalizers.contains("foregroundDeletion") {
        finishForeground(type, key, object, all)
      } else if object.isDeleting, object.finalizers.contains("orphan") {
        orphan(type, key, object, all)
      } else if object.isDeleting, id == TypeID(group: "", plural: "namespaces") {
        empty(type, key, all)
      }
    }
    return version != self.version
  }

  private mutating func finishForeground(
    _ type: APIType, _ key: Key, _ object: JSONValue, _ all: [(TypeID, Key, JSONValue)]
  ) {
    let dependents = all.filter { $0.2.isOwned(by: object.uid) }
    for (id, place, dependent) in dependents where !dependent.isDeleting {
      guard let owned = types[id] else { continue }
      _ = try? delete(owned, place, DeleteOptions(policy: "Foreground"))
    }
    if dependents.isEmpty { drop("foregroundDeletion", type, key, object) }
  }

  private mutating func orphan(
    _ type: APIType, _ key: Key, _ object: JSONValue, _ all: [(TypeID, Key, JSONValue)]
  ) {
    for (id, place, dependent) in all where dependent.isOwned(by: object.uid) {
      var dependent = dependent
      let owners = (dependent[path: "metadata", "ownerReferences"] ?? .null).items.filter {
        $0["uid"]?.string != object.uid
      }
      dependent[path: "metadata", "ownerReferences"] = owners.isEmpty ? nil : .array(owners)
      put(id, place, dependent)
    }
    drop("orphan", type, key, object)
  }

  private mutating func drop(
    _ finalizer: String, _ type: APIType, _ key: Key, _ object: JSONValue
  ) {
    let rest = object.finalizers.filter { $0 != finalizer }
    if rest.isEmpty { return remove(type, key) }
    var object = object
    object[path: "metadata", "finalizers"] = .array(rest.map(JSONValue.string))
    put(type.id, key, object)
  }

  private mutating func empty(
    _ type: APIType, _ key: Key, _ all: [(TypeID, Key, JSONValue)]
  ) {
    let inside = all.filter { $0.1.namespace == key.name && !key.name.isEmpty }
    for (id, place, object) in inside where !object.isDeleting {
      guard let type = types[id] else { continue }
      _ = try? delete(type, place, DeleteOptions())
    }
    if inside.isEmpty { remove(type, key) }
  }
}

extension JSONValue {
  fileprivate func isOwned(by uid: String) -> Bool {
    (self[path: "metadata", "ownerReferences"] ?? .null).items.contains { $0["uid"]?.string == uid }
  }
}
