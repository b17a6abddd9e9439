import Foundation
import Manifests

/// Where the parts of a controller keep what must outlive it.
///
/// Artifacts and logs may lie in folders of their own, in which they have the places that they would have here.
struct StateFolder {
  private let own: OwnFolder
  private let artifacts: OwnFolder?
  private let logs: OwnFolder?

  init(_ path: String, _ paths: PathSettings = PathSettings()) {
    own = OwnFolder(path: path, name: "the state folder", option: "--state", mayBeLink: true)
    artifacts = paths.artifacts.map {
      OwnFolder(path: $0, name: "the folder for artifacts", option: "--artifacts")
    }
    logs = paths.logs.map { OwnFolder(path: $0, name: "the folder for logs", option: "--logs") }
  }

  private var folders: [OwnFolder] { [own, artifacts, logs].compactMap(\.self) }

  var url: URL { own.url }
  /// All of them, by absolute paths.
  var roots: [String] { folders.map(\.url.path) }
  /// The clone of the manifests' repository.
  var source: String { url.appending(path: "source.git").path }
  /// The repository of the decisions.
  var ledger: String { url.appending(path: "ledger.git").path }
  var checkpoints: URL { url.appending(path: "checkpoints") }

  func runtime(_ name: String) -> String { Self.runtime(name, in: own) }
  func artifacts(ofRuntime name: String) -> String? { artifacts.map { Self.runtime(name, in: $0) } }
  func logs(ofRuntime name: String) -> String? { logs.map { Self.runtime(name, in: $0) } }

  /// The names of the runtimes that were ever started here.
  var runtimeNames: [String] {
    let runtimes = Self.runtimes(in: own).path
    return ((try? FileManager.default.contentsOfDirectory(atPath: runtimes)) ?? []).sorted()
  }

  /// The folder in which each runtime has one of its own, with its name.
  private static func runtimes(in folder: OwnFolder) -> URL {
    folder.url.appending(path: "runtimes")
  }

  private static func runtime(_ name: String, in folder: OwnFolder) -> String {
    runtimes(in: folder).appending(path: name).path
  }

  /// Makes the folders, each for this user alone.
  func make() throws {
    try own.make()
    for folder in folders.dropFirst() {
      try refuseOverlap(folder)
      try folder.make()
    }
  }

  /// What lies where the state has something of its own would be taken for that.
  private func refuseOverlap(_ folder: OwnFolder) throws {
    let taken = [source, ledger, checkpoints.path, Self.runtimes(in: own).path]
    let path = folder.url.standardized.resolvingSymlinksInPath().path
    let isInside = taken.contains { taken in
      let taken = URL(filePath: taken).standardized.resolvingSymlinksInPath().path
      return path == taken || path.hasPrefix(taken + "/")
    }
    guard isInside else { return }
    throw Failure(
      .user,
      "\(folder.name) \(folder.path) lies in a folder that the state folder has for something else",
      hint: "name another folder with \(folder.option)")
  }

  /// Takes the right to be the only controller of each folder.
  func lock() throws -> [StateLock] {
    var locked: Set<String> = []
    return try folders.filter { locked.insert($0.url.resolvingSymlinksInPath().path).inserted }
      .map { try StateLock($0.url, option: $0.option) }
  }
}
