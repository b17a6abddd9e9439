import ArgumentParser

/// How Serin and others decide on the same simulated rollouts.
struct AnalysisCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analysis",
    abstract: "Compare the decisions of Serin and other tools on the same traffic.",
    discussion: """
      Prints tables in Markdown. Each row is a kind of traffic; every rule sees the same counts. A \
      rollout is 5, 10, 25 and 50% for five minutes each, with two metrics whose promise is 1%. \
      One seed: the same figures come out each time.
      """)

  enum Table: String, CaseIterable {
    case falseRollbacks = "T1"
    case detection = "T2"
    case lateRegressions = "T5"
    case promotions = "T6"
    case eventsNeeded = "T7"

    func make(rollouts: Int) async -> MarkdownTable {
      switch self {
      case .falseRollbacks: await FalseRollbacks.table(rollouts: rollouts)
      case .detection: await Detection.table(rollouts: rollouts)
      case .eventsNeeded: await EventsNeeded.table(rollouts: rollouts)
      case .lateRegressions: await LateRegressions.table(rollouts: rollouts)
      case .promotions: await Promotions.table(rollouts: rollouts)
      }
    }
  }

  @Option(help: "How many rollouts each row rests on.")
  var rollouts = 2000

  @Option(name: .customLong("table"), help: "Which tables, with commas between.")
  var choice = TableChoice<Table>.all

  func validate() throws {
    guard rollouts > 0 else { throw ValidationError("--rollouts must be at least 1.") }
  }

  func run() async {
    for table in choice.tables { print(await table.make(rollouts: rollouts).text) }
  }
}
