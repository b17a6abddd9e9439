package import Rollouts

/// What is to be said of groups, which no single manifest shows.
///
/// A group is a name that its members share. Nobody names another deployment, so that there is no order among
/// them and no circle.
package struct GroupRules {
  /// More deployments than depend on each other in practice; each is told of all others at each look.
  package static let mostMembers = 8

  /// A manifest that names a group.
  package struct Member {
    fileprivate let deployment: Deployment
    fileprivate let path: String
    fileprivate let position: TextPosition

    /// Creates a member from its manifest and the place of the group's name in it.
    package init(deployment: Deployment, path: String, position: TextPosition?) {
      self.deployment = deployment
      self.path = path
      self.position = position ?? TextPosition(line: 1, column: 1)
    }

    fileprivate var name: DeploymentName { deployment.name }
    fileprivate var steps: Int { deployment.strategy.steps.count }

    fileprivate func diagnostic(
      _ severity: Diagnostic.Severity, _ message: String, hint: String
    ) -> Diagnostic {
      Diagnostic(severity, path: path, position: position, message: message, hint: hint)
    }
  }

  /// The deployments that are more than a group may have.
  package private(set) var refused: Set<DeploymentName> = []
  package private(set) var diagnostics: [Diagnostic] = []

  /// Looks at all manifests of one commit.
  ///
  /// - Parameters:
  ///   - manifests: Those that can be followed; those without a group do not matter.
  ///   - present: The groups of the deployments that are there, by what they were admitted with: who is a
  ///     member stays one.
  ///   - held: The deployments whose last good version stays in force, whatever is asked for.
  package init(
    _ manifests: [Member], present: [DeploymentName: String] = [:],
    held: Set<DeploymentName> = []
  ) {
    let named = manifests.filter { $0.deployment.group != nil }
    let groups = Dictionary(grouping: named) { member in
      DeploymentName(namespace: member.name.namespace, name: member.deployment.group ?? "")
    }
    for (group, members) in groups.sorted(by: { $0.key < $1.key }) {
      let staying = held.filter {
        present[$0] == group.name && $0.namespace == group.namespace
      }
      judge(group.name, Self.order(members, present), beside: staying.sorted())
    }
  }

  /// Who is there comes first; then by name.
  private static func order(_ members: [Member], _ present: [DeploymentName: String]) -> [Member] {
    members.sorted { left, right in
      let (isLeft, isRight) = (
        present[left.name] == left.deployment.group, present[right.name] == right.deployment.group
      )
      return isLeft == isRight ? left.name < right.name : isLeft
    }
  }

  private mutating func judge(
    _ group: String, _ members: [Member], beside staying: [DeploymentName]
  ) {
    let room = max(0, Self.mostMembers - staying.count)
    for member in members.dropFirst(room) {
      refused.insert(member.name)
      diagnostics.append(
        member.diagnostic(
          .error,
          "\(member.name) is one member too many of the group \"\(group)\": "
            + "\(Self.mostMembers) at most move together",
          hint: "give it another group, or none"))
    }
    let taken = Array(members.prefix(room))
    guard let first = taken.first else { return }
    if taken.count + staying.count == 1 {
      diagnostics.append(
        first.diagnostic(
          .warning, "\(first.name) is the only member of the group \"\(group)\" and moves alone",
          hint: "check how the others of the namespace \"\(first.name.namespace)\" spell it"))
    }
    for other in taken.dropFirst() where other.steps != first.steps {
      diagnostics.append(
        other.diagnostic(
          .warning,
          "\(other.name) has \(other.steps.ofSteps), and \(first.name) of its group "
            + "\(first.steps.ofSteps): the one with fewer waits after its last for the other",
          hint: "give both as many steps, so that they go on side by side"))
    }
  }
}

extension Int {
  /// "1 step", "no steps".
  fileprivate var ofSteps: String {
    self == 0 ? "no steps" : "\(self) step\(self == 1 ? "" : "s")"
  }
}
