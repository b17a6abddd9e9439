/// The evidence on one question, gathered look by look under one assumption about dependence.
///
/// An average over the tiers of that assumption, each with its starts.
struct Evidence: Equatable, Sendable, Codable {
  private struct Lane: TierLane {
    var starts = StepStarts()
    var block = Block<Arms>()

    var logE: Double { starts.logE }

    mutating func advance(_ tier: Dependence.Tier, _ arms: Arms, _ bet: Betting) {
      // Before the first step nothing is bet.
      guard !starts.starts.isEmpty, let bet = bet(arms, tier.slack) else { return }
      starts.advance(by: tier.strategy.increments(of: bet))
    }
  }

  /// What is at stake, when so many times the tolerated is still tolerated.
  typealias Betting = (Arms, _ slack: Double) -> Bet?

  private let dependence: Dependence
  private var lanes: [Lane]

  init(_ dependence: Dependence) {
    self.dependence = dependence
    lanes = [Lane](dependence) { _ in Lane() }
  }

  /// Begins a step, after settling what was counted in the step before.
  ///
  /// - Parameters:
  ///   - spread: The time over which the capital is invested, in milliseconds; 0 for at once.
  ///   - look: The time between two looks, in milliseconds.
  ///   - bet: What is at stake.
  mutating func begin(spreadOver spread: Int, look: Int, bet: Betting) {
    lanes.inEachTier(of: dependence) { lane, tier in
      if let arms = lane.block.close() { lane.advance(tier, arms, bet) }
      lane.starts.begin(
        martingales: tier.strategy.count, spreadOver: tier.bets(in: spread, look: look))
    }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - arms: What was counted since the last look.
  ///   - length: The time between two looks, in milliseconds.
  ///   - bet: What is at stake.
  mutating func look(_ arms: Arms, length: Int, bet: Betting) {
    lanes.look(arms, length: length, of: dependence) { $0.advance($1, $2, bet) }
  }

  /// Never less than `logE`.
  var logBound: Double { lanes.logBound { $0.starts.logBound } }

  var logE: Double { lanes.logE }
}
