import Analysis
import Peers
import Randomness

/// Serin's detector on labels that are looked at twenty at a time, with an average run length of 10,000
/// looks.
struct OursOnLabels: LabelDetector {
  private static let labelsPerLook = 20
  private static let averageRunLength = 10_000.0

  private let allowed: Double
  private var detector: Detector
  private var labels = 0
  private var wrong = 0

  /// - Parameters:
  ///   - dependence: The profile.
  ///   - usual: The share of wrong predictions in the test; a quarter more of its odds is tolerated.
  init(_ dependence: Dependence, usual: Double) {
    let odds = usual / (1 - usual) * 1.25
    allowed = odds / (1 + odds)
    detector = Detector(dependence)
  }

  mutating func alarms(isWrong: Bool) -> Bool {
    labels += 1
    wrong += isWrong ? 1 : 0
    guard labels == Self.labelsPerLook, let trials = Trials(bad: wrong, total: labels) else {
      return false
    }
    (labels, wrong) = (0, 0)
    detector.look(trials, allowed: allowed, length: Int(Schedule.secondsPerLook * 1000))
    return detector.logE >= log(Self.averageRunLength)
  }
}

/// T10: labels that say that the model has become worse.
enum ConceptDrift {
  private static let labels = 20_000
  private static let onset = 2000

  private struct Row: Sendable {
    let usual: Double
    /// From the onset on; nil when it stays as it was.
    var then: Double?

    var name: String { "\(percent(usual)) to \(then.map(percent) ?? "the same")" }
  }

  private static let rows = [
    Row(usual: 0.1), Row(usual: 0.1, then: 0.15), Row(usual: 0.1, then: 0.2), Row(usual: 0.02),
    Row(usual: 0.02, then: 0.05),
  ]

  private static let detectors: [(name: String, make: @Sendable (Row) -> any LabelDetector)] = [
    ("Serin interval", { OursOnLabels(.interval, usual: $0.usual) }),
    ("Serin independent", { OursOnLabels(.independent, usual: $0.usual) }),
    ("ADWIN", { _ in ADWIN() }), ("DDM", { _ in DriftDetectionMethod() }),
    ("Page-Hinkley", { _ in PageHinkley() }),
  ]

  static func table(runs: Int) async -> MarkdownTable {
    var table = MarkdownTable(
      title: "T10 \(labels) labels, worse from label \(onset) on: false alarms of \(runs) runs, "
        + "found, median delay in labels",
      columns: ["wrong"] + detectors.map(\.name))
    for (index, row) in rows.enumerated() {
      let alarms = await concurrently(runs) { run in
        let random = SplitMix64(seed: UInt64(100_000 + index)).child(UInt64(run))
        return detectors.map { label(of: $0.make(row), row, random) }
      }
      table.add(
        [row.name] + detectors.indices.map { column in cell(row, alarms.map { $0[column] }) })
      Progress.report("T10 \(row.name)")
    }
    return table
  }

  /// Returns after how many labels there is an alarm; nil for none.
  private static func label(
    of detector: any LabelDetector, _ row: Row, _ random: SplitMix64
  ) -> Int? {
    var (detector, random) = (detector, random)
    for label in 0..<labels {
      let share = label < onset ? row.usual : row.then ?? row.usual
      if detector.alarms(isWrong: random.uniform() < share) { return label + 1 }
    }
    return nil
  }

  private static func cell(_ row: Row, _ alarms: [Int?]) -> String {
    let early = alarms.count { $0.map { row.then == nil || $0 <= onset } ?? false }
    let falsely = wholePercent(Double(early) / Double(alarms.count))
    guard row.then != nil else { return "\(falsely) / - / -" }
    let delays = alarms.compactMap { $0 }.filter { $0 > onset }.map { Double($0 - onset) }.sorted()
    let median = quantile(of: delays, 0.5).map(whole) ?? "-"
    return "\(falsely) / \(wholePercent(Double(delays.count) / Double(alarms.count))) / \(median)"
  }
}
