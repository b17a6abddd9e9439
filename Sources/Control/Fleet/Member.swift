import Ledger
import Encoding
import Rollouts

/// One deployment as the controller holds it: its rollout, and what it needs to look at it again.
struct Member: Sendable {
  var rollout: Rollout
  /// What the rollout was told since its last record.
  var journal: Journal
  /// The counters that have been taken into account, or nil before the first reading.
  var reading: Reading?
  /// The manifest that is being followed.
  var source: SourceReference?
  /// The manifest that the newest record is about.
  var recorded: RecordedManifest?
  /// The number of the newest record; 0 before the first.
  var seq = 0
  /// The newest generation that is recorded; nil before the first.
  private var made: Made?
  /// When the plan in force was first seen to be so.
  var appliedAt: Instant?
  /// The decisions that took effect although they could not be recorded, oldest first.
  var unrecorded: [Unrecorded] = []
  /// What the trainer has not been told yet.
  var request: RetrainingRequest?
  /// The plan that the runtime took last, in this life.
  var applied: Plan?
  /// The name of the runtime that took it.
  var home: String?
  /// When the last checkpoint was written.
  var checkpointed = Instant(milliseconds: 0)
  /// How much of the journal lies where; nil when all of it is to be written.
  var kept: Kept?

  /// A generation, and the number on the branch of the record that made it.
  private struct Made: Sendable {
    let generation: Int
    /// nil when an earlier life may have made it: the newest record then tells of no more than a hold.
    let record: Int?
  }

  struct Kept: Sendable {
    let seq: Int
    let part: String
    let mark: Journal.Mark
  }

  struct Reading: Equatable, Sendable, Codable {
    var counters: CounterReading
    /// What had been sampled, when anything is.
    var samples: SampleReading?
  }

  struct SampleReading: Equatable, Sendable, Codable {
    var epoch: String
    var counts: [String: SampleCounts]
  }

  /// What survives a crash between two decisions, beside the lines of the journal.
  struct Checkpoint: Codable {
    let rollout: Rollout
    let reading: Reading?
    let unrecorded: [Unrecorded.Stored]
    let journal: Journal.Stored
    /// Where the journal's lines lie.
    let part: String
    let request: RetrainingRequest?
    /// The digest of the record that it follows: another ledger's checkpoint is not ours.
    let follows: String?
  }

  init(rollout: Rollout) {
    self.rollout = rollout
    journal = Journal(after: rollout)
  }

  /// Notes the newest record that is there: it made its generation, unless the one before it had the same.
  mutating func note(record: Int, of generation: Int) {
    guard made?.generation != generation else { return }
    made = Made(generation: generation, record: record)
  }

  /// Notes the newest record of another life: where it moved the rollout it made its generation.
  mutating func note(resumed record: Record) {
    made = Made(
      generation: record.generation, record: record.from == record.to ? nil : record.ledgerSeq)
  }

  /// The number of the record that made a generation; nil when it is not there, or not known.
  func record(of generation: Int) -> Int? {
    made.flatMap { $0.generation == generation ? $0.record : nil }
  }

  /// Tells the rollout what is, and remembers what it was told.
  mutating func advance(_ world: Observation) -> Decision? {
    let world = world.reduced(for: rollout)
    journal.note(.observation(world))
    return rollout.advance(world)
  }

  /// Goes on after a time in which nobody looked.
  mutating func wake(at now: Instant) {
    journal.note(.wake(now))
    rollout.wake(at: now)
  }

  /// Returns what was counted since the last reading, and moves on to this one; nil when it is no
  /// newer, or too old to be data.
  ///
  /// The first reading of all counts nothing, since it is not known what it belongs to.
  mutating func take(
    _ counters: Counters, _ samples: Samples?, at now: Instant
  ) -> [Revision.ID: Counts]? {
    guard !counters.isStale(of: rollout.name, at: now) else { return nil }
    guard var reading else {
      reading = Reading(
        counters: CounterReading(counters, of: rollout.name), samples: samples?.reading)
      return [:]
    }
    let loaded = Set(rollout.plan.loaded.map(\.id))
    let counted = reading.counters.move(
      to: counters, of: rollout.name, keeping: loaded, at: now)
    guard let counted else { return nil }
    let sampled = samples.map { $0.since(reading.samples) } ?? [:]
    reading.samples = samples?.reading
    self.reading = reading
    return Dictionary(uniqueKeysWithValues: counted.map { ($0, $1.with(sampled[$0])) })
  }

