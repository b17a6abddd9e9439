import Control
import Rollouts

extension World.State {
  /// What the world's only source tells: each revision's counters since they last started again.
  func counters(asOf now: Instant) -> Counters {
    if let frozen { return frozen }
    return Counters(
      asOf: now,
      series: served.reduce(into: [:]) { all, served in
        all[served.key] = series(of: served.key, served.value)
      })
  }

  private func series(
    of name: DeploymentName, _ served: [Revision.ID: Counts]
  ) -> [CounterSeries.ID: CounterSeries] {
    served.reduce(into: [:]) { all, item in
      let (revision, counts) = (item.key, item.value)
      let forgotten = forgotten[name]?[revision]
      all[CounterSeries.ID(revision, of: "world")] = CounterSeries(
        epoch: "\(forgotten?.times ?? 0)", counts: counts.since(forgotten?.counts))
    }
  }
}
