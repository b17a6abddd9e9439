import Foundation
import Inferences
import Rollouts

/// Requests that a team has recorded: a file with the body of one V2 request on each line.
///
/// The file is fetched as models are, and never leaves this machine: the ledger and the manifest know its digest alone.
package enum RecordedRequests {
  /// What is read of a file at most, in bytes.
  static let mostBytes = 16 << 20

  /// Returns the bodies on the first 256 lines that hold any.
  ///
  /// - Throws: `LocalRuntimeError` when there is none, or a line holds something else.
  package static func bodies(of path: String) throws -> [[UInt8]] {
    let bytes = try Files.piece(of: path, from: 0, atMost: mostBytes)
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The last line of a file that is longer than what was read is cut.
    let whole = bytes.count == mostBytes ? lines.dropLast() : lines[...]
    var bodies: [[UInt8]] = []
    for (index, line) in whole.enumerated() where line.contains(where: { $0 > 0x20 }) {
      guard isRequest(line) else { throw problem("line \(index + 1) is no V2 request") }
      bodies.append(Array(line))
      if bodies.count == LoadRequests.most { break }
    }
    guard !bodies.isEmpty else { throw problem("there is no request in the file") }
    return bodies
  }

  private static func isRequest(_ line: ArraySlice<UInt8>) -> Bool {
    let body = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
    return body?["inputs"] is [Any]
  }

  private static func problem(_ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.artifact, "read the recorded requests", message)
  }
}

extension ModelServer {
  /// Fetches recorded requests and reads them; what was fetched is kept no longer.
  func recordedBodies(_ recorded: LoadTest.Recorded) async throws -> [[UInt8]] {
    let file = Model(
      version: "", uri: recorded.uri, digest: recorded.digest, format: "", smoke: nil, retry: 0)
    // Each replica holds it by itself: the first to be done takes it from nobody.
    let user = ServerKey(key.deployment, Revision.ID("\(key.revision)-load-\(replica)"))
    let artifact = try await whenThere(file) { try await parts.store.fetch(file, for: user) }
    let bodies = Result { try RecordedRequests.bodies(of: artifact.path) }
    try await parts.store.release(user)
    return try bodies.get()
  }
}
