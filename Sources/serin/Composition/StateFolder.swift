import Foundation
import Glibc

/// Where the parts of a controller keep what must outlive it.
struct StateFolder {
  private let path: String

  init(_ path: String) { self.path = path }

  var url: URL { URL(filePath: path) }
  /// The whole of it, by an absolute path.
  var root: String { url.path }
  /// The clone of the manifests' repository.
  var source: String { url.appending(path: "source.git").path }
  /// The repository of the decisions.
  var ledger: String { url.appending(path: "ledger.git").path }
  var checkpoints: URL { url.appending(path: "checkpoints") }
  /// The folder in which each runtime has one of its own, with its name.
  private var runtimes: URL { url.appending(path: "runtimes") }

  func runtime(_ name: String) -> String { runtimes.appending(path: name).path }

  /// The names of the runtimes that were ever started here.
  var runtimeNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: runtimes.path)) ?? []).sorted()
  }

  /// Makes the folder, or takes an older one, for this user alone: clones, requests and answers lie in it.
  func make() throws {
    do {
      try FileManager.default.createDirectory(
        at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw Failure(
        .user, "the state folder \(path) cannot be made: \(error.localizedDescription)")
    }
    try takeAlone()
  }

  /// Whoever else could write into the folder would decide what the controller believes and starts.
  private func takeAlone() throws {
    var status = stat()
    guard stat(url.path, &status) == 0 else { throw failure("it cannot be looked at") }
    guard status.st_uid == geteuid() else {
      throw Failure(
        .user,
        "the state folder \(path) belongs to the user \(status.st_uid), and serin runs as \(geteuid())",
        hint: "run serin as that user, or name another folder with --state")
    }
    guard status.st_mode & 0o077 != 0 else { return }
    guard chmod(url.path, 0o700) == 0 else { throw failure("others can read it") }
  }

  private func failure(_ message: String) -> Failure {
    Failure(.user, "the state folder \(path): \(message): \(String(cString: strerror(errno)))")
  }
}
