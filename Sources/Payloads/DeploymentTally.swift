import Control
import Profiles
import Rollouts

/// What is counted of one deployment, as its plan says.
///
/// A value that is changed in place, by the one worker of an intake.
struct DeploymentTally {
  private(set) var plan: SamplePlan
  let epoch: String
  private let features: Columns
  private let outputs: Columns
  private let judge: Judge
  private let mostRevisions: Int
  private var revisions: [Revision.ID: RevisionTally] = [:]
  /// Lost before any revision was seen.
  private var lostBefore = 0
  private(set) var predictions: RecentPredictions
  private(set) var waiting: WaitingAnswers
  var entities: SeenEntities
  private var slices: SeenSlices?
  private var mostValues: Int

  /// A revision that was not seen for so long can make room for another.
  private static let quiet = Duration.seconds(3600)

  init(_ plan: SamplePlan, epoch: String, limits: IntakeLimits) {
    (self.plan, self.epoch, mostRevisions) = (plan, epoch, limits.revisions)
    mostValues = limits.values
    features = Columns(plan.profile.features)
    outputs = Columns(plan.profile.outputs)
    judge = Judge(plan.profile.outputs)
    predictions = RecentPredictions(
      maturity: plan.maturity, most: limits.predictions, mostLabels: limits.labels)
    waiting = WaitingAnswers(most: limits.answers, mostBytes: limits.answerBytes)
    entities = SeenEntities(most: limits.entities, mostReports: limits.reports)
    slices = plan.slices.map { SeenSlices($0, most: limits.values) }
  }

  mutating func limit(_ limits: IntakeLimits) {
    (predictions.most, predictions.early.most) = (limits.predictions, limits.labels)
    (waiting.most, waiting.mostBytes) = (limits.answers, limits.answerBytes)
    entities.limit(limits.entities, reports: limits.reports)
    mostValues = limits.values
    slices?.limit(limits.values)
  }

  /// Goes on with a plan that continues the one before; other arms are compared from now on.
  mutating func goOn(with next: SamplePlan) {
    if next != plan { waiting.giveUpAll() }
    if !next.isSameTest(as: plan) { entities.forgetAll() }
    if !next.hasSameSlices(as: plan) { beginSlices(next) }
    plan = next
  }

  /// Tells values apart anew: those of another candidate's time are no reason to have no room for others.
  private mutating func beginSlices(_ plan: SamplePlan) {
    slices = plan.slices.map { SeenSlices($0, most: mostValues) }
    for revision in revisions.keys { revisions[revision]?.forgetSlices() }
  }

  func samples() -> Samples {
    Samples(
      epoch: epoch, revisions: revisions.mapValues { $0.counts(features, outputs, slices) },
      differences: revisions.compactMapValues {
        $0.pairsByInput?.report(features, of: plan.profile.features)
      })
  }

  /// Counts lost events against every revision: nobody knows whose they were.
  mutating func lose(_ count: Int) {
    if revisions.isEmpty { lostBefore += count }
    for revision in revisions.keys { revisions[revision]?.dropped += count }
  }

