package import Encoding

/// One commit that changed what a deployment rests on.
package struct SourceChange: Equatable, Sendable, Codable {
  package let commit: String
  /// "Ada Lovelace <ada@example.org>", as one short line whatever the commit says.
  package let author: String
  /// What it changed of the manifest and the profile that this names, from the root of the repository.
  package let paths: [String]
  /// What is known of the commit's signature; nil without one, when no signers are configured.
  @SpeltOut package var signer: SourceSigner?

  package init(commit: String, author: String, paths: [String], signer: SourceSigner? = nil) {
    self.commit = commit
    self.author = CommitMessage.line(author)
    self.paths = paths
    self.signer = signer
  }

  /// What is known of the commit's signature, in words.
  package var signature: String { signer?.words ?? "no signature is recorded" }
}

/// Who changed what a deployment rests on, since the decision before.
package struct SourceChanges: Equatable, Sendable {
  /// Newest first, at most `mostListed`.
  package let listed: [SourceChange]
  /// How many more there are; nil when the history does not say, because it was rewritten or is too long.
  package let more: Int?

  package init(listed: [SourceChange], more: Int?) {
    self.listed = listed
    self.more = more
  }

  /// What a record holds at most: a push of thousands of commits must not fill the ledger.
  package static let mostListed = 20

  package static let unknown = SourceChanges(listed: [], more: nil)

  /// Whether it is certain that there was no change.
  package var areNone: Bool { listed.isEmpty && more == 0 }

  /// Returns those that an earlier record does not have already.
  package func without(_ earlier: [SourceChange]) -> SourceChanges {
    let known = Set(earlier.map(\.commit))
    return SourceChanges(listed: listed.filter { !known.contains($0.commit) }, more: more)
  }
}

extension SourceReference {
  /// What a reader has to know beside the commits that are listed; nil when they are all.
  package var unlisted: String? {
    switch moreChanges {
    case 0: nil
    case 1?: "and 1 commit more"
    case let more?: "and \(more) commits more"
    case nil: changes.isEmpty ? "not known" : "and perhaps others: the history does not say"
    }
  }
}
