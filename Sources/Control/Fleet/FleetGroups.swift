import Rollouts

/// Who moves with whom.
struct Groups: Sendable {
  /// The name of a deployment's group; a group is of one namespace.
  private var names: [DeploymentName: String] = [:]
  /// By namespace and name of the group, sorted.
  private var members: [DeploymentName: [DeploymentName]] = [:]

  init() {}

  init(_ names: [DeploymentName: String]) {
    self.names = names
    let all = names.sorted { $0.key < $1.key }
    members = Dictionary(grouping: all.map(\.key)) { Self.key(of: $0, names[$0] ?? "") }
  }

  private static func key(of member: DeploymentName, _ group: String) -> DeploymentName {
    DeploymentName(namespace: member.namespace, name: group)
  }

  /// Returns the other members of a deployment's group, by name; none when it moves alone.
  func peers(of name: DeploymentName) -> [DeploymentName] {
    guard let group = names[name] else { return [] }
    return members[Self.key(of: name, group), default: []].filter { $0 != name }
  }

  /// Splits deployments into batches to be looked at one after the other, of which none has two of one group.
  func apart(_ deployments: [DeploymentName]) -> [[DeploymentName]] {
    guard !names.isEmpty else { return [deployments] }
    var (batches, counts): ([[DeploymentName]], [DeploymentName: Int]) = ([[]], [:])
    for name in deployments {
      let place = names[name].map { counts[Self.key(of: name, $0), default: 0] } ?? 0
      if let group = names[name] { counts[Self.key(of: name, group)] = place + 1 }
      if place == batches.count { batches.append([]) }
      batches[place].append(name)
    }
    return batches.filter { !$0.isEmpty }
  }
}

// What a member is told of the others is read from what this life holds of them, at the moment of its look.
//
// Why that is enough, whatever happens in between:
// - Two members in one pass: they are looked at one after the other, and what the first decided is written
//   back before the second is told. Each decision is made on all those before it, as on one desk.
// - A decision that cannot be recorded: one that raises risk is dropped before it is written back, so nobody is
//   told of it; a retreat is in force, and is told without a number.
// - The end of this life between two members' decisions: the branch has the first and not the second, and the
//   next life looks at the second as this one would have. A branch that is taken over elsewhere has all
//   decisions up to some moment, of all members.
// - Manifests that were not read yet: what the others ask for is not known, and nobody goes on.
// - A manifest that is removed, or names another group: the member is no peer from that commit on. One that is
//   wrong keeps its last good version, and makes the others wait at rest.
// - A runtime that says nothing: its members are not willing, and make the others wait where they are.
extension Fleet {
  /// Finds out who moves with whom, whenever the manifests or the ledger say something new.
  func findGroups() {
    let named = members.keys.compactMap { name in group(of: name).map { (name, $0) } }
    groups = Groups(Dictionary(uniqueKeysWithValues: named))
  }

  private func group(of name: DeploymentName) -> String? {
    switch desired(name) {
    case .deployment(let deployment): deployment.group
    case .removed: nil
    case .unchanged: members[name]?.rollout.deployment?.group
    }
  }

  /// Returns what a deployment is told of the other members of its group.
  func peers(of name: DeploymentName, _ view: View) -> [Peer] {
    groups.peers(of: name).compactMap { other in
      guard let member = members[other] else { return nil }
      let isRecorded = member.unrecorded.isEmpty && member.seq > 0
      return member.rollout.peer(
        toldTo: name,
        Outlook(
          desired: desired(other), isUnclear: snapshot?.unchanged.contains(other) ?? true,
          isSeen: home(of: other).map { view.seen[$0] != nil } ?? false,
          record: isRecorded ? member.seq : nil))
    }
  }

  /// Has the other members of a group looked at as soon as one of them stands elsewhere, or would go on.
  func wakeGroup(after draft: Draft) {
    guard draft.decision != nil || draft.member.rollout.willing != draft.before.rollout.willing
    else { return }
    for other in groups.peers(of: draft.name) where !schedule.isInRound(other) {
      plan(other, at: latest, in: draft.isRetreat ? .retreat : .progress)
    }
  }
}
