import Analysis
import Profiles

/// Whether the traffic, or what is answered to it, is like the training data.
///
/// The traffic is watched as long as a profile is in force, over all rollouts, since it concerns whatever
/// serves; the answers, when that is asked, of what serves alone. Either blames nobody.
package struct ProfileDrift: Equatable, Sendable, Codable {
  private let subject: DriftReport.Subject
  /// Whose answers; nil for the inputs.
  private let revision: Revision.ID?
  /// Of the profile.
  private let digest: String
  private let settings: ObjectiveTest.Settings
  private var tests: FeatureTests<DriftDetector>
  /// Of each feature what was asked since it began to move, or in the last look.
  private var recent: [BinCounts]
  private var samples = 0
  private var saying: Saying?

  /// A drift that was said and is not over: how many looks it must be quiet for that, and how many it
  /// has been.
  private struct Saying: Equatable, Sendable, Codable {
    let looks: Int
    var quiet = 0
    /// When it was said for the first time, and for the last.
    let first: Instant
    let last: Instant
  }

  /// Watches what the profile says of the subject.
  ///
  /// - Returns: nil when nothing is asked, or the profile does not say.
  init?(
    _ subject: DriftReport.Subject, _ drift: DriftSettings?, _ settings: ObjectiveTest.Settings,
    of revision: Revision.ID? = nil
  ) {
    guard let columns = drift?.columns(of: subject), let gate = drift?.gate(of: subject),
      !columns.isEmpty
    else { return nil }
    (self.subject, self.revision) = (subject, revision)
    digest = drift?.digest ?? ""
    self.settings = settings.tolerating(gate.tolerance)
    tests = FeatureTests(self.settings, bins: columns.map(\.bins))
    recent = columns.map { _ in .none }
  }

  /// Whether it watches exactly this.
  func watches(
    _ drift: DriftSettings?, _ settings: ObjectiveTest.Settings, of revision: Revision.ID? = nil
  ) -> Bool {
    guard let drift, let gate = drift.gate(of: subject) else { return false }
    return self.revision == revision && digest == drift.digest
      && self.settings == settings.tolerating(gate.tolerance)
  }

  /// Takes what was seen in one look into account.
  ///
  /// - Parameters:
  ///   - arms: What each arm was asked and answered since the last look.
  ///   - drift: With the profile.
  ///   - now: The time.
  mutating func look(_ arms: [SampleCounts], _ drift: DriftSettings, at now: Instant) {
    let features = drift.columns(of: subject)
    guard !arms.isEmpty, arms.allSatisfy({ $0.dropped == 0 }), features.count == recent.count
    else { return }
    var asked = features.map { _ in BinCounts.none }
    for arm in arms {
      let counts = subject == .inputs ? arm.features : arm.outputs
      guard let counts = BinCounts.all(counts, of: features) else { return }
      asked = zip(asked, counts).map { $0 + $1 }
    }
    tests.look(asked.map { BinArms(candidate: $0) }, against: features.map(\.reference))
    saying?.quiet += 1
    if let saying, hasMoved, !isToBeSaid(at: now) { begin(saying.first, saying.last) }
    for index in recent.indices {
      let isQuiet = tests.features[index].looksSinceChange == 0
      recent[index] = isQuiet ? asked[index] : recent[index] + asked[index]
    }
    samples = recent.reduce(0) { max($0, $1.total) }
  }

  /// Whether the evidence is such that it comes up by chance once a month.
  var hasMoved: Bool { tests.logE >= Analysis.log(settings.averageRunLength) }

  package var isSaid: Bool { saying != nil }

  /// Whether people are to be told: once, and again each day on which it comes up again, since whoever
  /// was told may have done nothing, or what was done did not help.
  func isToBeSaid(at now: Instant) -> Bool {
    hasMoved && saying.map { now.since($0.last) >= Self.day } ?? true
  }

  /// The days since it was said first; nil before it was.
  func daysSinceSaid(at now: Instant) -> Int? {
    saying.map { Int(now.since($0.first) / Self.day) }
  }

  /// Notes that it was said.
  mutating func say(at now: Instant) { begin(saying?.first ?? now, now) }

  /// Begins anew: evidence that has grown for long would take as long to vanish.
  private mutating func begin(_ first: Instant, _ last: Instant) {
    let delay = tests.features.map(\.looksSinceChange).max() ?? 0
    let looks = max(Self.quietTime / max(1, settings.look), 2 * delay, saying?.looks ?? 0)
    saying = Saying(looks: looks, first: first, last: last)
    tests = FeatureTests(settings, bins: recent.map(\.counts.count))
  }

  mutating func forget() { saying = nil }

  /// Half an hour, in milliseconds.
  private static let quietTime = 30 * 60_000
  private static let day = Duration.seconds(86_400)

  /// Whether nothing came up again for long enough: for at least twice as long as it took to find.
  var isOver: Bool {
    saying.map { $0.quiet >= $0.looks && tests.logE < Analysis.log(AnalysisSettings.holdBar) }
      ?? false
  }

  /// - Returns: nil when it is not asked any more.
  func report(_ drift: DriftSettings, at now: Instant) -> DriftReport? {
    guard let gate = drift.gate(of: subject) else { return nil }
    let features = drift.columns(of: subject)
    let rows = features.map { $0.counts.reduce(0) { $0.adding(saturating: $1) } }
    return DriftReport(
      subject: subject, action: gate.action, verdict: hasMoved || isSaid ? .fail : .pass,
      samples: samples,
      reference: rows.max() ?? 0, logE: CheckReport.LogE.thousandths(tests.logE),
      move: nil,
      moved: tests.reported(features, look: .milliseconds(settings.look), at: now) { index in
        BinArms(
          candidate: recent[index], stable: BinCounts(features[index].counts) ?? .none)
      })
  }
}

extension DriftSettings {
  func gate(of subject: DriftReport.Subject) -> Gate? {
    switch subject {
    case .predictions: self.predictions
    case .inputs: self.inputs
    case .outputs: self.outputs
    }
  }

  func columns(of subject: DriftReport.Subject) -> [ProfileColumn] {
    subject == .inputs ? self.profile.features : self.profile.outputs
  }
}

extension ProfileColumn {
  /// What the feature's bins are expected to be; nothing is ever at stake where it knows nothing.
  fileprivate var reference: DriftReference {
    BinCounts(counts).flatMap { BinProfile($0) }.map { .profile($0) } ?? .stable
  }
}
