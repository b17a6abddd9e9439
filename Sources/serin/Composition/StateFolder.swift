import Foundation

/// Where the parts of a controller keep what must outlive it.
struct StateFolder {
  private let path: String

  init(_ path: String) { self.path = path }

  var url: URL { URL(filePath: path) }
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

  func make() throws {
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw Failure(
        .user, "the state folder \(path) cannot be made: \(error.localizedDescription)")
    }
  }
}
