package import Rollouts
import Wording

/// What the manifest asks for, as a record tells it: with a sentence for people beside the values.
package struct RecordedWanted: Equatable, Sendable, Codable {
  package let version: String
  package let revision: Revision.ID
  /// Left out when it serves, is tried, or waits only.
  package let rejected: Rejected?

  package struct Rejected: Equatable, Sendable, Codable {
    package let at: Instant
    package let reason: Reason
    /// What the runtime said that belongs to the reason; left out when it said nothing.
    package let detail: Detail?
    /// The reason in a few words, for people: no code reads it.
    package let text: String
  }

  /// Takes the values over; outside text in them becomes one line.
  package init(_ wanted: Wanted) {
    version = wanted.version
    revision = wanted.revision
    rejected = wanted.rejected.map {
      Rejected(
        at: $0.at, reason: $0.reason, detail: $0.detail.safe,
        text: CommitMessage.line($0.reason.brief))
    }
  }

  /// What is derived again: all but the words.
  package var facts: Wanted {
    Wanted(
      version: version, revision: revision,
      rejected: rejected.map { .init(at: $0.at, reason: $0.reason, detail: $0.detail) })
  }
}
