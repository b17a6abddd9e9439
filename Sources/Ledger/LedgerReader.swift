import Foundation
import Manifests
package import Rollouts

/// A ledger that cannot be read as one.
package struct LedgerError: Error, Equatable, CustomStringConvertible {
  package let path: String
  package let message: String

  package var description: String { "ledger: \(path): \(message)" }
}

/// A deployment as the ledger left it.
package struct Resumed: Equatable, Sendable {
  package let rollout: Rollout
  package let record: Record
}

/// Reads records back from the branch.
package struct LedgerReader: Sendable {
  private let read: @Sendable (String) async throws -> [UInt8]?
  private let paths: [String]

  /// Creates a reader over the files of one tip.
  ///
  /// - Parameters:
  ///   - paths: All files at the tip.
  ///   - read: Returns the contents of one of them.
  package init(paths: [String], read: @escaping @Sendable (String) async throws -> [UInt8]?) {
    self.paths = paths
    self.read = read
  }

  /// Returns the newest record of every deployment, by name.
  package func newest() async throws -> [Record] { try await newestDecisions().map(\.record) }

  /// The same with the digests that the next records must name.
  package func newestDecisions() async throws -> [RecordedDecision] {
    var decisions: [RecordedDecision] = []
    for path in newestPaths() {
      let bytes = try await contents(of: path)
      let record = try Record(withoutReplay: bytes, at: path)
      decisions.append(RecordedDecision(record: record, digest: Digest(of: bytes).description))
    }
    return decisions
  }

  /// Returns every record of one deployment, oldest first.
  package func history(of name: DeploymentName) async throws -> [Record] {
    let own = paths.compactMap { path in
      LedgerPaths.parseRecord(path).map { (path: path, deployment: $0.deployment, seq: $0.seq) }
    }
    var records: [Record] = []
    for entry in own.filter({ $0.deployment == name }).sorted(by: { $0.seq < $1.seq }) {
      records.append(try await record(at: entry.path).record)
    }
    return records
  }

  /// Returns the end of the chain, and the state and last record of every deployment.
  package func resume() async throws -> (head: LedgerHead, rollouts: [Resumed]) {
    var head = LedgerHead()
    var rollouts: [Resumed] = []
    if let (epoch, digest) = try await newestEpoch() { head.follow(epoch, digest: digest) }
    for path in newestPaths() {
      let (record, digest) = try await record(at: path)
      head.follow(record, digest: digest)
      rollouts.append(Resumed(rollout: try await state(after: record), record: record))
    }
    return (head, rollouts)
  }

  /// Returns the epoch that the branch is in and the digest of its record; nil when none was claimed.
  package func newestEpoch() async throws -> (epoch: Epoch, digest: String)? {
    guard let number = paths.compactMap(LedgerPaths.parseEpoch).max() else { return nil }
    let path = LedgerPaths.epoch(number)
    let bytes = try await contents(of: path)
    return (try Epoch(file: bytes, at: path), Digest(of: bytes).description)
  }

  /// Returns the end of the branch as a whole.
  package func end() async throws -> BranchEnd {
    var end = BranchEnd()
    if let (epoch, digest) = try await newestEpoch() { end.follow(epoch, digest: digest) }
    for decision in try await newestDecisions() { end.advance(to: decision.record.ledgerSeq) }
    return end
  }

  private func newestPaths() -> [String] {
    var newest: [DeploymentName: (seq: Int, path: String)] = [:]
    for path in paths {
      guard let (deployment, seq) = LedgerPaths.parseRecord(path) else { continue }
      if seq > newest[deployment]?.seq ?? 0 { newest[deployment] = (seq, path) }
    }
    return newest.sorted { $0.key < $1.key }.map(\.value.path)
  }

  private func record(at path: String) async throws -> (record: Record, digest: String) {
    let bytes = try await contents(of: path)
    return (try decode(Record.self, bytes, path), Digest(of: bytes).description)
  }

  private func contents(of path: String) async throws -> [UInt8] {
    guard let bytes = try await read(path) else {
      throw LedgerError(path: path, message: "the record is missing")
    }
    return bytes
  }

  /// Returns the state that a record left: the last one that was recorded, and every look since.
  private func state(after newest: Record) async throws -> Rollout {
    let own = paths.compactMap { path in
      LedgerPaths.parseRecord(path).map { (path: path, deployment: $0.deployment, seq: $0.seq) }
    }
    let byNumber = Dictionary(
      own.filter { $0.deployment == newest.deployment }.map { ($0.seq, $0.path) }
    ) { $1 }
    var replays: [(path: String, replay: Replay)] = []
    for seq in stride(from: newest.seq, to: 0, by: -1) {
      guard let path = byNumber[seq] else {
        throw LedgerError(path: "\(newest.deployment)", message: "decision \(seq) is missing")
      }
      let replay = try await replay(at: path)
      replays.append((path, replay))
      if replay.state != nil { break }
    }
    return try Self.state(of: newest.deployment, after: replays.reversed())
  }

  private static func state(
    of name: DeploymentName, after replays: [(path: String, replay: Replay)]
  ) throws -> Rollout {
    var rollout = Rollout(name: name)
    for (path, replay) in replays {
      do throws(Replay.Unreadable) {
        if let state = replay.state {
          rollout = state
        } else {
          rollout = try replay.run(after: rollout).end
        }
      } catch {
        throw LedgerError(path: path, message: "\(error)")
      }
    }
    return rollout
  }

  private func replay(at path: String) async throws -> Replay {
    let record = try await record(at: path).record
    if let replay = record.replay { return replay }
    let path = LedgerPaths.evidence(ofRecordAt: path)
    guard let bytes = try await read(path) else {
      throw LedgerError(path: path, message: "the evidence is missing")
    }
    guard Digest(of: bytes).description == record.evidence else {
      throw LedgerError(path: path, message: "the evidence is not what the record says it is")
    }
    return try decode(Replay.self, bytes, path)
  }

  private func decode<Value: Decodable>(
    _ type: Value.Type, _ bytes: [UInt8], _ path: String
  ) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw LedgerError(
        path: path, message: "this is not a \(type) this version can read: \(error)")
    }
  }
}
