/// The evidence that one feature, or the predictions, moved: for each bin that it holds more than is
/// tolerated, and that it holds fewer, in equal parts.
///
/// Think of a row of scales, two for each bin. Whatever is drawn, an average of e-processes is an
/// e-process: while every bin's odds are within the tolerance, the probability that this evidence ever
/// reaches 1/alpha is at most alpha, however often one looks.
package struct DriftTest: FeatureEvidence {
  private struct Lane: BinLane {
    var martingales: BinMartingales
    var capital = Capital()
    var block = Block<BinArms>()

    /// As ledgers and checkpoints spell it.
    private enum CodingKeys: String, CodingKey { case martingales = "players", capital, block }

    var logE: Double { logSum(martingales.logE, log(capital.cash)) }

    mutating func bet(
      _ tier: Dependence.Tier, _ arms: BinArms, against reference: DriftReference,
      _ settings: ObjectiveTest.Settings
    ) {
      let stake = log(capital.invest())
      bet(tier, arms, against: reference, settings) { $0.advance(by: $1, investing: stake) }
    }
  }

  private let settings: ObjectiveTest.Settings
  private var lanes: [Lane]
  private var trough = Trough()

  package init(_ settings: ObjectiveTest.Settings = .standard, bins: Int) {
    self.settings = settings
    lanes = [Lane](settings.dependence) {
      Lane(martingales: BinMartingales(bins: bins, tier: $0, logWealth: -.infinity))
    }
  }

  /// Begins a step, after settling what was counted in the step before.
  ///
  /// Before the first step nothing is staked.
  ///
  /// - Parameters:
  ///   - reference: What the step before was compared with.
  ///   - spread: The time over which a change is expected, in milliseconds; 0 for at once.
  package mutating func beginStep(_ reference: DriftReference, spreadOver spread: Int = 0) {
    let settings = settings
    lanes.inEachTier(of: settings.dependence) { lane, tier in
      if let arms = lane.block.close() { lane.bet(tier, arms, against: reference, settings) }
      lane.capital.begin(spreadOver: tier.bets(in: spread, look: settings.look))
    }
  }

  package mutating func look(_ arms: BinArms, against reference: DriftReference) {
    let settings = settings
    lanes.look(arms, against: reference, settings) {
      $0.bet($1, $2, against: reference, settings)
    }
    trough.note(logE)
  }

  package var logE: Double { lanes.logE }

  package var strongest: BinShift? { lanes.strongest }

  /// The looks since the evidence was last at its lowest.
  ///
  /// It falls while nothing moves, and rises from the change on (Page 1954); where the change is
  /// small, a little later.
  package var looksSinceChange: Int { trough.looksSince }
}

/// When a value was last at its lowest.
struct Trough: Equatable, Sendable {
  private var lowest = 0.0
  private(set) var looksSince = 0

  mutating func note(_ value: Double) {
    looksSince = value <= lowest ? 0 : looksSince.adding(saturating: 1)
    lowest = min(lowest, value)
  }
}

extension Trough: Codable {
  private enum CodingKeys: String, CodingKey {
    case lowest, looksSince
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard let value = Double(try container.decode(String.self, forKey: .lowest)), !value.isNaN
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .lowest, in: container, debugDescription: "not a number")
    }
    lowest = value
    looksSince = try container.decode(Int.self, forKey: .looksSince)
  }

  /// Encodes the number as `TestMartingales` does theirs.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(lowest.description, forKey: .lowest)
    try container.encode(looksSince, forKey: .looksSince)
  }
}
