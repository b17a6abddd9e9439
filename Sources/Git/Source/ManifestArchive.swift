package import Ledger
import Threads

/// A manifest, or a change of one, that a clone does not have as a decision says.
package struct SourceMismatch: Error, Equatable {
  package let path: String
  package let expected: String
  package let found: String
}

/// A clone of the manifests' repository, as somebody reads it who checks decisions against it.
package actor ManifestArchive {
  private let queue = BlockingQueue(label: "serin.git.manifests.read")
  private let repository: RepositoryHandle

  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    queue.asUnownedSerialExecutor()
  }

  /// Opens an existing clone, bare or not; writes nothing there.
  package init(clone path: String) throws(GitError) {
    repository = try RepositoryHandle.clone(at: path)
    try ObjectGuard.stand(before: repository, .manifests)
  }

  /// Checks that the manifest which a decision followed is where it says.
  ///
  /// - Throws: A `SourceMismatch`, or a `GitError` when the clone cannot be read.
  package func check(_ source: SourceReference) throws {
    let found = try blob(of: source)
    guard found == source.blob else {
      throw SourceMismatch(
        path: "\(source.path) at \(source.commit)", expected: "the blob \(source.blob)",
        found: found.map { "the blob \($0)" } ?? "no such commit or file")
    }
    for change in source.changes {
      guard let problem = try problem(with: change) else { continue }
      throw SourceMismatch(
        path: "the change \(change.commit)",
        expected:
          "a commit by \(change.author) that changes \(change.paths.joined(separator: ", "))",
        found: problem)
    }
  }

  /// Returns what is wrong with a change that a decision names; nil when the clone has it like that.
  package func problem(with change: SourceChange) throws(GitError) -> String? {
    guard let commit = try known(change.commit) else { return "no such commit" }
    let author = CommitMessage.line(try repository.description(of: commit).author)
    guard author == change.author else { return "a commit by \(author)" }
    for path in change.paths where try !repository.changes(commit.raw, path) {
      return "a commit that does not change \(path)"
    }
    return nil
  }

  private func known(_ name: String) throws(GitError) -> ObjectID? {
    guard let name = try? ObjectID(name) else { return nil }
    return try repository.commit(named: name.description)
  }

  /// Returns the blob that a commit has where a decision says that its manifest is; nil when the clone
  /// has no such commit, or the commit no such file.
  private func blob(of source: SourceReference) throws(GitError) -> String? {
    guard let commit = try known(source.commit) else { return nil }
    return try repository.entry(at: source.path, of: commit)?.id.description
  }
}
