import ArgumentParser

/// How Serin and others find drift in the same simulated data.
struct DriftCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Compare how Serin and other tools find drift in the same data.",
    discussion: """
      Prints tables in Markdown; every rule sees the same data. T8: a candidate's predictions beside \
      stable's, in a rollout of 5, 10, 25 and 50% for five minutes each. T9: its inputs beside a \
      profile of 50,000 rows. T10: labels that arrive one by one. One seed: the same figures come \
      out each time.
      """)

  enum Table: String, CaseIterable {
    case predictions = "T8"
    case inputs = "T9"
    case labels = "T10"

    /// The number of runs that its figures in the documents rest on.
    private var usualRuns: Int { self == .inputs ? 200 : 1000 }

    func make(runs: Int?) async -> MarkdownTable {
      let runs = runs ?? usualRuns
      switch self {
      case .predictions: return await PredictionDrift.table(runs: runs)
      case .inputs: return await DataDrift.table(runs: runs)
      case .labels: return await ConceptDrift.table(runs: runs)
      }
    }
  }

  @Option(help: "How many runs each row rests on. (default: T9 200, the others 1000)")
  var runs: Int?

  @Option(name: .customLong("table"), help: "Which tables, with commas between.")
  var choice = TableChoice<Table>.all

  func validate() throws {
    if let runs, runs < 1 { throw ValidationError("--runs must be at least 1.") }
  }

  func run() async {
    for table in choice.tables { print(await table.make(runs: runs).text) }
  }
}
