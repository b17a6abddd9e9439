import Audit
import Foundation
import Ledger
import Encoding
import Rollouts
import SimulationKit
import Testing

/// Who answered what, followed through a ledger.
@Suite struct ServingTests {
  private static let records: [Record] = SmallLedger.changes().compactMap { change in
    change.files.first { LedgerPaths.parseRecord($0.key) != nil }
      .flatMap { try? JSONDecoder().decode(Record.self, from: Data($0.value)) }
  }

  /// No request is lost or counted twice on the way from records to shares.
  @Test func everyRequestBelongsToOneShare() {
    var serving: [DeploymentName: Serving] = [:]
    var intervals: [Serving.Interval] = []
    for record in Self.records {
      intervals += serving[record.deployment, default: Serving()].follow(record)
    }
    intervals += serving.values.flatMap(\.present)
    let recorded = Self.records.map { $0.exposure.candidate + $0.exposure.stable }.reduce(0, +)
    #expect(recorded == 8500, "the ledger is the same at each call")
    #expect(intervals.map(\.requests).reduce(0, +) == recorded)
  }

  /// A share lasts as long as it is the same, whatever is decided meanwhile.
  @Test func sharesFollowTheRollout() throws {
    var serving = Serving()
    var ended: [Serving.Interval] = []
    let name = DeploymentName(namespace: "default", name: "iris")
    for record in Self.records where record.deployment == name { ended += serving.follow(record) }
    #expect(
      ended.map { "v\($0.revision.model.version) \($0.weight)" }.sorted() == [
        "v1 100%", "v1 100%", "v1 50%", "vbad 50%",
      ])
    #expect(ended.allSatisfy { interval in interval.until.map { $0 > interval.from } ?? false })
    #expect(serving.present.isEmpty, "it was decommissioned")
  }
}
