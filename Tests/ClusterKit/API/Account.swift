import Encoding

/// Who may ask for what, as RBAC's rules say it.
package struct Account: Sendable {
  package struct Rule: Sendable {
    let verbs: Set<String>
    /// "*" is any.
    let groups: Set<String>
    /// With subresources: "inferenceservices/status".
    let resources: Set<String>
    /// nil: in all, and for what is in none.
    let namespaces: Set<String>?
    /// nil: of all objects, and of those that have no name yet.
    let names: Set<String>?

    package init(
      verbs: Set<String>, groups: Set<String>, resources: Set<String>,
      namespaces: Set<String>? = nil, names: Set<String>? = nil
    ) {
      self.verbs = verbs
      self.groups = groups
      self.resources = resources
      self.namespaces = namespaces
      self.names = names
    }
  }

  /// "system:serviceaccount:demo:serin".
  package let name: String
  let rules: [Rule]

  package init(_ name: String, _ rules: [Rule]) {
    self.name = name
    self.rules = rules
  }

  /// Somebody who may do everything.
  package static let administrator = Account(
    "admin", [Rule(verbs: ["*"], groups: ["*"], resources: ["*"])])

  /// Those who say nothing of who they are.
  static let anonymous = Account("system:anonymous", [])

  func may(_ verb: String, _ target: Target) -> Bool {
    let resource = target.resource
    return rules.contains { rule in
      Self.has(rule.verbs, verb) && Self.has(rule.groups, target.group)
        && Self.has(rule.resources, resource)
        && rule.namespaces?.contains(target.namespace) ?? true
        && rule.names?.contains(target.name) ?? true
    }
  }

  private static func has(_ set: Set<String>, _ word: String) -> Bool {
    set.contains("*") || set.contains(word)
  }

  func check(_ verb: String, _ target: Target, isLate: Bool = false) throws(APIError) {
    guard !may(verb, target) else { return }
    let place =
      target.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(target.namespace)\""
    let resource = target.group.isEmpty ? target.plural : "\(target.plural).\(target.group)"
    let subject = target.name.isEmpty ? resource : "\(resource) \"\(target.name)\""
    var details: [String: JSONValue] = ["kind": .string(target.plural)]
    if !target.name.isEmpty { details["name"] = .string(target.name) }
    if !target.group.isEmpty { details["group"] = .string(target.group) }
    var error = APIError(
      code: 403, reason: "Forbidden",
      message: "\(subject) is forbidden: User \"\(name)\" cannot \(verb) resource "
        + "\"\(target.resource)\" in API group \"\(target.group)\" \(place)",
      details: .object(details))
    error.isLate = isLate
    throw error
  }

  func mayRead(_ path: String) -> Bool { self.name != Self.anonymous.name || path == "/version" }
}

extension Target {
  var resource: String { subresource.isEmpty ? plural : "\(plural)/\(subresource)" }
}
