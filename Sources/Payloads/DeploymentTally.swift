import Control
import Profiles
import Rollouts

/// What is counted of one deployment, as its plan says.
///
/// A value that is changed in place, by the one worker of an intake.
struct DeploymentTally {
  /// As it was when the counts began: its arms may be others by now.
  let plan: SamplePlan
  let epoch: String
  private let features: Columns
  private let outputs: Columns
  private let judge: Judge
  private let mostRevisions: Int
  private var revisions: [Revision.ID: RevisionTally] = [:]
  /// Lost before any revision was seen.
  private var lostBefore = 0
  private(set) var predictions: RecentPredictions

  /// A revision that was not seen for so long can make room for another.
  private static let quiet = Duration.seconds(3600)

  init(_ plan: SamplePlan, epoch: String, limits: IntakeLimits) {
    (self.plan, self.epoch, mostRevisions) = (plan, epoch, limits.revisions)
    features = Columns(plan.profile.features)
    outputs = Columns(plan.profile.outputs)
    judge = Judge(plan.profile.outputs)
    predictions = RecentPredictions(
      maturity: plan.maturity, most: limits.predictions, mostLabels: limits.labels)
  }

  mutating func limit(_ limits: IntakeLimits) {
    (predictions.most, predictions.mostLabels) = (limits.predictions, limits.labels)
  }

  func samples() -> Samples {
    Samples(epoch: epoch, revisions: revisions.mapValues { $0.counts(features, outputs) })
  }

  /// Counts lost events against every revision: nobody knows whose they were.
  mutating func lose(_ count: Int) {
    if revisions.isEmpty { lostBefore += count }
    for revision in revisions.keys { revisions[revision]?.dropped += count }
  }

  /// Judges the predictions whose label would be known by now.
  mutating func mature(at now: Instant) {
    predictions.mature(at: now) { [judge] prediction in
      guard let answer = prediction.answer, let label = prediction.label else { return }
      revisions[prediction.revision]?.labelled += 1
      revisions[prediction.revision]?.wrong += judge.wrong(answer, label: label)
    }
  }

  mutating func take(_ label: Label, at now: Instant, _ statistics: inout IntakeStatistics) {
    guard let answer = judge.answer(label.value) else {
      statistics.labels.unusable += 1
      return
    }
    switch predictions.join(answer, to: RecentPredictions.key(of: label.requestID), at: now) {
    case .joined: statistics.labels.joined += 1
    case .waiting: statistics.labels.waiting += 1
    case .doubled: statistics.labels.doubled += 1
    case .late: statistics.labels.late += 1
    }
  }
}

// Events.

extension DeploymentTally {
  mutating func take(
    _ event: PayloadEvent, at now: Instant, _ reader: inout PayloadReader,
    _ statistics: inout IntakeStatistics
  ) {
    let key = RecentPredictions.key(of: event.requestID)
    if predictions.contains(key) {
      statistics.replayed += 1
      return
    }
    guard var tally = takeOut(event.revision, at: now) else {
      statistics.dropped += 1
      return lose(1)
    }
    let answer = count(event, in: &tally, &reader, &statistics)
    revisions[event.revision] = tally
    statistics.events += 1
    guard !event.requestID.isEmpty else { return }
    predictions.remember(key, at: event.at, now: now, revision: event.revision, answer: answer)
  }

  /// Takes the revision's counts out to change them; nil when there are too many revisions.
  private mutating func takeOut(_ revision: Revision.ID, at now: Instant) -> RevisionTally? {
    if var tally = revisions.removeValue(forKey: revision) {
      tally.latest = now
      return tally
    }
    if revisions.count >= mostRevisions {
      guard let oldest = revisions.min(by: { $0.value.latest < $1.value.latest }),
        now.since(oldest.value.latest) > Self.quiet
      else { return nil }
      revisions[oldest.key] = nil
    }
    var tally = RevisionTally(bins: features.bins + outputs.bins, at: now)
    swap(&tally.dropped, &lostBefore)
    return tally
  }

  /// Counts both halves, and returns what was predicted.
  private func count(
    _ event: PayloadEvent, in tally: inout RevisionTally, _ reader: inout PayloadReader,
    _ statistics: inout IntakeStatistics
  ) -> Loss.Answer? {
    let isAnswered = event.status < 400
    let isComplete = event.request != nil && (event.response != nil || !isAnswered)
    if !isComplete { tally.dropped += 1 }
    if event.request != nil || (isAnswered && event.response != nil) { tally.requests += 1 }
    var answer: Loss.Answer?
    if let request = event.request {
      let isGood = read(request, .request, &tally, &reader, &statistics) { _, _ in }
      if !isGood { tally.badInputs += 1 }
    }
    if isAnswered, let response = event.response {
      let isGood = read(response, .response, &tally, &reader, &statistics) { reader, places in
        answer = judge.prediction(in: reader, places)
      }
      if !isGood { tally.badOutputs += 1 }
    }
    return answer
  }

  /// Returns whether the body can be read and keeps the profile's contract.
  private func read(
    _ body: [UInt8], _ side: PayloadReader.Side, _ tally: inout RevisionTally,
    _ reader: inout PayloadReader, _ statistics: inout IntakeStatistics,
    then use: (borrowing PayloadReader, ColumnPlaces) -> Void
  ) -> Bool {
    let columns = side == .request ? features : outputs
    if columns.all.isEmpty { return true }
    defer { reader.release() }
    do throws(PayloadError) {
      try reader.read(body, side, columns)
      let places = try columns.places(in: reader)
      use(reader, places)
      let start = side == .request ? 0 : features.bins
      return columns.count(places, in: reader, into: &tally.bins, from: start)
    } catch {
      statistics.unreadable[error.kind, default: 0] += 1
      return false
    }
  }
}

extension Columns {
  /// Counts every value, and returns whether all of them keep the contract.
  func count(
    _ places: ColumnPlaces, in reader: borrowing PayloadReader, into bins: inout [Int],
    from start: Int
  ) -> Bool {
    var isGood = true
    for (column, place) in zip(all, places.places) {
      for row in 0..<places.rows {
        let hit =
          place.map { column.hit(at: $0.start + row * $0.stride, in: reader) }
          ?? column.missing
        bins[start + column.firstBin + hit.bin] += 1
        if hit.isBad { isGood = false }
      }
    }
    return isGood
  }
}
