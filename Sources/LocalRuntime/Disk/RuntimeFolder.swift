import Crypto
import Foundation
import Glibc
package import Rollouts

/// Where everything of one local runtime lies.
///
/// ```
/// lock                                 held by the controller that runs
/// targets/<namespace>/<name>.json      what was applied last
/// servers/<namespace>/<name>/<revision>/<replica>/   the files and the process of one model server
/// artifacts/<sha256>-<hash of the URI>/   verified models
/// envoy/                               what the Envoy of clients reads and writes
/// envoy-copies/                        what the Envoy of copies reads and writes
/// connection-limit                     there while the kernel counts the connections of each address
/// sockets/                             where Envoy reaches each model server that has a network of its own
/// logs/                                one per process
/// stage/                               files on their way to their place
/// ballast                              room that is given up when the disk is full
/// ```
///
/// The artifacts and the logs may lie in folders of their own. What stages artifacts lies beside them then, since a
/// file is renamed within a disk alone.
package struct RuntimeFolder: Sendable {
  package let path: String
  private let artifactRoot: String
  private let logRoot: String

  /// Creates the value with absolute paths, because Envoy and model servers read them too.
  package init(_ path: String, artifacts: String? = nil, logs: String? = nil) {
    self.path = Self.absolute(path)
    artifactRoot = Self.absolute(artifacts ?? path)
    logRoot = Self.absolute(logs ?? path)
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }

  /// The folders in which all of it lies.
  var roots: [String] { [path] + [artifactRoot, logRoot].filter { $0 != path } }

  package var lock: String { path + "/lock" }
  package var stage: String { path + "/stage" }
  var ballast: Ballast { Ballast(beside: stage) }
  package var targets: String { path + "/targets" }
  package var servers: String { path + "/servers" }
  package var artifacts: String { artifactRoot + "/artifacts" }
  var artifactStage: String { artifactRoot + "/stage" }
  package var sockets: String { path + "/sockets" }
  package var logs: String { logRoot + "/logs" }

  package func envoy(_ role: EnvoyRole = .clients) -> EnvoyFolder {
    EnvoyFolder(path: "\(path)/\(role)", log: "\(logs)/\(role).log", stage: stage)
  }

  /// There while the kernel limits the connections of clients.
  var connectionLimit: String { path + "/connection-limit" }

  package func target(of deployment: DeploymentName) -> String {
    "\(targets)/\(deployment.namespace)/\(deployment.name).json"
  }

  package func servers(of key: ServerKey) -> String { "\(servers)/\(key)" }

  package func server(_ key: ServerKey, replica: Int) -> String {
    "\(servers(of: key))/\(replica)"
  }

  /// The replicas beyond the first have their number in the names of their logs.
  package func log(of key: ServerKey, replica: Int) -> String {
    let number = replica == 1 ? "" : ".\(replica)"
    return "\(logs)/\(key.deployment.namespace).\(key.deployment.name).\(key.revision)\(number).log"
  }

  package func create() throws {
    let envoys = envoy(.clients).folders + envoy(.copies).folders
    let own = [path, stage, targets, servers, sockets, artifacts, artifactStage, logs]
    for folder in own + envoys {
      try Files.makeFolder(folder)
    }
  }

  /// Where Envoy's administration listens: in the folder, unless its path is too long for a socket.
  ///
  /// The address of a unix socket holds 107 bytes. The short path is named by a hash of the long
  /// one, in a folder that belongs to us alone, or the administration would be anybody's.
  package func adminSocket(
    of role: EnvoyRole = .clients,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> String {
    try shortened(envoy(role).path + "/admin.sock", environment)
  }

  /// Where copies come in: beside the administration, which makes sure whose folder it is.
  ///
  /// Its name is no longer than that one's: where it is too long the other one is, too, and has made the folder.
  var copySocket: String {
    Self.place(
      of: envoy(.copies).path + "/copy.sock", ProcessInfo.processInfo.environment
    ).path
  }

  /// Where Envoy reaches one model server: by a hash of the server's folder, which is often too long.
  package func serverSocket(
    of key: ServerKey, replica: Int,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws -> String {
    try shortened("\(sockets)/\(Self.digits(of: server(key, replica: replica))).sock", environment)
  }

  /// Where it is tried whether a server can have a socket.
  func trialSocket() throws -> String {
    try shortened(sockets + "/trial.sock", ProcessInfo.processInfo.environment)
  }

  static func digits(of path: String) -> String {
    SHA256.hash(data: Data(path.utf8)).prefix(8).map { $0.hexadecimal }.joined()
  }

  /// Returns where a socket lies, and in whose folder that is when its path is too long.
  private static func place(
    of path: String, _ environment: [String: String]
  ) -> (path: String, base: String?) {
    guard path.utf8.count > 107 else { return (path, nil) }
    let base = environment["XDG_RUNTIME_DIR"].map { $0 + "/serin" } ?? "/tmp/serin-\(getuid())"
    return ("\(base)/\(digits(of: path)).sock", base)
  }

  private func shortened(_ path: String, _ environment: [String: String]) throws -> String {
    let (place, base) = Self.place(of: path, environment)
    guard let base else { return path }
    try Files.makeFolder(base)
    var status = stat()
    guard lstat(base, &status) == 0, status.st_mode & S_IFMT == S_IFDIR,
      status.st_uid == getuid(), status.st_mode & 0o077 == 0
    else { throw LocalRuntimeError(.file, "use \(base)", "it is not a folder of ours alone") }
    return place
  }
}

/// What a model server is asked: inferences are traffic to judge, and whatever else is not.
package enum RequestKind: CaseIterable, Sendable { case inferences, others }

/// The model servers of one revision of a deployment.
///
/// The revision alone does not name them: two deployments may serve the same model.
package struct ServerKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let deployment: DeploymentName
  package let revision: Revision.ID

  /// "payments/fraud-detector/3f9c2a71d0": also the name of the Envoy cluster of its inferences.
  package var description: String { "\(deployment)/\(revision)" }

  package init(_ deployment: DeploymentName, _ revision: Revision.ID) {
    self.deployment = deployment
    self.revision = revision
  }

  /// Reads a description; nil when it is none.
  package init?(_ text: some StringProtocol) {
    let parts = String(text).split(separator: "/", omittingEmptySubsequences: false)
      .map { String($0) }
    guard parts.count == 3, !parts.contains("") else { return nil }
    self.init(DeploymentName(namespace: parts[0], name: parts[1]), Revision.ID(parts[2]))
  }

  package static func < (left: ServerKey, right: ServerKey) -> Bool {
    (left.deployment, left.revision) < (right.deployment, right.revision)
  }

  /// The Envoy cluster that counts its inferences, or everything else that it is asked.
  ///
  /// "payments/fraud-detector/3f9c2a71d0/other": four parts, so that no description is taken for it.
  package func cluster(of kind: RequestKind) -> String {
    switch kind {
    case .inferences: description
    case .others: "\(description)/\(Self.others)"
    }
  }

  /// The Envoy cluster by which copies of inferences are on their way to it, which counts nothing of it.
  package var copyCluster: String { "\(description)/\(Self.copies)" }

  private static let others = "other"
  private static let copies = "copy"

  /// Reads the name of a cluster; nil when it is that of no server.
  package static func parse(cluster name: some StringProtocol) -> (ServerKey, RequestKind)? {
    if let key = ServerKey(name) { return (key, .inferences) }
    guard name.hasSuffix("/\(others)"), let key = ServerKey(name.dropLast(others.utf8.count + 1))
    else { return nil }
    return (key, .others)
  }

  /// Reads the name of a cluster of copies; nil when it is another one's.
  package init?(copyCluster name: some StringProtocol) {
    guard name.hasSuffix("/\(Self.copies)") else { return nil }
    self.init(name.dropLast(Self.copies.utf8.count + 1))
  }

  /// Refuses a name that would mean something else in a path, a URL or Envoy's configuration.
  ///
  /// Manifests are checked long before; this is the second lock on the door.
  package func validate() throws {
    for part in [deployment.namespace, deployment.name, revision.description] {
      let isName = part.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        case UInt8(ascii: "."): part.utf8.first != UInt8(ascii: ".")
        default: false
        }
      }
      guard isName, (1...253).contains(part.utf8.count) else {
        throw LocalRuntimeError(
          .refused, "serve \(deployment)", "\(part.debugDescription) is no name")
      }
    }
  }
}

extension UInt8 {
  /// The two hexadecimal digits of a byte.
  var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}
