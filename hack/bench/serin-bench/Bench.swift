import ArgumentParser

/// Measurements that are too slow, or too much a matter of the machine, to be tests.
@main
struct Bench: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serin-bench", abstract: "Measure what Serin costs and how it decides.",
    subcommands: [
      Idle.self, AnalysisCommand.self, DriftCommand.self, GateCommand.self, ShadowCommand.self,
      ABTestCommand.self, SliceCommand.self, StrategyCommand.self,
      LedgerCost.self, AuditSpeed.self, Speed.self, CaptureCost.self, IsolationCost.self,
      MirrorCost.self, PayloadSpeed.self, PeerSpeed.self, ClusterCost.self,
    ],
    defaultSubcommand: Idle.self)
}
