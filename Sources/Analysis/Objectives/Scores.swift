// Scores from 0 (good) to 1 (bad), such as a loss that is clipped, are tested as requests are. Each
// counts as a million trials, of which as many are bad as its score has millionths. Then the share
// is the mean score, and the bet on it is the bet on a bounded mean (Waudby-Smith and Ramdas 2024).
// Two arms are compared by their parts of all that was lost: fair when the candidate's scores are
// distributed as those of stable, or smaller, or up to the tolerance times as large.

extension Trials {
  /// How many trials a request with a score counts as.
  package static let perScore = 1_000_000

  /// Creates the trials of requests with scores, or nil when they cannot be: a negative sum, one that
  /// is larger than their number, or too many of them.
  ///
  /// - Parameters:
  ///   - sum: Of the scores, in millionths.
  ///   - count: How many requests.
  package init?(scores sum: Int, count: Int) {
    let (total, isTooLarge) = count.multipliedReportingOverflow(by: Self.perScore)
    guard !isTooLarge else { return nil }
    self.init(bad: sum, total: total)
  }
}

extension Dependence {
  /// This assumption about requests when each counts as so many trials: at the least they are a
  /// cluster.
  package func ofRequests(worth trials: Int) -> Dependence {
    switch self {
    case .independent where trials > 1: .clustered(trials)
    case .clustered(let size): .clustered(size.multiplied(saturating: trials))
    default: self
    }
  }

  /// The assumption on which the proof of such requests rests: it takes trials one by one, unless they
  /// are said to be clusters.
  package func ofProof(requestsWorth trials: Int) -> Dependence {
    if case .clustered(let size) = self { return .clustered(size.multiplied(saturating: trials)) }
    return trials > 1 ? .clustered(trials) : self
  }
}
