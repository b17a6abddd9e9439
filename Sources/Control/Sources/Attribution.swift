package import Ledger
package import Rollouts

/// The manifest that a deployment's newest record is about.
package struct RecordedManifest: Equatable, Sendable {
  let source: SourceReference
  /// What it asked for; nil when it was removed.
  let deployment: Deployment?
  /// The runtime that has something of it; nil when none has.
  let runtime: String?

  package init(source: SourceReference, deployment: Deployment?, runtime: String?) {
    self.source = source
    self.deployment = deployment
    self.runtime = runtime
  }

  init?(_ source: SourceReference?, _ rollout: Rollout) {
    guard let source else { return nil }
    let isRemoved = rollout.phase == .retiring || rollout.phase == .retired
    self.init(
      source: source, deployment: isRemoved ? nil : rollout.deployment,
      runtime: rollout.phase == .retired ? nil : rollout.deployment?.runtime)
  }

  /// The commit that was followed.
  var commit: String { source.commit }
  /// Where it lay.
  var path: String { source.path }

  fileprivate var changes: SourceChanges {
    SourceChanges(listed: source.changes, more: source.moreChanges)
  }
}

/// Finds out who asked for what a commit asks for.
///
/// Once for each new commit and before anything is decided on it, so that a decision waits for no walk
/// through a history. Where a manifest asks for what it asked for in the newest record, those who asked
/// then are still the ones, whatever was pushed since.
struct Attribution {
  let snapshot: Snapshot
  let recorded: [DeploymentName: RecordedManifest]
  let source: any Source

  func changes() async throws -> [DeploymentName: SourceChanges] {
    var changes: [DeploymentName: SourceChanges] = [:]
    for (name, wanted) in snapshot.wanted.sorted(by: { $0.key < $1.key }) {
      try Task.checkCancellation()
      changes[name] = try await self.changes(to: wanted, after: recorded[name])
    }
    for (name, old) in recorded.sorted(by: { $0.key < $1.key })
    where old.deployment != nil && isGone(name) {
      changes[name] = try await removal(of: old)
    }
    return changes
  }

  private func isGone(_ name: DeploymentName) -> Bool {
    snapshot.wanted[name] == nil && !snapshot.unchanged.contains(name)
  }

  private func changes(
    to wanted: Snapshot.Wanted, after old: RecordedManifest?
  ) async throws -> SourceChanges {
    if let old, old.deployment == wanted.deployment { return old.changes }
    let paths = [wanted.path] + [wanted.profile, old?.source.path].compactMap(\.self)
    let found = try await source.changes(
      of: paths.withoutRepetition, since: old?.source.commit, until: snapshot.tip.commit
    ).without(old?.source.changes ?? [])
    // Another reading of the same files, by a newer version of serin, was asked for by nobody.
    return found.areNone ? old?.changes ?? found : found
  }

  /// Whoever removed the manifest, and whoever confirmed that it is meant.
  private func removal(of old: RecordedManifest) async throws -> SourceChanges {
    let (path, tip) = (old.source.path, snapshot.tip)
    let found = try await source.changes(
      of: [path], since: old.source.commit, until: tip.commit
    ).without(old.source.changes)
    let isListed = found.listed.contains { $0.commit == tip.commit }
    guard !found.areNone else { return old.changes }
    guard snapshot.confirmsRemoval, !isListed else { return found }
    let confirmation = SourceChange(
      commit: tip.commit, author: tip.author, paths: [], signer: tip.signer)
    return SourceChanges(listed: [confirmation] + found.listed, more: found.more)
  }
}

extension Snapshot {
  /// Returns which manifest a deployment follows here, and who wrote it; nil without a right one.
  func source(of name: DeploymentName, in repository: String) -> SourceReference? {
    wanted[name].map { wanted in
      SourceReference(
        repository: repository, commit: tip.commit, path: wanted.path, blob: wanted.blob,
        rewrittenFrom: tip.rewrittenFrom, changes: changes[name] ?? .unknown)
    }
  }
}

extension [String] {
  fileprivate var withoutRepetition: [String] {
    var seen: Set<TreePath> = []
    return filter { seen.insert(TreePath($0)).inserted }
  }
}
