package import Foundation
package import Ledger
package import Rollouts

/// Checkpoints as files, replaced by renaming so that one is never half written.
///
/// They are not fsynced: a crash of the controller loses nothing, a power cut falls back to the
/// ledger.
package actor CheckpointFolder: Checkpoints {
  private let folder: URL

  package init(_ folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.removeLeftovers(in: folder)
  }

  /// Removes what a process that died in the middle of a write has left behind.
  ///
  /// Those are files that were to be renamed. Their names begin with a dot, and those of checkpoints
  /// with a letter or a digit.
  private static func removeLeftovers(in folder: URL) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasPrefix(".") {
      try FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }

  package func load(_ deployment: DeploymentName, seq: Int) throws -> [UInt8]? {
    let file = file(deployment, seq)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return Array(try Data(contentsOf: file))
  }

  package func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) throws {
    try write(Data(bytes), to: file(deployment, seq))
  }

  package func lease() throws -> [Claim] { try read(leaseFile) }

  package func setLease(_ claims: [Claim]) throws {
    try write(JSONEncoder().encode(claims), to: leaseFile)
  }

  package func claims() throws -> [Claim] { try read(claimsFile) }

  package func setClaims(_ claims: [Claim]) throws {
    try write(JSONEncoder().encode(claims), to: claimsFile)
  }

  private func read(_ file: URL) throws -> [Claim] {
    guard FileManager.default.fileExists(atPath: file.path) else { return [] }
    return try JSONDecoder().decode([Claim].self, from: Data(contentsOf: file))
  }

  private func write(_ data: Data, to file: URL) throws {
    do {
      try data.write(to: file, options: .atomic)
    } catch {
      throw CheckpointError(file: file.lastPathComponent, cause: error)
    }
  }

  private var leaseFile: URL { folder.appending(path: "lease.json") }
  private var claimsFile: URL { folder.appending(path: "claims.json") }

  package func discard(_ deployment: DeploymentName, except seq: Int) throws {
    let prefix = Self.prefix(deployment)
    let kept = file(deployment, seq).lastPathComponent
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasPrefix(prefix) && name != kept {
      try FileManager.default.removeItem(at: folder.appending(path: name))
    }
  }

  /// A dot cannot occur in a namespace or a name, so no deployment's files are another's.
  private static func prefix(_ deployment: DeploymentName) -> String {
    "\(deployment.namespace).\(deployment.name)."
  }

  private func file(_ deployment: DeploymentName, _ seq: Int) -> URL {
    folder.appending(path: "\(Self.prefix(deployment))\(seq).json")
  }
}

/// A checkpoint that cannot be written, in words that fit into a record: a retreat that was recorded
/// late says why.
struct CheckpointError: Error, CustomStringConvertible {
  let file: String
  let cause: any Error

  var description: String { "write the checkpoint \(file): \(reason)" }

  /// The operating system's own words, when it was the one that refused.
  private var reason: String {
    let underlying = (cause as? CocoaError)?.underlying as? POSIXError
    return underlying.map { String(cString: strerror($0.code.rawValue)) }
      ?? cause.localizedDescription
  }
}
