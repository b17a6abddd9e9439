import Foundation
import TestKit

/// A bare repository that plays the remote, written to by the git command as a person would.
struct Upstream: Sendable {
  /// The bare repository.
  let folder: URL
  private let work: URL

  /// Makes an empty one in `parent`; HEAD points to main, which does not exist yet.
  init(in parent: URL, named name: String = "models") throws {
    folder = parent.appending(path: "\(name).git")
    work = parent.appending(path: "\(name)-work")
    try git(["init", "--quiet", "--bare", "-b", "main", folder.path])
    try git(["-C", folder.path, "config", "http.receivepack", "true"])
    try git(["init", "--quiet", "-b", "main", work.path])
    try git(["-C", work.path, "remote", "add", "origin", folder.path])
  }

  /// Commits files over the branch and pushes it; returns the commit.
  @discardableResult
  func commit(
    _ files: [String: String], to branch: String = "main", message: String = "change",
    amending: Bool = false
  ) throws -> String {
    try run(["checkout", "--quiet", "-B", branch])
    try write(files)
    try run(["add", "--all"])
    return try commitStaged(to: branch, message: message, amending: amending)
  }

  /// Commits so many versions of a file over main, and pushes them together.
  func commit(_ count: Int, of path: String) throws {
    let commits = (0..<count).map { number in
      """
      commit refs/heads/main
      committer Ada Lovelace <ada@example.org> \(1_700_000_000 + number) +0000
      data 6
      change\(number == 0 ? "\nfrom refs/heads/main^0" : "")
      M 100644 inline \(path)
      data \("\(number)".utf8.count)
      \(number)

      """
    }
    let stream = work.appending(path: ".git/stream")
    try Data(commits.joined().utf8).write(to: stream)
    try shell(["sh", "-c", "git -C '\(work.path)' fast-import --quiet < '\(stream.path)'"])
    try run(["reset", "--quiet", "--hard"])
    try run(["push", "--quiet", "origin", "main"])
  }

  /// Writes files in the working folder.
  func write(_ files: [String: String]) throws {
    for (path, text) in files {
      let file = work.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  /// Commits what is staged already and pushes it.
  @discardableResult
  func commitStaged(
    to branch: String = "main", message: String = "change", amending: Bool = false
  ) throws -> String {
    try run(["commit", "--quiet", "--allow-empty", "-m", message] + (amending ? ["--amend"] : []))
    try run(["push", "--quiet", "--force", "origin", branch])
    return try run(["rev-parse", "HEAD"])
  }

  /// Runs git in the working folder; returns what it printed.
  @discardableResult
  func run(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
    try git(["-C", work.path] + arguments, environment: environment)
  }

  /// Runs git in the bare repository; returns what it printed.
  @discardableResult
  func runBare(_ arguments: [String]) throws -> String { try git(["-C", folder.path] + arguments) }

  /// Installs a hook in the bare repository.
  func install(hook name: String, _ script: String) throws {
    let file = folder.appending(path: "hooks/\(name)")
    try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
  }
}

/// Runs git with nothing of the machine's configuration; returns what it printed.
@discardableResult
func git(_ arguments: [String], environment: [String: String] = [:]) throws -> String {
  let own = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada Lovelace", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace", "GIT_COMMITTER_EMAIL": "ada@example.org",
  ]
  return try shell(["git"] + arguments, environment: own.merging(environment) { $1 })
    .trimmingCharacters(in: .whitespacesAndNewlines)
}
