import Analysis

/// That the server of a revision ended by itself: how the last time, and how often.
///
/// It is told as long as the revision is loaded, so that a look that was missed loses nothing.
package struct Crash: Equatable, Sendable, Codable {
  /// How often, since the revision was loaded.
  package let count: Int
  /// When it was last found to have ended.
  package let at: Instant
  /// What it exited with; nil when a signal is known to have ended it, or nothing is known.
  package let exitCode: Int?
  /// The signal that ended it; beside an exit code, the one that it may have been.
  package let signal: Int?
  /// Whether the kernel counted a kill for want of memory when this signal came.
  package let isOutOfMemory: Bool
  /// The last words in its log, fit to be shown: a model's own text, which no code reads.
  package let detail: String?

  private enum CodingKeys: String, CodingKey {
    case count, at, exitCode, signal, detail, isOutOfMemory = "outOfMemory"
  }

  /// As much as a person reads in a line.
  private static let longestDetail = 200

  package init(
    count: Int, at: Instant, exitCode: Int?, signal: Int?, isOutOfMemory: Bool, detail: String?
  ) {
    self.count = count
    self.at = at
    self.exitCode = exitCode
    self.signal = signal
    self.isOutOfMemory = isOutOfMemory
    self.detail = detail.map { String($0.unicodeScalars.prefix(Self.longestDetail)) }
  }
}

extension Crash {
  /// Returns the ends of several servers of one revision as one: how the newest came about, and how
  /// many there were; nil without any.
  package static func together(_ crashes: [Crash]) -> Crash? {
    guard let last = crashes.max(by: { $0.at < $1.at }) else { return nil }
    return Crash(
      count: crashes.reduce(0) { $0.adding(saturating: $1.count) }, at: last.at,
      exitCode: last.exitCode, signal: last.signal, isOutOfMemory: last.isOutOfMemory,
      detail: last.detail)
  }
}

extension Rollout {
  /// Why a candidate whose checks failed goes: because its server ended, where the errors came with that
  /// since the candidate has this share; nil when none failed.
  ///
  /// Requests that no server answers are errors, and say nothing of the model's answers.
  func blame(_ reports: [CheckReport], hasWayBack: Bool = true, _ world: Observation) -> Reason? {
    let isForErrors = reports.contains { $0.verdict == .fail && $0.objective.isOfErrors }
    let crash = isForErrors ? world.crash(of: candidate, since: phase.trialSince) : nil
    return reports.breach(isOfServer: crash != nil, hasWayBack: hasWayBack).map(Reason.broken)
  }
}

extension Phase {
  /// Since when the candidate has its share of the traffic; nil without one.
  var trialSince: Instant? {
    switch self {
    case .step(_, _, let since), .baking(_, let since): since
    default: nil
    }
  }
}

extension Observation {
  /// How the server of a revision ended since a moment; nil when it did not.
  func crash(of revision: Revision?, since: Instant?) -> Crash? {
    guard !crashes.isEmpty, let revision, let since, let crash = crashes[revision.id] else {
      return nil
    }
    return crash.at >= since ? crash : nil
  }
}
