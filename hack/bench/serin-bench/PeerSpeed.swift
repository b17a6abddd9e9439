import Analysis
import ArgumentParser
import Foundation

/// How long Serin and other tools take to find drift between the same two tables.
///
/// Seconds are those of the processor, of all threads together: whoever else uses the machine hardly
/// changes them. The tools take turns, so that what does change them meets all alike.
struct PeerSpeed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift-speed",
    abstract: "Compare how long Serin and other tools take to find drift in the same tables.",
    discussion: """
      Two CSV files of 15 numbers and 5 categories. Others read both with pandas.read_csv and do what \
      they do by default: Evidently's DataDriftPreset, alibi-detect's TabularDrift, NannyML's \
      UnivariateDriftCalculator, with OMP_NUM_THREADS=1. So does serin profile compare; its second \
      line is with a profile of the first table, which is what is left to do once there is one. \
      Figures are medians.
      """)

  @Option(help: "How many rows each table has.") var rows = 100_000
  @Option(help: "How many runs of each tool; the median counts.") var runs = 5

  func validate() throws {
    guard rows >= 100, runs > 0 else {
      throw ValidationError("--rows must be at least 100, and --runs at least 1.")
    }
  }

  func run() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "serin-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try DriftTable(rows: rows, hasMoved: false).write(to: folder.appending(path: "reference.csv"))
    try DriftTable(rows: rows, hasMoved: true).write(to: folder.appending(path: "current.csv"))
    try DriftFinder.prepare(in: folder)
    let results = try measure(in: folder)
    print(table(results).text)
    printSketches()
  }

  private func measure(in folder: URL) throws -> [DriftFinder: [DriftFinder.Run]] {
    var results: [DriftFinder: [DriftFinder.Run]] = [:]
    for run in 1...runs {
      for finder in DriftFinder.allCases {
        results[finder, default: []].append(try finder.run(in: folder))
        Progress.report("run \(run) of \(runs), \(finder.rawValue)")
      }
    }
    return results
  }

  private func table(_ results: [DriftFinder: [DriftFinder.Run]]) -> MarkdownTable {
    let columns = DriftTable.numbers + DriftTable.categories
    var table = MarkdownTable(
      title: "Two tables of \(rows) rows and \(columns) columns: processor seconds, medians",
      columns: [
        "tool", "start, imports", "reading", "drift", "in all", "beside Serin",
        "without start and imports", "beside Serin", "say moved",
      ])
    for finder in DriftFinder.allCases {
      table.add(row(finder, results[finder] ?? [], serin: results[.serin] ?? []))
    }
    return table
  }

  private func row(
    _ finder: DriftFinder, _ runs: [DriftFinder.Run], serin: [DriftFinder.Run]
  ) -> [String] {
    let (all, work) = (Self.median(runs, \.all), Self.median(runs, \.work))
    let parts = [Self.median(runs, \.reading), Self.median(runs, \.finding)].map {
      finder.isOther ? thousandths($0) : ""
    }
    return [finder.rawValue, thousandths(Self.median(runs, \.starting))] + parts + [
      thousandths(all), "\(tenths(all / Self.median(serin, \.all))) times",
      thousandths(work), "\(tenths(work / Self.median(serin, \.work))) times",
      "\(runs[0].drifted)",
    ]
  }

  private static func median(
    _ runs: [DriftFinder.Run], _ figure: (DriftFinder.Run) -> Double
  ) -> Double { quantile(of: runs.map(figure).sorted(), 0.5) ?? 0 }

  /// What is left once values are counts.
  private func printSketches() {
    for profile in [Dependence.interval, .independent] {
      show("a look at 20 features, \(profile)", DriftSpeed.look(profile))
    }
    show("the measures that are shown of them", DriftSpeed.effectSizes())
  }

  private func show(_ what: String, _ cost: Cost) {
    print("From counts, \(what): \(whole(cost.nanoseconds / 1000)) µs")
  }
}
