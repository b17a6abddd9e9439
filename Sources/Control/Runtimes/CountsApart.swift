import Rollouts

/// What is counted to be shown, and is no evidence: nothing of it reaches a rollout.
package struct CountsApart: Equatable, Sendable {
  /// Requests that are no inferences: health, metadata, and whatever else a client asks of a model.
  package var others = 0
  /// Inferences that another replica was asked, because one could not be connected to.
  package var retried = 0
  /// Copies of inferences that were dropped before their candidate was asked.
  package var droppedCopies = 0

  package init(others: Int = 0, retried: Int = 0, droppedCopies: Int = 0) {
    (self.others, self.retried, self.droppedCopies) = (others, retried, droppedCopies)
  }
}

/// What was counted apart in this life of the controller.
///
/// The counters of a revision go when it is unloaded, and all of them when they start again; what is
/// shown only grows.
struct TotalsApart: Sendable {
  private typealias Known = [CounterSeries.ID: (epoch: String, counts: CountsApart)]

  private(set) var totals: [DeploymentName: CountsApart] = [:]
  private var last: [DeploymentName: Known] = [:]

  mutating func note(_ counters: Counters) {
    for (deployment, series) in counters.series {
      for (id, series) in series {
        let old = last[deployment]?[id].flatMap { $0.epoch == series.epoch ? $0.counts : nil }
        totals[deployment, default: CountsApart()].add(series.apart, since: old)
      }
      // A source that is away for a while goes on where it was, as long as others tell of its revision.
      let revisions = Set(series.keys.map(\.revision))
      let missing = (last[deployment] ?? [:]).filter { revisions.contains($0.key.revision) }
      last[deployment] = missing.merging(series.mapValues { ($0.epoch, $0.apart) }) { $1 }
    }
  }
}

extension CountsApart {
  fileprivate mutating func add(_ counts: CountsApart, since earlier: CountsApart?) {
    others += Self.growth(counts.others, since: earlier?.others)
    retried += Self.growth(counts.retried, since: earlier?.retried)
    droppedCopies += Self.growth(counts.droppedCopies, since: earlier?.droppedCopies)
  }

  /// A counter that went back has started again.
  private static func growth(_ count: Int, since earlier: Int?) -> Int {
    guard let earlier, count >= earlier else { return count }
    return count - earlier
  }
}