  /// Judges the predictions whose label would be known by now.
  mutating func mature(at now: Instant) {
    waiting.giveUp(at: now)
    entities.giveUp(at: now)
    predictions.mature(at: now) { [judge] answered, label in
      guard let answer = answered.answer else { return }
      revisions[answered.revision]?.labelled += 1
      revisions[answered.revision]?.wrong += judge.wrong(answer, label: label)
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
    _ event: PayloadEvent, at now: Instant, _ readers: inout Readers,
    _ statistics: inout IntakeStatistics
  ) {
    let key = RecentPredictions.key(of: event.requestID)
    if predictions.contains(key, of: event.revision) {
      statistics.replayed += 1
      return
    }
    guard var tally = takeOut(event.revision, at: now) else {
      statistics.dropped += 1
      return lose(1)
    }
    let answer = count(event, in: &tally, &readers.payloads, &readers.inputs, &statistics)
    see(event, in: &tally, &statistics.conversions)
    slice(event, in: &tally, &readers.slices)
    revisions[event.revision] = tally
    statistics.events += 1
    guard !event.requestID.isEmpty else { return }
    predictions.remember(
      key, at: event.at, now: now, .init(revision: event.revision, answer: answer))
    if let agreement = plan.agreement {
      pair(event, key, by: agreement, at: now, &readers, &statistics.pairs)
    }
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
    _ inputs: inout InputBins, _ statistics: inout IntakeStatistics
  ) -> Loss.Answer? {
    inputs.begin(bins: features.bins)
    let isAnswered = event.status < 400
    let isComplete = event.request != nil && (event.response != nil || !isAnswered)
    if !isComplete { tally.dropped += 1 }
    if event.request != nil || (isAnswered && event.response != nil) { tally.requests += 1 }
    var answer: Loss.Answer?
    if let request = event.request {
      let isGood = read(request, .request, &tally, &reader, &statistics) { reader, places in
        if plan.agreement != nil { features.note(places, in: reader, into: &inputs) }
      }
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

// Pairs.

/// What a worker reads with: their memory is used again for the next body.
struct Readers {
  var payloads = PayloadReader()
  var answers = AnswerComparison()
  var slices = SliceReader()
  /// Of the request that was read last.
  var inputs = InputBins()
}

extension DeploymentTally {
  /// Compares the answer with the other revision's, or keeps it until that comes.
  private mutating func pair(
    _ event: PayloadEvent, _ key: Int, by agreement: Agreement, at now: Instant,
    _ readers: inout Readers, _ counts: inout PairCounts
  ) {
    guard let candidate = plan.arms[.candidate], let arm = plan.arm(of: event.revision)
    else { return }
    let answer = WaitingAnswers.Answer(arm: arm, said: event.said)
    guard let other = waiting.meet(answer, key, at: now) else { return }
    let outcome = readers.answers.compare(answer, other, by: agreement)
    counts.add(outcome)
    if outcome == .unknown { return }
    // Both were asked the same: whichever request came last says what that was.
    revisions[candidate.id]?.addPair(
      isDifferent: outcome == .different, readers.inputs, of: features.bins)
  }
}

// Slices.

extension DeploymentTally {
  /// Counts how a request of a slice was answered.
  private mutating func slice(
    _ event: PayloadEvent, in tally: inout RevisionTally, _ reader: inout SliceReader
  ) {
    guard let answer = event.sliced, let plan = slices?.plan,
      let value = reader.value(plan.slices.by, of: event, answer),
      let place = slices?.place(of: value)
    else { return }
    tally.add(answer, toSlice: place, plan.edges)
  }
}

// Entities.

extension DeploymentTally {
  /// Counts the entity that was answered, with whatever answer, if it is seen for the first time.
  private mutating func see(
    _ event: PayloadEvent, in tally: inout RevisionTally, _ counts: inout ConversionCounts
  ) {
    guard plan.goal != nil, let arm = plan.entityArm(of: event.revision) else { return }
    tally.addEntities()
    guard let entity = event.entity, let since = plan.goalSince, event.at >= since else { return }
    switch entities.see(SeenEntities.key(of: entity), with: arm, plan.thinning) {
    case .first(let hasReached):
      tally.addEntities(seen: 1, reached: hasReached ? 1 : 0)
      if hasReached { counts.joined += 1 }
    case .known: break
    case .turnedAway: counts.turnedAway += 1
    }
  }

  mutating func take(
    _ conversion: Conversion, at now: Instant, _ counts: inout ConversionCounts
  ) {
    guard conversion.metric == plan.goal?.metric else { return counts.otherMetric += 1 }
    switch entities.reach(SeenEntities.key(of: conversion.entity), at: now) {
    case .reached(let arm):
      counts.joined += 1
      let place = Int(arm.place)
      guard plan.entityArms.indices.contains(place) else { return }
      revisions[plan.entityArms[place]]?.addEntities(reached: 1)
    case .waiting: break
    case .doubled: counts.doubled += 1
    }
  }
}

extension PayloadEvent {
  fileprivate var said: WaitingAnswers.Said {
    switch status {
    case ..<400: .answer(response)
    case 400..<500: .refusal
    default: .failure
    }
  }
}

extension PairCounts {
  fileprivate mutating func add(_ outcome: AnswerComparison.Outcome) {
    switch outcome {
    case .same: same += 1
    case .different: different += 1
    case .unknown: incomparable += 1
    }
  }
}

extension SamplePlan {
  fileprivate func arm(of revision: Revision.ID) -> Arm? {
    arms.first { $0.value.id == revision }?.key
  }

  fileprivate func entityArm(of revision: Revision.ID) -> EntityArm? {
    entityArms.firstIndex(of: revision).map { EntityArm(place: UInt8($0)) }
  }

  /// Whether entities that the other one counted must not count again.
  fileprivate func isSameTest(as other: SamplePlan) -> Bool {
    goal?.metric == other.goal?.metric && goalShare == other.goalShare
      && entityArms == other.entityArms
  }

  /// Whether slices that the other one counted go on to count.
  fileprivate func hasSameSlices(as other: SamplePlan) -> Bool {
    slices == other.slices && hasSameArms(as: other)
  }

  private func hasSameArms(as other: SamplePlan) -> Bool {
    arms.mapValues(\.id) == other.arms.mapValues(\.id)
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
