package import Foundation
package import Ledger
package import Rollouts

/// Checkpoints as files, replaced by renaming so that one is never half written; the lines beside one are
/// added to a file of their own.
///
/// They are not fsynced: a crash of the controller loses nothing, a power cut falls back to the
/// ledger.
package actor CheckpointFolder: Checkpoints {
  private let folder: URL
  /// The names of the files of each deployment, by what they begin with: a folder of ten thousand is listed
  /// once.
  private var files: [Substring: Set<String>]

  package init(_ folder: URL) throws {
    self.folder = folder
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Self.removeLeftovers(in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    files = Dictionary(grouping: names, by: Self.prefix).mapValues { Set($0) }
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

  package func lines(of deployment: DeploymentName, seq: Int, part: String) throws -> [String] {
    let file = linesFile(deployment, seq, part)
    guard FileManager.default.fileExists(atPath: file.path) else { return [] }
    let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  package func write(
    _ lines: [String], addingTo adds: Bool, for deployment: DeploymentName, seq: Int, part: String
  ) throws {
    let file = linesFile(deployment, seq, part)
    let data = Data(lines.map { $0 + "\n" }.joined().utf8)
    guard adds else { return try write(data, to: file) }
    do {
      let handle = try FileHandle(forWritingTo: file)
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: data)
    } catch {
      throw CheckpointError(file: file.lastPathComponent, cause: error)
    }
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
      files[Self.prefix(file.lastPathComponent), default: []].insert(file.lastPathComponent)
      try data.write(to: file, options: .atomic)
    } catch {
      throw CheckpointError(file: file.lastPathComponent, cause: error)
    }
  }

  private var leaseFile: URL { folder.appending(path: "lease.json") }
  private var claimsFile: URL { folder.appending(path: "claims.json") }

  package func discard(_ deployment: DeploymentName, except seq: Int, part: String?) throws {
    let kept = [file(deployment, seq), part.map { linesFile(deployment, seq, $0) }]
      .compactMap { $0?.lastPathComponent }
    let prefix = Self.prefix(kept[0])
    for name in (files[prefix] ?? []).subtracting(kept).sorted() {
      let path = folder.appending(path: name).path
      if FileManager.default.fileExists(atPath: path) {
        try FileManager.default.removeItem(atPath: path)
      }
      files[prefix]?.remove(name)
    }
  }

  /// What all names of one deployment's files begin with.
  ///
  /// A dot cannot occur in a namespace or a name, so no deployment's files are another's.
  private static func prefix(_ file: String) -> Substring {
    let parts = file.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    return parts.count == 3 ? file[..<parts[1].endIndex] : file[...]
  }

  private func file(_ deployment: DeploymentName, _ seq: Int) -> URL {
    folder.appending(path: "\(deployment.namespace).\(deployment.name).\(seq).json")
  }

  private func linesFile(_ deployment: DeploymentName, _ seq: Int, _ part: String) -> URL {
    folder.appending(path: "\(deployment.namespace).\(deployment.name).\(seq).looks-\(part)")
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
