/// The evidence on one question, gathered look by look under one assumption about dependence.
///
/// An average over the tiers of that assumption, each with its starts.
struct Evidence: Equatable, Sendable, Codable {
  private struct Lane: Equatable, Sendable, Codable {
    var starts = StepStarts()
    var block = Block<Arms>()
  }

  private let dependence: Dependence
  private var lanes: [Lane]

  init(_ dependence: Dependence) {
    self.dependence = dependence
    lanes = [Lane](repeating: Lane(), count: dependence.tierCount)
  }

  /// Begins a step, after settling what was counted in the step before.
  ///
  /// - Parameters:
  ///   - spread: The time over which the capital is invested, in milliseconds; 0 for at once.
  ///   - look: The time between two looks, in milliseconds.
  ///   - bet: As in `look`.
  mutating func begin(
    spreadOver spread: Int, look: Int, bet: (Arms, _ slack: Double) -> Bet?
  ) {
    for index in lanes.indices {
      let tier = dependence.tier(index)
      if let arms = lanes[index].block.close() { advance(lane: index, arms, tier, bet) }
      let bets = spread / max(1, max(tier.block, look))
      lanes[index].starts.begin(martingales: tier.strategy.count, spreadOver: bets)
    }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - arms: What was counted since the last look.
  ///   - length: The time between two looks, in milliseconds.
  ///   - bet: What is at stake, when so many times the tolerated is still tolerated.
  mutating func look(
    _ arms: Arms, length: Int, bet: (Arms, _ slack: Double) -> Bet?
  ) {
    for index in lanes.indices {
      let tier = dependence.tier(index)
      guard let arms = lanes[index].block.add(arms, length: length, full: tier.block) else {
        continue
      }
      advance(lane: index, arms, tier, bet)
    }
  }

  private mutating func advance(
    lane index: Int, _ arms: Arms, _ tier: Dependence.Tier,
    _ bet: (Arms, _ slack: Double) -> Bet?
  ) {
    // Before the first step nothing is bet.
    guard !lanes[index].starts.starts.isEmpty, let bet = bet(arms, tier.slack) else { return }
    lanes[index].starts.advance(by: tier.strategy.increments(of: bet))
  }

  /// Never less than `logE`.
  var logBound: Double {
    var bound = -Double.infinity
    for index in lanes.indices { bound = max(bound, lanes[index].starts.logBound) }
    return bound
  }

  var logE: Double {
    var mean = LogMean()
    for index in lanes.indices { mean.add(lanes[index].starts.logE) }
    return mean.logE
  }
}
