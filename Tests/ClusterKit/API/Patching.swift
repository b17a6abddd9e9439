import Encoding

// Patches of an object.

extension Endpoint {
  func patch(_ cluster: inout Cluster) throws(APIError) -> Reply {
    switch request.contentType {
    case "application/apply-patch+yaml": return try apply(&cluster)
    case "application/merge-patch+json":
      let patch = try request.json(type.kind)
      return try change(&cluster) { Patch.merge(patch, into: $0) }
    case "application/json-patch+json":
      let patch = try request.json(type.kind)
      return try change(&cluster) { Patch.operations(patch, on: $0) }
    case "application/strategic-merge-patch+json" where !type.isCustom:
      let patch = try request.json(type.kind)
      let schema = version.schema
      // Lists are merged by their keys; directives of such patches are not known here.
      return try change(&cluster) { schema.strategicallyMerged($0, patch) }
    default: throw unknownFormat
    }
  }

  private var unknownFormat: APIError {
    let strategic = type.isCustom ? "" : "application/strategic-merge-patch+json, "
    return APIError(
      code: 415, reason: "UnsupportedMediaType",
      message: "the body of the request was in an unknown format - accepted media types include: "
        + "application/json-patch+json, application/merge-patch+json, \(strategic)"
        + "application/apply-patch+yaml")
  }

  private func change(
    _ cluster: inout Cluster, _ patch: (JSONValue) -> JSONValue?
  ) throws(APIError) -> Reply {
    if target.subresource == "scale" {
      guard let object = cluster.object(type.id, key) else { throw .notFound(type, key.name) }
      let replicas = patch(Scale.of(type, object))?[path: "spec", "replicas"]?.integer
      return try scaled(&cluster, replicas)
    }
    let written = try cluster.change(type, key, options()) { object throws(APIError) in
      guard let changed = patch(object) else {
        throw APIError(
          code: 422, reason: "Invalid",
          message: "the server rejected our request due to an error in our request", details: [:])
      }
      try TimeRules.checkPatched(type, changed)
      return changed
    }
    return reply(written)
  }

  private func apply(_ cluster: inout Cluster) throws(APIError) -> Reply {
    guard !(request.query["fieldManager"] ?? "").isEmpty else {
      let problem = FieldProblem.required("fieldManager", "is required for apply patch")
      throw .invalid(
        "PatchOptions.meta.k8s.io", ["group": "meta.k8s.io", "kind": "PatchOptions"], "",
        [problem])
    }
    let body = try request.object(type.kind)
    let (account, target) = (account, target)
    return reply(
      try cluster.apply(type, key, body, options()) { () throws(APIError) in
        try account.check("create", target, isLate: true)
      })
  }
}

extension Schema {
  /// The value with a strategic patch: null removes, lists with keys are merged, others replaced.
  func strategicallyMerged(_ value: JSONValue, _ patch: JSONValue) -> JSONValue {
    switch (shape(of: value), patch) {
    case (.map, .object(let changes)), (.atomicMap, .object(let changes)):
      var members = value.members
      for (name, change) in changes where !name.hasPrefix("$") {
        let schema = member(name) ?? .unknown
        members[name] =
          change == .null ? nil : schema.strategicallyMerged(members[name] ?? .null, change)
      }
      return .object(members)
    case (.list, .array), (.set, .array): return merge(value, patch) ?? patch
    default: return patch
    }
  }
}

/// The times of a Lease, which have six digits behind the second.
enum TimeRules {
  private static let fields = ["acquireTime", "renewTime"]

  /// Refuses what the server cannot read at all.
  static func check(
    _ type: APIType, _ version: APIType.Version, _ body: JSONValue
  ) throws(APIError) {
    guard let time = wrong(type, body) else { return }
    throw .badRequest(
      "\(type.kind) in version \"\(version.name)\" cannot be handled as a \(type.kind): \(words(time))"
    )
  }

  /// Refuses a patched object, which the server quotes as a whole.
  static func checkPatched(_ type: APIType, _ object: JSONValue) throws(APIError) {
    guard let time = wrong(type, object) else { return }
    let problem = FieldProblem.invalid("patch", .string(object.canonical), words(time))
    throw .invalid("", [:], "", [problem])
  }

  private static func wrong(_ type: APIType, _ object: JSONValue) -> String? {
    guard type.plural == "leases" else { return nil }
    return fields.compactMap { object[path: "spec", $0]?.string }.first { !isMicro($0) }
  }

  /// "2026-11-21T03:00:00.123456Z", or with an offset.
  private static func isMicro(_ text: String) -> Bool {
    let rest = text.dropFirst("2026-11-21T03:00:00".count)
    return rest.first == "." && rest.dropFirst().prefix { $0.isNumber }.count == 6
  }

  private static func words(_ time: String) -> String {
    let rest = time.dropFirst("2026-11-21T03:00:00".count)
    return "parsing time \"\(time)\" as \"2006-01-02T15:04:05.000000Z07:00\": "
      + "cannot parse \"\(rest)\" as \".000000\""
  }
}
