import CGit2
import Control

// The history of a branch that others write: a commit in it may be too large to be read.

/// What can be read of the history before a commit.
struct ReadableHistory {
  /// Each behind its parents.
  var commits: [ObjectID] = []
  /// A commit that cannot be read, so that nobody knows what lies before it.
  var unreadable: CommitRefusal?
  /// Whether some commits were left out.
  var isCut = false
}

/// Whether history leads from one commit to another.
enum Descent: Equatable {
  case yes, no
  /// It may, through a commit that cannot be read.
  case unknown(CommitRefusal)
}

extension RepositoryHandle {
  /// Says whether `ancestor` is `tip` or one of the commits before it.
  borrowing func descent(of tip: ObjectID, from ancestor: ObjectID) -> Descent {
    if let answer = try? contains(tip, ancestor) { return answer ? .yes : .no }
    let history = readableHistory(of: tip, until: ancestor)
    if history.commits.contains(ancestor) { return .yes }
    return history.unreadable.map { .unknown($0) } ?? .no
  }

  /// Returns the commits that `tip` has and `base` has not, as far as they can be read.
  borrowing func history(of tip: ObjectID, since base: ObjectID) -> ReadableHistory {
    if let known = try? commits(of: tip, since: base) {
      return ReadableHistory(commits: known.map { ObjectID($0) })
    }
    var history = readableHistory(of: tip, until: base)
    history.commits.removeAll { $0 == base }
    return history
  }

  /// Returns the newest commits on the first way back, as far as they can be read.
  borrowing func line(from tip: ObjectID, most: Int) -> [ObjectID] {
    var line: [ObjectID] = []
    var next: ObjectID? = tip
    while let id = next, line.count < most, let parents = try? readableParents(of: id) {
      line.append(id)
      next = parents.first
    }
    return line
  }

  /// Goes back from `tip` to `end` by all ways, around what cannot be read.
  private borrowing func readableHistory(of tip: ObjectID, until end: ObjectID) -> ReadableHistory {
    var history = ReadableHistory()
    var seen: Set<ObjectID> = [tip]
    var left: [(id: ObjectID, parents: [ObjectID])] = [
      (tip, parents(of: tip, until: end, &history))
    ]
    while !left.isEmpty {
      if let parent = left[left.count - 1].parents.popLast() {
        guard seen.insert(parent).inserted else { continue }
        guard seen.count <= Self.longestHistory else {
          history.isCut = true
          continue
        }
        left.append((parent, parents(of: parent, until: end, &history)))
      } else {
        history.commits.append(left.removeLast().id)
      }
    }
    return history
  }

  private borrowing func parents(
    of commit: ObjectID, until end: ObjectID, _ history: inout ReadableHistory
  ) -> [ObjectID] {
    guard commit != end else { return [] }
    do throws(GitError) {
      return try readableParents(of: commit)
    } catch {
      let reason = error.kind == .notFound ? "it was too large to be fetched" : error.message
      history.unreadable =
        history.unreadable
        ?? CommitRefusal(commit: commit.description, reason: reason)
      return []
    }
  }

  private borrowing func readableParents(of commit: ObjectID) throws(GitError) -> [ObjectID] {
    try object(commit.raw).withUnsafeBytes { CommitHead.parents(of: $0) }.map { ObjectID($0) }
  }
}
