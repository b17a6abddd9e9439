import Encoding

/// One request of one account to one type, on the way to its answer.
struct Endpoint {
  let request: Request
  let target: Target
  let type: APIType
  let version: APIType.Version
  let account: Account

  /// Finds what the path names.
  init(
    _ request: Request, _ target: Target, _ account: Account, in cluster: Cluster
  ) throws(APIError) {
    guard let type = cluster.type(target.group, target.plural),
      let version = type.versions.first(where: { $0.name == target.version }),
      !target.namespace.isEmpty || !type.isNamespaced || target.name.isEmpty
    else { throw .noPage }
    self.request = request
    self.target = target
    self.type = type
    self.version = version
    self.account = account
    let known =
      ["", version.hasStatus ? "status" : "", version.hasScale ? "scale" : ""]
      .contains(target.subresource)
    guard known else {
      throw type.isCustom ? .notFound(type, target.name) : .noPage
    }
  }

  var key: Cluster.Key { Cluster.Key(namespace: target.namespace, name: target.name) }

  func options(_ strictness: WriteOptions.Strictness = .ignore) -> WriteOptions {
    var options = WriteOptions(version: version)
    options.manager = request.manager
    options.subresource = target.subresource
    options.isDryRun = request.isDryRun
    options.isForced = request.flag("force")
    options.strictness =
      request.query["fieldValidation"].flatMap(WriteOptions.Strictness.init) ?? strictness
    return options
  }

  /// Answers it.
  func answer(_ cluster: inout Cluster) throws(APIError) -> Reply {
    try checkAccept()
    switch target.verb(request) {
    case "get": return try get(cluster)
    case "list": return try Listing(self).answer(cluster)
    case "watch": return .watch(try Watch(self, cluster))
    case "create": return try create(&cluster)
    case "update": return try update(&cluster)
    case "patch": return try patch(&cluster)
    case "delete": return try delete(&cluster)
    case "deletecollection": return try deleteAll(&cluster)
    default:
      throw APIError(
        code: 405, reason: "MethodNotAllowed",
        message: "the server does not allow this method on the requested resource", details: [:])
    }
  }

  private func get(_ cluster: Cluster) throws(APIError) -> Reply {
    if let wanted = request.query["resourceVersion"].flatMap(Int.init), wanted > cluster.version {
      throw .tooNew(wanted, cluster.version)
    }
    guard let object = cluster.object(type.id, key) else { throw .notFound(type, key.name) }
    if target.subresource == "scale" { return .json(200, Scale.of(type, object)) }
    let presentation = Presentation(request, now: cluster.now)
    return .json(200, presentation.object(cluster.shown(type, object, version), type))
  }

  private func create(_ cluster: inout Cluster) throws(APIError) -> Reply {
    let body = try request.object(type.kind)
    if !target.name.isEmpty {
      guard cluster.object(type.id, key) == nil else { throw .alreadyExists(type, key.name) }
    }
    return reply(try cluster.create(type, target.namespace, body, options()))
  }

  private func update(_ cluster: inout Cluster) throws(APIError) -> Reply {
    let body = try request.object(type.kind)
    try TimeRules.check(type, version, body)
    if target.subresource == "scale" {
      return try scaled(&cluster, body[path: "spec", "replicas"]?.integer)
    }
    return reply(try cluster.replace(type, key, body, options()))
  }

  func scaled(_ cluster: inout Cluster, _ replicas: Int?) throws(APIError) -> Reply {
    let written = try cluster.change(type, key, options()) { object throws(APIError) in
      var object = object
      object[path: "spec", "replicas"] = .number(replicas ?? 0)
      return object
    }
    return .json(200, Scale.of(type, written.object))
  }

  func reply(_ written: Written) -> Reply {
    let warnings = written.warnings.map {
      (name: "Warning", value: "299 - \(JSONValue.string($0).canonical)")
    }
    let object = Presentation(request).object(written.object, type)
    return .json(written.isCreated ? 201 : 200, object, warnings)
  }

  private func delete(_ cluster: inout Cluster) throws(APIError) -> Reply {
    .json(200, try cluster.delete(type, key, try deleteOptions()))
  }

  private func deleteAll(_ cluster: inout Cluster) throws(APIError) -> Reply {
    let selector = try Selector(request.query, type)
    let options = try deleteOptions()
    var items: [JSONValue] = []
    for (key, object) in cluster.list(type.id)
    where selector.matches(object) && isInPlace(key) {
      items.append(cluster.shown(type, object, version))
      _ = try cluster.delete(type, key, options)
    }
    return .json(
      200, Listing.list(type, version, items, ["resourceVersion": .string("\(cluster.version)")]))
  }

  func isInPlace(_ key: Cluster.Key) -> Bool {
    target.namespace.isEmpty || key.namespace == target.namespace
  }

  private func deleteOptions() throws(APIError) -> DeleteOptions {
    let body: JSONValue = request.body.isEmpty ? [:] : try request.object("DeleteOptions")
    var options = DeleteOptions()
    options.uid = body[path: "preconditions", "uid"]?.string
    options.version = body[path: "preconditions", "resourceVersion"]?.string
    options.policy =
      body["propagationPolicy"]?.string ?? request.query["propagationPolicy"] ?? "Background"
    options.isDryRun = request.isDryRun || body["dryRun"] == ["All"]
    return options
  }

  private func checkAccept() throws(APIError) {
    let accepted = request.headers["accept"] ?? "*/*"
    let known = ["json", "yaml", "protobuf", "*/*", "application/*"]
    guard known.contains(where: accepted.contains) else {
      throw APIError(
        code: 406, reason: "NotAcceptable",
        message: "only the following media types are accepted: application/json, application/yaml, "
          + "application/vnd.kubernetes.protobuf")
    }
  }
}

extension APIError {
  /// A version that the server has not come to.
  static func tooNew(_ wanted: Int, _ version: Int) -> APIError {
    APIError(
      code: 504, reason: "Timeout",
      message: "Timeout: Too large resource version: \(wanted), current: \(version)",
      details: [
        "causes": [
          ["reason": "ResourceVersionTooLarge", "message": "Too large resource version"]
        ],
        "retryAfterSeconds": 1,
      ], retryAfter: 1)
  }
}

/// The part of a workload that autoscalers see.
enum Scale {
  static func of(_ type: APIType, _ object: JSONValue) -> JSONValue {
    var metadata: [String: JSONValue] = [:]
    for name in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
      metadata[name] = object[path: "metadata", name]
    }
    let labels = (object[path: "spec", "selector", "matchLabels"] ?? [:]).members
    let selector = labels.sorted { $0.key < $1.key }.map { "\($0)=\($1.string ?? "")" }
    return [
      "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": .object(metadata),
      "spec": ["replicas": object[path: "spec", "replicas"] ?? 0],
      "status": [
        "replicas": object[path: "status", "replicas"] ?? 0,
        "selector": .string(selector.joined(separator: ",")),
      ],
    ]
  }
}
