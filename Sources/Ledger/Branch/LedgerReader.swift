import Encoding
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
  /// Where each decision lies, by its number.
  private let records: [DeploymentName: [Int: String]]

  /// Creates a reader over the files of one tip.
  ///
  /// - Parameters:
  ///   - paths: All files at the tip.
  ///   - read: Returns the contents of one of them.
  package init(paths: [String], read: @escaping @Sendable (String) async throws -> [UInt8]?) {
    self.paths = paths
    self.read = read
    var records: [DeploymentName: [Int: String]] = [:]
    for path in paths {
      guard let (deployment, seq) = LedgerPaths.parseRecord(path) else { continue }
      records[deployment, default: [:]][seq] = path
    }
    self.records = records
  }

  /// Returns the newest record of every deployment, by name.
  package func newest() async throws -> [Record] { try await newestDecisions().map(\.record) }

  /// Returns the newest decisions with the digests that the next records must name.
  package func newestDecisions() async throws -> [RecordedDecision] {
    var decisions: [RecordedDecision] = []
    for path in newestPaths() {
      try Task.checkCancellation()
      decisions.append(try await decision(at: path))
    }
    return decisions
  }

  /// Returns every record of one deployment, oldest first.
  package func history(of name: DeploymentName) async throws -> [Record] {
    var decisions: [Record] = []
    for (_, path) in (records[name] ?? [:]).sorted(by: { $0.key < $1.key }) {
      decisions.append(try await decision(at: path).record)
    }
    return decisions
  }

  /// Returns the end of the chain, and the state and last record of every deployment.
  package func resume() async throws -> (head: LedgerHead, rollouts: [Resumed]) {
    let newest = try await newestDecisions()
    let head = LedgerHead(end: try await end(with: newest), newest: newest)
    var rollouts: [Resumed] = []
    for decision in newest {
      try Task.checkCancellation()
      let rollout = try await state(after: decision.record)
      rollouts.append(Resumed(rollout: rollout, record: decision.record))
    }
    return (head, rollouts)
  }

  /// Returns the epoch that the branch is in and the digest of its record; nil when none was claimed.
  package func newestEpoch() async throws -> (epoch: Epoch, digest: String)? {
    guard let number = paths.compactMap(LedgerPaths.parseEpoch).max() else { return nil }
    return try await milestone(Epoch.self, at: LedgerPaths.epoch(number))
  }

  private func newestSeal() async throws -> (seal: Seal, digest: String)? {
    guard let day = paths.compactMap(LedgerPaths.parseSeal).max() else { return nil }
    return try await milestone(Seal.self, at: LedgerPaths.seal(day))
  }

  private func milestone<Kind: Milestone>(
    _ kind: Kind.Type, at path: String
  ) async throws -> (Kind, digest: String) {
    let bytes = try await contents(of: path)
    return (try Kind(file: bytes, at: path), Digest(of: bytes).description)
  }

  /// Returns the end of the branch as a whole.
  package func end() async throws -> BranchEnd {
    try await end(with: try await newestDecisions())
  }

  private func end(with newest: [RecordedDecision]) async throws -> BranchEnd {
    let seal = try await newestSeal()
    let entries = try await entries(behind: seal?.seal.ledgerSeq ?? 0, newest)
    return BranchEnd(seal: seal, epoch: try await newestEpoch(), entries: entries)
  }

  /// Returns the records behind a number of the branch, in the order of their numbers.
  private func entries(
    behind sealed: Int, _ newest: [RecordedDecision]
  ) async throws -> [SealedEntry] {
    var entries: [SealedEntry] = []
    for decision in newest { entries += try await self.entries(behind: sealed, from: decision) }
    let (epochs, adoptions) = (
      paths.filter { LedgerPaths.parseEpoch($0) != nil },
      paths.filter { LedgerPaths.parseAdoption($0) != nil }
    )
    entries += try await milestones(Epoch.self, at: epochs, behind: sealed)
    entries += try await milestones(Adoption.self, at: adoptions, behind: sealed)
    return entries.sorted { $0.ledgerSeq < $1.ledgerSeq }
  }

  /// Returns the newest record of a deployment and those before it, back to a number of the branch.
  private func entries(
    behind sealed: Int, from newest: RecordedDecision
  ) async throws -> [SealedEntry] {
    var entries: [SealedEntry] = []
    var decision = newest
    while decision.record.ledgerSeq > sealed {
      entries.append(SealedEntry(decision))
      let before = decision.record.seq - 1
      guard let path = records[decision.record.deployment]?[before] else { break }
      decision = try await self.decision(at: path)
    }
    return entries
  }

  /// Returns the milestones of one kind, whose paths are in the order of their numbers.
  private func milestones<Kind: Milestone>(
    _ kind: Kind.Type, at paths: [String], behind sealed: Int
  ) async throws -> [SealedEntry] {
    var entries: [SealedEntry] = []
    for path in paths.sorted().reversed() {
      let (milestone, digest) = try await milestone(kind, at: path)
      guard milestone.ledgerSeq > sealed else { break }
      entries.append(SealedEntry(milestone, digest: digest))
    }
    return entries
  }

  private func newestPaths() -> [String] {
    records.sorted { $0.key < $1.key }.compactMap { $0.value.max { $0.key < $1.key }?.value }
  }

  private func decision(at path: String) async throws -> RecordedDecision {
    let bytes = try await contents(of: path)
    let record = try Record(withoutReplay: bytes, at: path)
    return RecordedDecision(record: record, digest: Digest(of: bytes).description)
  }

  private func contents(of path: String) async throws -> [UInt8] {
    guard let bytes = try await read(path) else {
      throw LedgerError(path: path, message: "the record is missing")
    }
    return bytes
  }

  /// Returns the state that a record left: the last one that is written down, and every look since.
  private func state(after newest: Record) async throws -> Rollout {
    let version = newest.engine.decisionVersion
    guard Engine.all.rules(of: version) != nil else {
      throw LedgerError(
        path: "\(newest.deployment)",
        message: "decision \(newest.seq) was made by rules \(version), which this version does "
          + "not know; serin \(newest.controller.version) made it, and that or a later one can go on"
      )
    }
    var replays: [(path: String, replay: Replay)] = []
    for seq in stride(from: newest.seq, to: 0, by: -1) {
      guard let path = records[newest.deployment]?[seq] else {
        throw LedgerError(path: "\(newest.deployment)", message: "decision \(seq) is missing")
      }
      let replay = try await replay(at: path)
      replays.append((path, replay))
      if replay.holdsState { break }
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

  /// Returns what a record's decision is derived from: in the record itself, or in the file beside it.
  private func replay(at path: String) async throws -> Replay {
    let bytes = try await contents(of: path)
    let record = try Record(withoutReplay: bytes, at: path)
    guard let digest = record.evidence else {
      return try Replay(json: (try? JSONValue(file: bytes))?["replay"], at: path)
    }
    let path = LedgerPaths.evidence(ofRecordAt: path)
    guard let evidence = try await read(path) else {
      throw LedgerError(path: path, message: "the evidence is missing")
    }
    guard Digest(of: evidence).description == digest else {
      throw LedgerError(path: path, message: "the evidence is not what the record says it is")
    }
    return try Replay(json: try? JSONValue(file: evidence), at: path)
  }
}

extension Replay {
  fileprivate init(json: JSONValue?, at path: String) throws(LedgerError) {
    guard let replay = json.flatMap(Replay.init(json:)) else {
      throw LedgerError(path: path, message: "this is not evidence that this version can read")
    }
    self = replay
  }
}
