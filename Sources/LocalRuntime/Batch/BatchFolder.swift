import Foundation
import Glibc
package import Rollouts

/// Where jobs find their models, and say that they read them.
///
/// ```
/// deployments/<namespace>/<name>/current.json   what a run is to read
/// deployments/<namespace>/<name>/next.json      while a switch waits for runs: until it is gone, none begins
/// deployments/<namespace>/<name>/leases/        one file for each run; its time of change is when the lease ends
/// artifacts/…                                   verified models
/// orders/ counts/ stage/ logs/ lock             Serin's own
/// ```
///
/// Jobs are other users' programs: they read all but Serin's own, and write in the folders of leases alone.
package struct BatchFolder: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// Where the artifacts lie, as their store knows it.
  var files: RuntimeFolder { RuntimeFolder(path, artifacts: path) }
  var lock: String { path + "/lock" }
  var stage: String { files.stage }
  var log: String { path + "/logs/pickles.log" }
  private var deployments: String { path + "/deployments" }

  private func folder(of deployment: DeploymentName) -> String {
    "\(deployments)/\(deployment.namespace)/\(deployment.name)"
  }

  package func current(of deployment: DeploymentName) -> String {
    folder(of: deployment) + "/current.json"
  }

  package func next(of deployment: DeploymentName) -> String {
    folder(of: deployment) + "/next.json"
  }

  package func leases(of deployment: DeploymentName) -> String {
    folder(of: deployment) + "/leases"
  }

  /// One of Serin's own files about a deployment.
  enum Own: String, CaseIterable { case orders, counts }

  func own(_ kind: Own, of deployment: DeploymentName) -> String {
    "\(path)/\(kind)/\(deployment.namespace)/\(deployment.name).json"
  }

  /// Returns the deployments of which there is such a file.
  func names(_ kind: Own) -> [DeploymentName] {
    Files.names(in: "\(path)/\(kind)").flatMap { namespace in
      Files.names(in: "\(path)/\(kind)/\(namespace)").filter { $0.hasSuffix(".json") }.map {
        DeploymentName(namespace: namespace, name: String($0.dropLast(5)))
      }
    }
  }

  /// Makes the folders; who may pass the outermost is the operator's matter where it is there already.
  func create() throws {
    if access(path, F_OK) != 0 { try makeShared(path) }
    try requireOwn()
    for name in Own.allCases.map(\.rawValue) + ["logs"] { try Files.makeFolder("\(path)/\(name)") }
    try Files.makeFolder(stage)
    for folder in [deployments, files.artifacts] { try makeShared(folder) }
  }

  /// A folder that others may write could have anything in the place of what Serin has verified.
  private func requireOwn() throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw Files.error("look at", path) }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    guard isFolder, status.st_uid == getuid(), status.st_mode & 0o022 == 0 else {
      throw LocalRuntimeError(
        .refused, "use \(path) for batch",
        "it must be a folder of the user that runs serin, which no other user may write")
    }
  }

  /// Makes the folder of a deployment, with one in which every user may make leases, and remove their own alone.
  ///
  /// The mode of that one is the operator's matter once it is there.
  func create(for deployment: DeploymentName) throws {
    try makeShared("\(deployments)/\(deployment.namespace)")
    try makeShared(folder(of: deployment))
    let leases = leases(of: deployment)
    guard access(leases, F_OK) != 0 else { return }
    let made = "\(stage)/leases"
    try Files.makeFolder(made)
    guard chmod(made, 0o1777) == 0, rename(made, leases) == 0 else {
      throw Files.error("let write", leases)
    }
  }

  private func makeShared(_ folder: String) throws {
    try Files.makeFolder(folder)
    try Files.letAllRead(folder, only: [])
  }
}
