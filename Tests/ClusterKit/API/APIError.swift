import Encoding

/// An answer that is no success, with the words of a real server.
struct APIError: Error {
  let code: Int
  var reason: String?
  let message: String
  var details: JSONValue?
  var metadata: JSONValue = [:]
  var retryAfter: Int?
  /// Whether it is sent as it is, and not as a Status.
  var isText = false
  /// Whether the request had passed the first question of what the account may do.
  var isLate = false

  var status: JSONValue {
    var status: [String: JSONValue] = [
      "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
      "message": .string(message), "code": .number(code),
    ]
    status["reason"] = reason.map(JSONValue.string)
    status["details"] = details
    return .object(status)
  }

  static let noPage = APIError(code: 404, message: "404 page not found\n", isText: true)

  static func badRequest(_ message: String) -> APIError {
    APIError(code: 400, reason: "BadRequest", message: message)
  }

  static func notFound(_ type: APIType, _ name: String) -> APIError {
    APIError(
      code: 404, reason: "NotFound", message: "\(type.resource) \"\(name)\" not found",
      details: type.details(name))
  }

  static func alreadyExists(_ type: APIType, _ name: String) -> APIError {
    APIError(
      code: 409, reason: "AlreadyExists", message: "\(type.resource) \"\(name)\" already exists",
      details: type.details(name))
  }

  static func stale(_ type: APIType, _ name: String) -> APIError {
    conflict(
      type.resource, type.details(name), name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  static func conflict(
    _ resource: String, _ details: JSONValue, _ name: String, _ why: String
  ) -> APIError {
    APIError(
      code: 409, reason: "Conflict",
      message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(why)", details: details)
  }

  /// Of the object's kind, as validation says it.
  static func invalid(_ type: APIType, _ name: String, _ problems: [FieldProblem]) -> APIError {
    // Events are of the core's kind, whatever group they are asked for in.
    let details: JSONValue =
      type.kind == "Event"
      ? ["name": .string(name), "kind": "Event"] : type.details(name, kind: type.kind)
    return invalid(
      type.kind == "Event" ? type.kind : type.qualifiedKind, details, name, problems)
  }

  static func invalid(
    _ what: String, _ details: JSONValue, _ name: String, _ problems: [FieldProblem]
  ) -> APIError {
    var lines: [String] = []
    for line in problems.map({ "\($0.field): \($0.message)" }) where !lines.contains(line) {
      lines.append(line)
    }
    let words = lines.count == 1 ? lines[0] : "[\(lines.joined(separator: ", "))]"
    return APIError(
      code: 422, reason: "Invalid", message: "\(what) \"\(name)\" is invalid: \(words)",
      details: details.with("causes", .array(problems.map(\.cause))))
  }

  /// Other managers own what was to be applied.
  static func conflict(_ conflict: Ownership.Conflict) -> APIError {
    let causes = conflict.owned.flatMap { owned in
      owned.paths.map { (who: owned.name.words(owned.apiVersion), field: $0) }
    }
    let listed = conflict.owned.map { owned in
      let who = owned.name.words(owned.apiVersion)
      return "conflicts with \(who):\n" + owned.paths.map { "- \($0)" }.joined(separator: "\n")
    }
    let words =
      causes.count == 1
      ? "1 conflict: conflict with \(causes[0].who): \(causes[0].field)"
      : "\(causes.count) conflicts: \(listed.joined(separator: "\n"))"
    return APIError(
      code: 409, reason: "Conflict", message: "Apply failed with \(words)",
      details: [
        "causes": .array(
          causes.map { who, field in
            [
              "reason": "FieldManagerConflict", "message": .string("conflict with \(who)"),
              "field": .string(field),
            ]
          })
      ])
  }
}

extension Managers.Name {
  fileprivate func words(_ apiVersion: String) -> String {
    var words = JSONValue.string(manager).canonical
    if !subresource.isEmpty { words += " with subresource \"\(subresource)\"" }
    if !isApplied { words += " using \(apiVersion)" }
    return words
  }
}

extension APIType {
  /// As errors name it: "leases.coordination.k8s.io".
  var resource: String { group.isEmpty ? plural : "\(plural).\(group)" }
  var qualifiedKind: String { group.isEmpty ? kind : "\(kind).\(group)" }

  func details(_ name: String, kind: String? = nil) -> JSONValue {
    var details: [String: JSONValue] = ["kind": .string(kind ?? plural)]
    if !name.isEmpty { details["name"] = .string(name) }
    if !group.isEmpty { details["group"] = .string(group) }
    return .object(details)
  }
}
