package import Ledger
import Manifests
package import Rollouts

/// What a catalogue may ask about the past of a branch.
package struct SourceHistory: Sendable {
  /// What the newest record of each deployment is about.
  let recorded: [DeploymentName: RecordedManifest]
  /// Returns who changed a path last, since a commit or ever; nil when nobody can tell.
  let lastChanges: @Sendable (_ path: String, _ since: String?) async throws -> [SourceChange]?

  package init(
    recorded: [DeploymentName: RecordedManifest],
    lastChanges:
      @escaping @Sendable (_ path: String, _ since: String?) async throws ->
      [SourceChange]?
  ) {
    (self.recorded, self.lastChanges) = (recorded, lastChanges)
  }

  /// Nothing is recorded, and nobody can tell.
  package static let none = SourceHistory(recorded: [:]) { _, _ in nil }
}

/// Says whose signature the last change of a manifest has, and whether that will do.
///
/// What is in force already is not judged again: it was let in by the rules of its time. What was found
/// right once stays right while its files are the same.
struct Jurisdiction: Sendable {
  /// A manifest with everything that its meaning rests on.
  struct Files: Hashable {
    let name: DeploymentName
    let path: TreePath
    let blob: String
    let profile: String?
    let profileBlob: String?
  }

  private let rules: NamespaceRules
  private var approved: Set<Files> = []

  init(_ rules: NamespaceRules) { self.rules = rules }

  /// Returns why nobody who may has signed the last change; nil when somebody has.
  mutating func refusal(
    of deployment: Deployment, _ files: Files, _ history: SourceHistory
  ) async throws -> String? {
    let signers = rules[files.name.namespace]?.signers ?? []
    guard !signers.isEmpty, history.recorded[files.name]?.deployment != deployment,
      !approved.contains(files)
    else { return nil }
    for path in [files.path.text, files.profile].compactMap(\.self) {
      let changes = try await changes(of: path, files.name, history)
      if let refusal = Self.refusal(of: changes, to: path, signers) { return refusal }
    }
    approved.insert(files)
    return nil
  }

  /// Returns why nobody who may has taken a manifest away; nil when somebody has.
  func refusal(
    ofRemoving name: DeploymentName, _ old: RecordedManifest, _ history: SourceHistory
  ) async throws -> String? {
    let signers = rules[name.namespace]?.signers ?? []
    guard !signers.isEmpty else { return nil }
    let changes = try await history.lastChanges(old.path, old.commit)
    return Self.refusal(of: changes, to: old.path, signers)
  }

  /// Forgets what is not there any more.
  mutating func keep(_ present: Set<Files>) { approved.formIntersection(present) }

  /// A file that is as it was at the newest record was not followed by then, and has an older origin.
  private func changes(
    of path: String, _ name: DeploymentName, _ history: SourceHistory
  ) async throws -> [SourceChange]? {
    let base = history.recorded[name]?.commit
    let changes = try await history.lastChanges(path, base)
    guard let changes, changes.isEmpty, base != nil else { return changes }
    return try await history.lastChanges(path, nil)
  }

  private static func refusal(
    of changes: [SourceChange]?, to path: String, _ signers: [String]
  ) -> String? {
    let allowed = "allowed: \(signers.joined(separator: ", "))"
    guard let changes, !changes.isEmpty else {
      return "the history does not say who changed \(path) last; \(allowed)"
    }
    guard let other = changes.first(where: { !isGood($0.signer, signers) }) else { return nil }
    let words = other.signer?.words ?? "not signed"
    return "\(path) was changed last by commit \(other.commit.prefix(12)), \(words); \(allowed)"
  }

  /// Whether a signature is one of those signers.
  ///
  /// Whom the operator's file names for a key of OpenSSH is the operator's word. A user of GPG writes
  /// names into the key, so that a key of GPG goes by its fingerprint alone.
  private static func isGood(_ signer: SourceSigner?, _ signers: [String]) -> Bool {
    guard let signer, signer.status == .good, let key = signer.key else { return false }
    if signers.contains(key) { return true }
    guard key.hasPrefix("SHA256:") else { return false }
    return signer.principal?.split(separator: ",").contains { signers.contains(String($0)) }
      ?? false
  }
}

extension Diagnostic {
  static func foreignRemoval(
    _ name: DeploymentName, from path: String, _ reason: String
  ) -> Diagnostic {
    onWholeFile(
      path, "\(name) may not be removed by this signer: \(reason)",
      hint: "its last good version stays in force; let one of those who may remove it, after "
        + "committing the file once more")
  }

  static func foreign(
    _ name: DeploymentName, at path: String, _ position: TextPosition?, _ reason: String
  ) -> Diagnostic {
    Diagnostic(
      .error, path: path, position: position ?? TextPosition(line: 1, column: 1),
      message: "\(name) may not be changed by this signer: \(reason)",
      hint: "let one of those who may commit the file again, with a change and a signature")
  }
}