  /// Whether counters are older than the traffic that is to be judged by them.
  ///
  /// A runtime that asks another system for its counts is behind by that system's delay: what such a reading grows by until
  /// the next one holds requests from before the shift, which were split otherwise. So the counting begins with the first
  /// reading from after it.
  func isAhead(of counters: Counters, inForce generation: Int?, at now: Instant) -> Bool {
    guard rollout.checks.countingSince == nil, generation == rollout.generation else {
      return false
    }
    return counters.asOf(of: rollout.name) < appliedAt ?? now
  }

  func checkpoint(following digest: String?, part: String) throws -> [UInt8] {
    let checkpoint = Checkpoint(
      rollout: rollout, reading: reading, unrecorded: unrecorded.map(\.stored),
      journal: journal.stored,
      part: part, request: request, follows: digest)
    return try JSONValue(encoding: checkpoint).file
  }

  /// Goes on from a checkpoint.
  mutating func restore(_ stored: Checkpoint, _ lines: [String]) throws {
    var waiting: [Unrecorded] = []
    for late in stored.unrecorded {
      waiting.append(try Unrecorded(late, after: waiting.last?.rollout ?? rollout))
    }
    unrecorded = waiting
    journal = try Journal(stored.journal, lines: lines, after: waiting.last?.rollout ?? rollout)
    request = stored.request
    rollout = stored.rollout
    reading = stored.reading
  }

  /// Returns the next moment to look: a multiple of the interval, so that all deployments are looked
  /// at together and the counters are read once.
  func nextLook(after now: Instant) -> Instant {
    let interval = (rollout.lookAgain ?? .seconds(5)).inMilliseconds
    return Instant(milliseconds: (now.milliseconds / interval + 1) * interval)
  }
}

extension Member.Checkpoint {
  init(_ bytes: [UInt8]) throws { self = try JSONValue(file: bytes).decoded(as: Self.self) }
}

extension Member.Reading {
  /// Whether the other holds as much, whenever it was read: then a crash would lose nothing.
  func isWorth(_ other: Self?) -> Bool {
    counters.entries == other?.counters.entries && samples == other?.samples
  }
}

extension Samples {
  /// What survives a crash.
  fileprivate var reading: Member.SampleReading {
    Member.SampleReading(
      epoch: epoch,
      counts: Dictionary(uniqueKeysWithValues: revisions.map { ($0.key.description, $0.value) }))
  }

  /// Returns what was sampled since an earlier reading, or since these counts began.
  fileprivate func since(_ earlier: Member.SampleReading?) -> [Revision.ID: SampleCounts] {
    let old = earlier.flatMap { $0.epoch == epoch ? $0.counts : nil } ?? [:]
    return Dictionary(
      uniqueKeysWithValues: revisions.map { ($0.key, $0.value.since(old[$0.key.description])) })
  }
}

extension Member {
  /// Whether there is anything to drain when the manifest disappears.
  var isAlive: Bool {
    switch rollout.phase {
    case .retired, .retiring: false
    case .idle: rollout.deployment != nil
    default: true
    }
  }

  var isAtRest: Bool {
    switch rollout.phase {
    case .retired: true
    case .idle: !hasSomethingToAdmit
    case .healthy: appliedAt != nil
    default: !rollout.holds.isEmpty || (rollout.phase.isReturning && rollout.alert != nil)
    }
  }

  /// Whether the manifest asks for something that was neither tried nor refused.
  private var hasSomethingToAdmit: Bool {
    guard let deployment = rollout.deployment else { return false }
    return !deployment.suspended && rollout.refused != deployment.revision.id
      && !rollout.holds.contains(.group)
  }
}

extension Decision {
  /// Keeps an answer that counted as an error, when errors are what was decided on.
  mutating func keepError(of state: RuntimeState?) {
    guard isForErrors, let id = revision?.id else { return }
    errorSample = state?.errorSamples[id]
  }

  /// Keeps which requests are answered otherwise, when pairs of answers are what was decided on, too.
  mutating func keepDifferences(of samples: Samples?) {
    guard isOnPairs, let id = revision?.id else { return }
    differences = samples?.differences[id]
  }
}
