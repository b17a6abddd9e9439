import Encoding

// Server-side apply.

extension Cluster {
  mutating func apply(
    _ type: APIType, _ key: Key, _ body: JSONValue, _ options: WriteOptions,
    mayCreate: () throws(APIError) -> Void
  ) throws(APIError) -> Written {
    let old = object(type.id, key)
    try checkApplied(type, key, body, options)
    guard let old else {
      guard options.subresource.isEmpty else { throw .notFound(type, key.name) }
      try mayCreate()
      return try applyAnew(type, key, body, options)
    }
    let live = shown(type, old, options.version)
    let managers = Managers(live[path: "metadata", "managedFields"])
    var (object, owners) = try applied(type, live, body, managers, options)
    guard body.name.isEmpty || body.name == key.name else {
      throw .badRequest(
        "the name of the object (\(body.name)) does not match the name on the URL (\(key.name))")
    }
    try checkVersion(type, key, body, old)
    let uid = body.uid
    if !uid.isEmpty { object[path: "metadata", "uid"] = .string(uid) }
    prepare(type, &object, live, options)
    object = options.version.schema.filled(
      type.isCustom ? object : Schema.withoutNulls(object))
    try checkUID(type, key, uid, live)
    object[path: "metadata", "managedFields"] = owners.json
    return Written(object: try finish(type, key, live, object, options))
  }

  private func applied(
    _ type: APIType, _ live: JSONValue, _ body: JSONValue, _ managers: Managers,
    _ options: WriteOptions
  ) throws(APIError) -> (JSONValue, Managers) {
    var (live, body) = (live, body)
    live[path: "metadata", "managedFields"] = nil
    body[path: "metadata", "resourceVersion"] = nil
    body[path: "metadata", "uid"] = nil
    do throws(Ownership.Conflict) {
      return try ownership(type, options).apply(
        live, body, managers, act(type, options), isForced: options.isForced)
    } catch {
      throw .conflict(error)
    }
  }

  private mutating func applyAnew(
    _ type: APIType, _ key: Key, _ body: JSONValue, _ options: WriteOptions
  ) throws(APIError) -> Written {
    try checkNamespace(type, key)
    var body = body
    body[path: "metadata", "name"] = .string(key.name)
    let uid = body.uid
    var (object, owners) = try applied(type, type.blank, body, Managers(), options)
    if !type.isCustom { object = Schema.withoutNulls(object) }
    object = options.version.schema.filled(object)
    initialize(type, &object, key.namespace)
    if !uid.isEmpty {
      try checkUID(type, key, uid, object)
    }
    object[path: "metadata", "managedFields"] = owners.json
    try validate(type, options.version, object, old: nil)
    complete(type, &object)
    if !options.isDryRun { object = put(type.id, key, stored(type, object)) ?? object }
    return Written(object: object, isCreated: true)
  }

  private func checkUID(
    _ type: APIType, _ key: Key, _ uid: String, _ live: JSONValue
  ) throws(APIError) {
    guard !uid.isEmpty, uid != live.uid else { return }
    let problem = FieldProblem.invalid("metadata.uid", .string(uid), "field is immutable")
    // The server says it twice.
    throw .invalid(type, key.name, [problem, problem])
  }

  private func checkApplied(
    _ type: APIType, _ key: Key, _ body: JSONValue, _ options: WriteOptions
  ) throws(APIError) {
    let apiVersion = body["apiVersion"]?.string ?? ""
    guard body["kind"]?.string == type.kind, apiVersion == type.apiVersion(options.version) else {
      throw .badRequest(
        "invalid object type: \(apiVersion.contains("/") ? "" : "/")\(apiVersion), Kind=\(body["kind"]?.string ?? "")"
      )
    }
    if body[path: "metadata", "managedFields"] != nil {
      throw .badRequest("metadata.managedFields must be nil")
    }
    guard body.namespace.isEmpty || body.namespace == key.namespace else {
      throw .badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")
    }
    let errors = options.version.schema.typeErrors(of: body)
    guard errors.isEmpty else { throw Self.untyped(body, errors) }
  }

  private static func untyped(_ body: JSONValue, _ errors: [String]) -> APIError {
    let apiVersion = body["apiVersion"]?.string ?? ""
    let prefix = apiVersion.contains("/") ? "" : "/"
    let words =
      errors.count == 1
      ? errors[0] : "errors:\n" + errors.map { "  \($0)" }.joined(separator: "\n")
    return APIError(
      code: 500,
      message: "failed to create typed patch object (\(body.namespace)/\(body.name); "
        + "\(prefix)\(apiVersion), Kind=\(body["kind"]?.string ?? "")): \(words)")
  }
}
