import ClusterRuntime
import Console
import Control
import Logging
import Manifests
import Payloads

/// Where the servers of one cluster's runtime send what they were asked and answered.
struct PayloadLog {
  let runtime: String
  let payloads: LoggedPayloads
  let console: Console

  /// Returns nil for a runtime that has none.
  init?(of place: RuntimeFactory.Place, into events: EventIntake, _ logger: Logger) {
    guard case .cluster(let cluster, _) = place.kind, let settings = cluster.payloads else {
      return nil
    }
    runtime = place.name
    payloads = events.log(of: cluster.book)
    console = ConsoleFactory.console(at: settings.listen, taking: payloads, logger)
  }
}

extension IntakeCounts {
  /// The counts with what came to these places.
  func with(_ logs: [PayloadLog]) -> IntakeCounts {
    var counts = self
    counts.logs = Dictionary(logs.map { ($0.runtime, $0.payloads.counts) }) { first, _ in first }
    return counts
  }
}
