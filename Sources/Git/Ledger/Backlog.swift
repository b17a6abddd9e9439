import CGit2
import Ledger
import Rollouts

/// The commits of ours that the remote is not known to have, oldest first.
///
/// A remote that is away for long leaves thousands, and the controller asks for them every few seconds.
/// So they are walked once, and after that only what is new.
struct Backlog {
  struct Entry {
    let id: ObjectID
    let date: Instant
  }

  private(set) var entries: [Entry] = []
  private var known: ObjectID?

  /// How many commits one push carries.
  ///
  /// Each push must end within the remote's time, or a backlog that is too large for it would never
  /// get smaller: 1,000 take a second or two on a local network, of the usual thirty.
  static let largestPush = 1000

  /// Follows the branch and what the remote is known to have.
  mutating func follow(
    _ tip: ObjectID?, known: ObjectID?, in repository: borrowing RepositoryHandle
  ) throws(GitError) {
    let last = entries.last?.id
    var new: [Entry] = []
    let end = try repository.walk(from: tip, to: [known, last]) { id, commit in
      new.append(Entry(id: id, date: Instant(milliseconds: git_commit_time(commit.pointer) * 1000)))
      return true
    }
    entries = (end == last ? entries : []) + new.reversed()
    if known != self.known, let place = entries.firstIndex(where: { $0.id == known }) {
      entries.removeSubrange(...place)
    }
    self.known = known
  }

  /// The commits to push one after the other, so that each push is of a size that is sure to end.
  var pushes: [ObjectID] {
    stride(from: Self.largestPush - 1, to: entries.count - 1, by: Self.largestPush)
      .map { entries[$0].id } + (entries.last.map { [$0.id] } ?? [])
  }
}
