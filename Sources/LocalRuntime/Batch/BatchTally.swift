import Analysis
package import Control
import Foundation
import Logging
import Rollouts

/// What the runs of one deployment reported, as it is kept on disk.
struct BatchTally: Codable, Equatable, Sendable {
  /// Changes when the counts begin again from zero.
  let epoch: String
  private(set) var revisions: [String: Totals] = [:]
  /// The newest runs, the newest last: what each has reported so far.
  private var runs: [Run] = []

  struct Totals: Codable, Equatable, Sendable {
    var requests = 0
    var errors = 0
  }

  private struct Run: Codable, Equatable, Sendable {
    let name: String
    let revision: String
    var totals: Totals
  }

  /// A report of a run that was before so many others counts as one of a new run.
  private static let most = 2048
  /// The revisions whose counts are kept; of those that are loaded there are never more than three.
  private static let mostRevisions = 32

  init(epoch: String) { self.epoch = epoch }

  /// Takes in how far a run is: what it has beyond its last report.
  ///
  /// A report that comes again, or late, changes nothing.
  mutating func take(_ report: BatchReport) {
    let revision = "\(report.revision)"
    let index = runs.lastIndex { $0.name == report.run && $0.revision == revision }
    var run =
      index.map { runs.remove(at: $0) }
      ?? Run(name: report.run, revision: revision, totals: Totals())
    let before = run.totals
    run.totals.requests = max(before.requests, report.requests)
    run.totals.errors = max(before.errors, report.errors)
    runs = (runs + [run]).suffix(Self.most)
    var all = revisions[revision] ?? Totals()
    all.requests = all.requests.adding(saturating: run.totals.requests - before.requests)
    all.errors = all.errors.adding(saturating: run.totals.errors - before.errors)
    revisions[revision] = all
  }

  /// Forgets the counts of revisions that no run may report of any more, when they get many.
  mutating func keep(_ loaded: Set<String>) {
    guard revisions.count > Self.mostRevisions else { return }
    revisions = revisions.filter { loaded.contains($0.key) }
  }
}

// Counts: runs report them, and they are what clients' answers are elsewhere.
extension BatchRuntime {
  /// Takes in how far a run is; nil when the deployment is none of this runtime.
  ///
  /// What was taken is on the disk, and counts once however often it is sent.
  package func take(_ report: BatchReport) -> EventReceipt? {
    guard let order = orders[report.deployment] else { return nil }
    let loaded = Set(order.revisions.map { "\($0.id)" })
    guard loaded.contains("\(report.revision)") else {
      return .refused("the revision is not loaded: report while it is current, or the run after it")
    }
    let before = tallies[report.deployment]
    var tally = before ?? BatchTally(epoch: UUID().uuidString)
    tally.take(report)
    tally.keep(loaded)
    guard tally != before else { return .accepted }
    do {
      let path = folder.own(.counts, of: report.deployment)
      try Files.makeFolder(Tools.folder(of: path))
      try Files.encode(tally, to: path, stage: folder.stage)
    } catch {
      logger.warning("a report of a run was not kept", metadata: ["error": "\(error)"])
      return .busy
    }
    tallies[report.deployment] = tally
    return .accepted
  }

  package func counters() async throws -> Counters {
    var series: [DeploymentName: [CounterSeries.ID: CounterSeries]] = [:]
    for (deployment, tally) in tallies {
      for (revision, totals) in tally.revisions {
        let id = CounterSeries.ID(Revision.ID(revision), of: "runs")
        series[deployment, default: [:]][id] = CounterSeries(
          epoch: tally.epoch,
          counts: Counts(requests: totals.requests, errors: totals.errors, latency: .empty))
      }
    }
    return Counters(asOf: clock.now, series: series)
  }
}
