import Encoding
import Foundation

// What holds of every object, whatever its type: its metadata, its place, its version.

extension Cluster {
  func checkIdentity(
    _ type: APIType, _ body: JSONValue, _ namespace: String, _ options: WriteOptions
  ) throws(APIError) {
    let (kind, apiVersion) = (body["kind"]?.string ?? "", body["apiVersion"]?.string ?? "")
    guard kind == type.kind, apiVersion == type.apiVersion(options.version) else {
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(type.kind)): "
          + "\(apiVersion), Kind=\(kind)")
    }
    guard body.namespace.isEmpty || body.namespace == namespace else {
      throw .badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")
    }
  }

  /// The namespace has to be there, and to stay.
  func checkNamespace(_ type: APIType, _ key: Key) throws(APIError) {
    guard type.isNamespaced, let namespaces = self.type("", "namespaces") else { return }
    let place = Key(namespace: "", name: key.namespace)
    guard let namespace = object(namespaces.id, place) else {
      throw .notFound(namespaces, key.namespace)
    }
    guard namespace.isDeleting else { return }
    let name = key.namespace
    throw APIError(
      code: 403, reason: "Forbidden",
      message: "\(type.resource) \"\(key.name)\" is forbidden: unable to create new content in "
        + "namespace \(name) because it is being terminated",
      details: type.details(key.name).with(
        "causes",
        [
          [
            "reason": "NamespaceTerminating",
            "message": .string("namespace \(name) is being terminated"),
            "field": "metadata.namespace",
          ]
        ]))
  }

  /// Gives a new object what only the server gives.
  mutating func initialize(_ type: APIType, _ object: inout JSONValue, _ namespace: String) {
    if object.name.isEmpty, let prefix = object[path: "metadata", "generateName"]?.string {
      object[path: "metadata", "name"] = .string(prefix + fresh(5))
    }
    if type.isNamespaced { object[path: "metadata", "namespace"] = .string(namespace) }
    object[path: "metadata", "uid"] = .string(freshUID())
    object[path: "metadata", "creationTimestamp"] = .string(now())
    object[path: "metadata", "resourceVersion"] = nil
    object[path: "metadata", "deletionTimestamp"] = nil
    object[path: "metadata", "generation"] = type.hasGeneration ? 1 : nil
    if type.isCustom, type.stored.hasStatus { object[path: "status"] = nil }
    if type.id == TypeID(group: "", plural: "namespaces") {
      object[path: "metadata", "labels", "kubernetes.io/metadata.name"] = .string(object.name)
    }
  }

  /// Gives a new object what others in the server give it: a Service its address.
  mutating func complete(_ type: APIType, _ object: inout JSONValue) {
    switch type.id {
    case TypeID(group: "", plural: "namespaces"):
      object[path: "spec", "finalizers"] = ["kubernetes"]
      object[path: "status", "phase"] = "Active"
    case TypeID(group: "", plural: "services") where object[path: "spec", "clusterIP"] == nil:
      let ports = (object[path: "spec", "ports"] ?? .null).items.map { port in
        port["targetPort"] == nil ? port.with("targetPort", port["port"] ?? 0) : port
      }
      if !ports.isEmpty { object[path: "spec", "ports"] = .array(ports) }
      let number = Int(fresh(1), radix: 16) ?? 0
      let address = JSONValue.string("10.96.\(number / 250 % 250).\(number % 250 + 1)")
      object[path: "spec", "clusterIP"] = address
      object[path: "spec", "clusterIPs"] = [address]
      object[path: "spec", "ipFamilies"] = ["IPv4"]
      object[path: "spec", "ipFamilyPolicy"] = "SingleStack"
    case .events:
      // What events had before they had a group of their own.
      object[path: "deprecatedSource"] = object["deprecatedSource"] ?? [:]
      for name in ["deprecatedFirstTimestamp", "deprecatedLastTimestamp"] {
        object[path: name] = object[name] ?? .null
      }
    default: break
    }
  }

  /// Writes the times of a Lease as the server does, with Z.
  static func withPlainTimes(_ type: APIType, _ object: JSONValue) -> JSONValue {
    guard type.plural == "leases" else { return object }
    var object = object
    for name in ["acquireTime", "renewTime"] {
      guard let time = object[path: "spec", name]?.string, time.hasSuffix("+00:00") else {
        continue
      }
      object[path: "spec", name] = .string(time.dropLast("+00:00".count) + "Z")
    }
    return object
  }

  /// Puts back what this endpoint does not change, and what no client changes.
  func prepare(
    _ type: APIType, _ object: inout JSONValue, _ live: JSONValue, _ options: WriteOptions
  ) {
    if options.subresource == "status" {
      let (status, managers) = (object["status"], object[path: "metadata", "managedFields"])
      object = live
      object[path: "status"] = status
      object[path: "metadata", "managedFields"] = managers
    } else if options.version.hasStatus {
      object[path: "status"] = live["status"]
    }
    for name in [
      "name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp",
      "deletionGracePeriodSeconds", "resourceVersion",
    ] {
      object[path: "metadata", name] = live[path: "metadata", name]
    }
  }

  /// A change of anything but metadata and status is a new generation.
  func raiseGeneration(_ type: APIType, _ object: inout JSONValue, _ live: JSONValue) {
    guard type.hasGeneration else { return }
    func wish(_ object: JSONValue) -> JSONValue {
      var object = object
      for name in ["metadata", "status", "apiVersion"] { object[path: name] = nil }
      return object
    }
    let generation = live[path: "metadata", "generation"]?.integer ?? 1
    let isChanged = wish(object) != wish(live)
    object[path: "metadata", "generation"] = .number(isChanged ? generation + 1 : generation)
  }

  /// The object in a version; the kinds that have several differ in nothing else.
  func shown(_ type: APIType, _ object: JSONValue, _ version: APIType.Version) -> JSONValue {
    object.with("apiVersion", .string(type.apiVersion(version)))
  }

  func stored(_ type: APIType, _ object: JSONValue) -> JSONValue {
    object.with("apiVersion", .string(type.apiVersion(type.stored)))
  }

  func validate(
    _ type: APIType, _ version: APIType.Version, _ object: JSONValue, old: JSONValue?
  ) throws(APIError) {
    var problems: [FieldProblem] = Self.nameProblems(object)
    if let old, old.isDeleting {
      let more = object.finalizers.filter { !old.finalizers.contains($0) }
      if !more.isEmpty {
        let names = more.map { JSONValue.string($0).canonical }.joined(separator: ", ")
        let problem = FieldProblem.forbidden(
          "metadata.finalizers",
          "no new finalizers can be added if the object is being deleted, found new finalizers "
            + "[]string{\(names)}")
        problems += [problem, problem]
      }
    }
    problems +=
      type.isCustom ? version.schema.problems(of: object) : BuiltInRules.problems(type, object)
    guard problems.isEmpty else { throw .invalid(type, object.name, problems) }
  }

  private static func nameProblems(_ object: JSONValue) -> [FieldProblem] {
    let name = object.name
    if name.isEmpty {
      return [.required("metadata.name", "name or generateName is required")]
    }
    let label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    let pattern = "\(label)(\\.\(label))*"
    guard name.range(of: "^\(pattern)$", options: .regularExpression) == nil else { return [] }
    return [
      .invalid(
        "metadata.name", .string(name),
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' "
          + "or '.', and must start and end with an alphanumeric character (e.g. 'example.com', "
          + "regex used for validation is '\(pattern)')")
    ]
  }
}

/// What the server's code refuses of built-in types.
enum BuiltInRules {
  static func problems(_ type: APIType, _ object: JSONValue) -> [FieldProblem] {
    switch type.plural {
    case "events" where type.group == "events.k8s.io":
      var problems: [FieldProblem] = []
      if object["eventTime"].isNothing { problems.append(.required("eventTime")) }
      let kind = object["type"]?.string ?? ""
      if !["Normal", "Warning"].contains(kind) {
        problems.append(.invalid("type", "", "has invalid value: \(kind)"))
      }
      return problems
    case "leases":
      guard let seconds = object[path: "spec", "leaseDurationSeconds"]?.integer, seconds <= 0 else {
        return []
      }
      return [
        .invalid("spec.leaseDurationSeconds", .number(seconds), "must be greater than 0")
      ]
    default: return []
    }
  }
}
