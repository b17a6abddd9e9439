import Encoding
import Manifests
import Rollouts

// Who changed what a namespace has, where the operator names its signers.

extension Catalog {
  /// Finds out which deployments were changed by somebody who may not.
  mutating func judgeSigners(
    _ reading: inout Reading, _ history: SourceHistory
  ) async throws {
    guard rules.nameSigners else { return }
    var present: Set<Jurisdiction.Files> = []
    for (path, read) in files.sorted(by: { $0.key < $1.key }) {
      for item in read.file.deployments {
        try Task.checkCancellation()
        var deployment = item.deployment
        deployment.runtime = deployment.runtime ?? runtimes[0]
        let question = read.question(about: item, at: path)
        present.insert(question)
        let refusal = try await Self.answer(&reading) {
          try await jurisdiction.refusal(of: deployment, question, history)
        }
        guard let refusal else { continue }
        reading.foreign[path, default: [:]][deployment.name] = .foreign(
          deployment.name, at: path.text, read.file.position(of: deployment.name), refusal)
      }
    }
    jurisdiction.keep(present)
    try await judgeRemovals(&reading, history)
  }

  /// Finds out which deployments are named nowhere any more because of somebody who may not remove them.
  private func judgeRemovals(_ reading: inout Reading, _ history: SourceHistory) async throws {
    let named = Set(files.values.flatMap(\.file.names))
    for (name, old) in history.recorded.sorted(by: { $0.key < $1.key })
    where old.deployment != nil && !named.contains(name) && !isHeld(old.path, reading.claims) {
      try Task.checkCancellation()
      let refusal = try await Self.answer(&reading) {
        try await jurisdiction.refusal(ofRemoving: name, old, history)
      }
      guard let refusal else { continue }
      reading.diagnostics.append(.foreignRemoval(name, from: old.path, refusal))
      reading.claims.wrong[name, default: []].insert(TreePath(old.path))
    }
  }

  /// Whether a file is there and wrong, so that what it had stays anyway.
  private func isHeld(_ path: String, _ claims: Ownership.Claims) -> Bool {
    let path = TreePath(path)
    guard let read = files[path] else {
      return claims.wrongFiles.contains(path) || claims.unreadFolders.contains(where: path.isBelow)
    }
    return read.file.hasErrors || read.file.isForeign
  }

  /// What cannot be found out now lets nothing through, and is asked again.
  private static func answer(
    _ reading: inout Reading, _ question: () async throws -> String?
  ) async throws -> String? {
    do {
      return try await question().map(DisplayText.safe)
    } catch {
      try Task.checkCancellation()
      reading.isWhole = false
      return DisplayText.safe("the history cannot be read: \(error)")
    }
  }
}
