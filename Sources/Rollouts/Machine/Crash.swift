import Analysis

/// That the server of a revision ended by itself: how the last time, and how often.
///
/// It is told as long as the revision is loaded, so that a look that was missed loses nothing.
package struct Crash: Equatable, Sendable, Codable {
  /// How often, since the revision was loaded.
  package let count: Int
  /// When it was last found to have ended.
  package let at: Instant
  /// What it exited with; nil when a signal ended it, or it is not known.
  package let exitCode: Int?
  /// The signal that ended it.
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

// How a crash is told to people.

extension Crash {
  /// "the model server was killed (signal 9, out of memory?) 3 times: "loading the weights"".
  ///
  /// Its last words are cut, so that what was counted fits into the same reason.
  package var summary: String { summary(words: 60) }

  /// The same with so many characters of its last words.
  package func summary(words limit: Int) -> String {
    let times = count == 1 ? "" : " \(count) times"
    return "the model server \(how)\(times)\(words(limit))"
  }

  private var how: String {
    if let signal {
      return "was killed (signal \(signal)\(isOutOfMemory ? ", out of memory?" : ""))"
    }
    return exitCode.map { "ended (exit code \($0))" } ?? "ended"
  }

  private func words(_ limit: Int) -> String {
    guard let detail, !detail.isEmpty else { return "" }
    let short = detail.unicodeScalars.prefix(limit)
    return ": \"\(String(short))\(short.count < detail.unicodeScalars.count ? "…" : "")\""
  }
}

extension Rollout {
  /// Why a candidate whose checks failed goes: of errors, because its server ended, when the runtime
  /// says that it did since the candidate has this share.
  ///
  /// Requests that no server answers are errors, and say nothing of the model's answers.
  func blame(
    _ reports: [CheckReport], saying reason: String, _ world: Observation
  ) -> (cause: Decision.Cause, reason: String) {
    let isForErrors = reports.contains { $0.verdict == .fail && $0.objective.isOfErrors }
    guard isForErrors, let crash = world.crash(of: candidate, since: phase.trialSince) else {
      return (.slo, reason)
    }
    return (.runtime, "\(crash.summary); \(reason)")
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
