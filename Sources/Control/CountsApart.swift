import Rollouts

/// What is counted to be shown, and is no evidence: nothing of it reaches a rollout.
package struct CountsApart: Equatable, Sendable {
  /// Requests that are no inferences: health, metadata, and whatever else a client asks of a model.
  package var others = 0
  /// Inferences that another replica was asked, because one could not be connected to.
  package var retried = 0

  package init(others: Int = 0, retried: Int = 0) {
    (self.others, self.retried) = (others, retried)
  }
}

/// What was counted apart in this life of the controller.
///
/// The counters of a revision go when it is unloaded, and all of them when they start again; what is
/// shown only grows.
struct TotalsApart: Sendable {
  private(set) var totals: [DeploymentName: CountsApart] = [:]
  private var last = Counters(epoch: "", revisions: [:])

  mutating func note(_ counters: Counters) {
    let old = last.epoch == counters.epoch ? last.apart : [:]
    for (deployment, revisions) in counters.apart {
      for (revision, counts) in revisions {
        totals[deployment, default: CountsApart()].add(counts, since: old[deployment]?[revision])
      }
    }
    last = counters
  }
}

extension CountsApart {
  fileprivate mutating func add(_ counts: CountsApart, since earlier: CountsApart?) {
    others += Self.growth(counts.others, since: earlier?.others)
    retried += Self.growth(counts.retried, since: earlier?.retried)
  }

  /// A counter that went back has started again.
  private static func growth(_ count: Int, since earlier: Int?) -> Int {
    guard let earlier, count >= earlier else { return count }
    return count - earlier
  }
}
