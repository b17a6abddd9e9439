import ClusterKit
import Foundation
import Manifests

/// What an account may do, or did: one verb on one kind of objects.
struct Right: Hashable, Comparable, CustomStringConvertible {
  let group: String
  let resource: String
  let verb: String

  var description: String { "\(verb) \(resource)\(group.isEmpty ? "" : "." + group)" }

  static func < (one: Right, other: Right) -> Bool { one.description < other.description }
}

/// The rules of a Role or a ClusterRole of the manifests.
struct RoleFile {
  let rules: [Rule]

  struct Rule {
    let groups: [String]
    let resources: [String]
    let verbs: [String]
    let names: [String]
  }

  static let manifests = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../manifests/kubernetes").standardizedFileURL

  /// Reads the one role of a file.
  init(_ path: String) throws {
    let findings = Findings(path: path)
    let bytes = Array(try Data(contentsOf: Self.manifests.appending(path: path)))
    let roles = Documents(bytes, findings: findings).roots
      .filter { ["Role", "ClusterRole"].contains($0["kind"]?.text) }
    guard !findings.hasErrors, roles.count == 1, let role = roles.first else {
      throw Unreadable(path: path)
    }
    rules = Self.items(role["rules"]).map { rule in
      Rule(
        groups: Self.texts(rule["apiGroups"]), resources: Self.texts(rule["resources"]),
        verbs: Self.texts(rule["verbs"]), names: Self.texts(rule["resourceNames"]))
    }
  }

  var rights: Set<Right> {
    Set(
      rules.flatMap { rule in
        rule.groups.flatMap { group in
          rule.resources.flatMap { resource in
            rule.verbs.map { Right(group: group, resource: resource, verb: $0) }
          }
        }
      })
  }

  /// The same for the test server: in one namespace, or in all.
  func account(in namespace: String?) -> [Account.Rule] {
    rules.map { rule in
      Account.Rule(
        verbs: Set(rule.verbs), groups: Set(rule.groups), resources: Set(rule.resources),
        namespaces: namespace.map { [$0] }, names: rule.names.isEmpty ? nil : Set(rule.names))
    }
  }

  private static func items(_ node: Node?) -> [Node] {
    guard case .sequence(let items)? = node?.content else { return [] }
    return items
  }

  private static func texts(_ node: Node?) -> [String] {
    items(node).compactMap { $0.isNull ? "" : $0.text }
  }

  private struct Unreadable: Error { let path: String }
}

extension LoggedRequest {
  /// Which rights it took: who applies an object that is not there needs that of creating it, too.
  var rights: [Right] {
    let resource = subresource.isEmpty ? resource : "\(self.resource)/\(subresource)"
    let verbs = verb == "patch" && status == 201 ? [verb, "create"] : [verb]
    return verbs.map { Right(group: group, resource: resource, verb: $0) }
  }
}
