import CGit2
import Ledger

// Who changed a file, as `git log` would simplify the history.

/// The commits that changed some paths.
struct ChangingCommits {
  /// Newest first, each with what it changed.
  var commits: [(id: ObjectID, paths: [String])] = []
  /// Whether there are no others.
  var areAll = true
}

extension RepositoryHandle {
  /// The most commits that are looked at for one question: more than a push of months has.
  static let longestHistory = 10_000

  /// Returns the commits behind `base`, up to `tip`, that changed any of `paths`.
  ///
  /// A commit counts when it differs from all its parents. A merge counts as well when it only agrees
  /// with a parent that has an older version than `base`: to merge an old branch and keep its file takes
  /// back what was in force, and no other commit says so.
  /// What cannot be read was done by somebody: then these are not all.
  borrowing func commits(
    changing paths: [String], since base: ObjectID, until tip: ObjectID
  ) throws(GitError) -> ChangingCommits {
    let history = history(of: tip, since: base)
    var changes = ChangingCommits()
    let isCut =
      history.commits.count > Self.longestHistory || history.isCut || history.unreadable != nil
    changes.areAll = !isCut && descent(of: tip, from: base) == .yes
    var walk = AuthorWalk(
      paths: paths, base: base, isCut: isCut,
      inForce: try entries(of: paths, at: base))
    for id in history.commits.suffix(Self.longestHistory) {
      do throws(GitError) {
        let changed = try visit(id, &walk)
        if !changed.isEmpty { changes.commits.append((id, changed)) }
      } catch {
        (changes.areAll, walk.isCut) = (false, true)
        walk.passed[id] = walk.outside(id, walk.inForce)
      }
    }
    changes.commits.reverse()
    return changes
  }

  /// What a walk from old to new knows of the commits that it has passed.
  private struct AuthorWalk {
    let paths: [String]
    let base: ObjectID
    /// Whether some commits were left out.
    var isCut: Bool
    let inForce: [PathEntry?]
    var passed: [ObjectID: [Version]] = [:]

    /// What a path names at a commit, and whether that was in force or is somebody's change since.
    struct Version {
      let entry: PathEntry?
      let isAccountedFor: Bool
    }

    /// Returns the versions at a commit that the walk does not pass.
    func outside(_ id: ObjectID, _ entries: [PathEntry?]) -> [Version] {
      zip(entries, inForce).map { entry, inForce in
        Version(entry: entry, isAccountedFor: isCut || id == base || entry == inForce)
      }
    }
  }

  /// Returns what a commit changed, all of whose parents were visited before.
  private borrowing func visit(
    _ id: ObjectID, _ walk: inout AuthorWalk
  ) throws(GitError) -> [String] {
    let parents = try versions(at: parents(of: id), walk)
    var (versions, changed): ([AuthorWalk.Version], [String]) = ([], [])
    for (index, entry) in try entries(of: walk.paths, at: id).enumerated() {
      let same = parents.map { $0[index] }.filter { $0.entry == entry }
      let isInherited = same.contains(where: \.isAccountedFor)
      let isChange =
        parents.isEmpty ? entry != nil : same.isEmpty || (parents.count > 1 && !isInherited)
      if isChange { changed.append(walk.paths[index]) }
      versions.append(.init(entry: entry, isAccountedFor: isChange || isInherited))
    }
    walk.passed[id] = versions
    return changed
  }

  private borrowing func versions(
    at commits: [ObjectID], _ walk: AuthorWalk
  ) throws(GitError) -> [[AuthorWalk.Version]] {
    var all: [[AuthorWalk.Version]] = []
    for id in commits {
      if let known = walk.passed[id] {
        all.append(known)
      } else {
        all.append(walk.outside(id, try entries(of: walk.paths, at: id)))
      }
    }
    return all
  }

  /// Returns the commits up to `tip` that changed each path last.
  borrowing func lastCommits(
    changing paths: [String], until tip: ObjectID
  ) throws(GitError) -> ChangingCommits {
    var changes = ChangingCommits()
    for path in paths {
      guard let own = try entry(at: path, of: tip) else { continue }
      guard let id = try origin(of: own, at: path, from: tip) else {
        changes.areAll = false
        continue
      }
      if let index = changes.commits.firstIndex(where: { $0.id == id }) {
        changes.commits[index].paths.append(path)
      } else {
        changes.commits.append((id, [path]))
      }
    }
    return changes
  }

  /// Returns those of the commits behind `base`, up to `tip`, that changed a path and after which no other
  /// of them came.
  ///
  /// Where two lines of history met, each with a change, nobody who signed one of them knew of the other.
  borrowing func lastCommits(
    changing path: String, since base: ObjectID, until tip: ObjectID
  ) throws(GitError) -> ChangingCommits {
    var changes = try commits(changing: [path], since: base, until: tip)
    var last: [(id: ObjectID, paths: [String])] = []
    for change in changes.commits {
      let isOver = last.contains { descent(of: $0.id, from: change.id) == .yes }
      if !isOver { last.append(change) }
      // Where so many lines meet, to name the first of them is enough.
      guard last.count < SourceChanges.mostListed else { break }
    }
    changes.commits = last
    return changes
  }

  /// Follows the parents that have the same at a path; nil when that takes too long, or leads to a
  /// commit that cannot be read.
  private borrowing func origin(
    of own: PathEntry, at path: String, from tip: ObjectID
  ) throws(GitError) -> ObjectID? {
    var id = tip
    for _ in 0..<Self.longestHistory {
      guard let same = try? parent(of: id, having: own, at: path) else { return nil }
      guard let parent = same.first else { return id }
      id = parent
    }
    return nil
  }

  /// Returns the first parent that has the same at a path, or none.
  private borrowing func parent(
    of commit: ObjectID, having own: PathEntry, at path: String
  ) throws(GitError) -> [ObjectID] {
    for parent in try parents(of: commit) where try entry(at: path, of: parent) == own {
      return [parent]
    }
    return []
  }

  borrowing func parents(of commit: ObjectID) throws(GitError) -> [ObjectID] {
    let handle = try self.commit(commit)
    return (0..<git_commit_parentcount(handle.pointer)).compactMap { index in
      git_commit_parent_id(handle.pointer, index).map { ObjectID($0.pointee) }
    }
  }
}
