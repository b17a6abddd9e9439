import Encoding

/// Who writes, how, and through what.
struct WriteOptions {
  var manager = "unknown"
  var version: APIType.Version
  var subresource = ""
  var isDryRun = false
  var isForced = false
  var strictness = Strictness.ignore

  enum Strictness: String { case ignore = "Ignore", warn = "Warn", strict = "Strict" }
}

/// What a write came to.
struct Written {
  var object: JSONValue
  var isCreated = false
  var warnings: [String] = []
}

// Creating and changing objects.

extension Cluster {
  mutating func create(
    _ type: APIType, _ namespace: String, _ body: JSONValue, _ options: WriteOptions
  ) throws(APIError) -> Written {
    var written = Written(object: body, isCreated: true)
    try checkIdentity(type, body, namespace, options)
    try takeUnknown(type, &written, options)
    var object = type.isCustom ? written.object : Schema.withoutNulls(written.object)
    object = options.version.schema.filled(object)
    initialize(type, &object, namespace)
    object[path: "metadata", "managedFields"] =
      ownership(type, options)
      .update(type.blank, object, Managers(), act(type, options)).json
    return try insert(type, object, written, options)
  }

  /// The end of every creation: what is wrong with it, whether it may be there, and the write.
  private mutating func insert(
    _ type: APIType, _ object: JSONValue, _ written: Written, _ options: WriteOptions
  ) throws(APIError) -> Written {
    var result = written
    var object = object
    let key = Key(namespace: object.namespace, name: object.name)
    try validate(type, options.version, object, old: nil)
    guard self.object(type.id, key) == nil else { throw .alreadyExists(type, key.name) }
    try checkNamespace(type, key)
    complete(type, &object)
    result.object = options.isDryRun ? object : put(type.id, key, stored(type, object)) ?? object
    return result
  }

  /// Writes a whole object over the one that is there.
  mutating func replace(
    _ type: APIType, _ key: Key, _ body: JSONValue, _ options: WriteOptions
  ) throws(APIError) -> Written {
    try checkIdentity(type, body, key.namespace, options)
    guard body.name == key.name else {
      throw .badRequest(
        "the name of the object (\(body.name)) does not match the name on the URL (\(key.name))")
    }
    guard let old = object(type.id, key) else { throw .notFound(type, key.name) }
    if !body.uid.isEmpty, body.uid != old.uid {
      throw Self.otherObject(type, key, body.uid, old.uid)
    }
    let version = body[path: "metadata", "resourceVersion"]?.string ?? ""
    if version.isEmpty, !type.allowsUnconditionalUpdate {
      let problem = FieldProblem.invalid(
        "metadata.resourceVersion", 0, "must be specified for an update")
      throw .invalid(type.resource, type.details(key.name), key.name, [problem])
    }
    var written = Written(object: body)
    try takeUnknown(type, &written, options)
    return try commit(type, key, old, written, options)
  }

  private static func otherObject(
    _ type: APIType, _ key: Key, _ wanted: String, _ found: String
  ) -> APIError {
    let place = "/registry/\(type.group)/\(type.plural)/\(key.namespace)/\(key.name)"
    return .conflict(
      type.resource, type.details(key.name), key.name,
      "StorageError: invalid object, Code: 4, Key: \(place), ResourceVersion: 0, "
        + "AdditionalErrorMsg: Precondition failed: UID in precondition: \(wanted), "
        + "UID in object meta: \(found)")
  }

  /// Writes what a patch made of the object.
  mutating func change(
    _ type: APIType, _ key: Key, _ options: WriteOptions,
    _ patch: (JSONValue) throws(APIError) -> JSONValue
  ) throws(APIError) -> Written {
    guard let old = object(type.id, key) else { throw .notFound(type, key.name) }
    var written = Written(object: try patch(shown(type, old, options.version)))
    try takeUnknown(type, &written, options)
    return try commit(type, key, old, written, options)
  }

  private mutating func commit(
    _ type: APIType, _ key: Key, _ old: JSONValue, _ written: Written, _ options: WriteOptions
  ) throws(APIError) -> Written {
    var result = written
    let live = shown(type, old, options.version)
    var object = type.isCustom ? written.object : Schema.withoutNulls(written.object)
    try checkVersion(type, key, object, old)
    prepare(type, &object, live, options)
    object = Self.withPlainTimes(type, options.version.schema.filled(object))
    let given = Managers(object[path: "metadata", "managedFields"])
    let managers = given.entries.isEmpty ? Managers(live[path: "metadata", "managedFields"]) : given
    let isReset = object[path: "metadata", "managedFields"] == [[:]]
    object[path: "metadata", "managedFields"] =
      ownership(type, options)
      .update(live, object, isReset ? Managers() : managers, act(type, options)).json
    result.object = try finish(type, key, live, object, options)
    return result
  }

  /// The end of every change: its generation, what is wrong with it, and the write unless nothing changes.
  mutating func finish(
    _ type: APIType, _ key: Key, _ live: JSONValue, _ object: JSONValue, _ options: WriteOptions
  ) throws(APIError) -> JSONValue {
    var object = object
    try validate(type, options.version, object, old: live)
    raiseGeneration(type, &object, live)
    if object.withoutTimes == live.withoutTimes { return live }
    if options.isDryRun { return object }
    if object.isDeleting, object.finalizers.isEmpty {
      remove(type, key)
      return object
    }
    let kept = put(type.id, key, stored(type, object)) ?? object
    return shown(type, kept, options.version)
  }

  func checkVersion(
    _ type: APIType, _ key: Key, _ object: JSONValue, _ old: JSONValue
  ) throws(APIError) {
    let version = object[path: "metadata", "resourceVersion"]?.string ?? ""
    guard version.isEmpty || version == "\(old.version)" else { throw .stale(type, key.name) }
  }

  func ownership(_ type: APIType, _ options: WriteOptions) -> Ownership {
    let ignored: [[String]] =
      switch options.subresource {
      case "status": [["metadata"], ["spec"]]
      case "scale": []
      default: options.version.hasStatus ? [["status"]] : []
      }
    return Ownership(schema: options.version.schema, ignored: ignored)
  }

  func act(_ type: APIType, _ options: WriteOptions) -> Ownership.Act {
    Ownership.Act(
      manager: options.manager, subresource: options.subresource,
      apiVersion: type.apiVersion(options.version), time: now())
  }

  /// Leaves out what the type does not have; says so where the client wants to know.
  func takeUnknown(
    _ type: APIType, _ written: inout Written, _ options: WriteOptions
  ) throws(APIError) {
    var unknown: [String] = []
    written.object = options.version.schema.pruned(written.object, &unknown)
    guard !unknown.isEmpty, options.strictness != .ignore else { return }
    let words = unknown.map { "unknown field \"\($0)\"" }
    guard options.strictness == .warn else {
      throw .badRequest(
        "\(type.kind) in version \"\(options.version.name)\" cannot be handled as a "
          + "\(type.kind): strict decoding error: \(words.joined(separator: ", "))")
    }
    written.warnings = words
  }
}

extension JSONValue {
  /// The object without the times of its managers: a write that changes only them changes nothing.
  fileprivate var withoutTimes: JSONValue {
    var object = self
    let entries = (self[path: "metadata", "managedFields"] ?? .null).items.map { entry in
      var entry = entry
      entry[path: "time"] = nil
      return entry
    }
    object[path: "metadata", "managedFields"] =
      entries.isEmpty
      ? nil
      : .array(
        entries.sorted { $0.canonical < $1.canonical })
    return object
  }
}
