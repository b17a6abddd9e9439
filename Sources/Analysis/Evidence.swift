/// The evidence on one question, gathered look by look under one assumption about dependence.
///
/// An average over the tiers of that assumption, each with its starts.
struct Evidence: Equatable, Sendable, Codable {
  private struct Lane: Equatable, Sendable, Codable {
    var starts = StepStarts()
    var block = Block()
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
  ///   - wager: As in `look`.
  mutating func begin(
    spreadOver spread: Int, look: Int, wager: (Arms, _ slack: Double) -> Wager?
  ) {
    for index in lanes.indices {
      let tier = dependence.tier(index)
      if let arms = lanes[index].block.close() { play(arms, on: index, tier, wager) }
      let bets = spread / max(1, max(tier.block, look))
      lanes[index].starts.begin(players: tier.game.players, spreadOver: bets)
    }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - arms: What was counted since the last look.
  ///   - length: The time between two looks, in milliseconds.
  ///   - wager: What is at stake, when so many times the tolerated is still tolerated.
  mutating func look(
    _ arms: Arms, length: Int, wager: (Arms, _ slack: Double) -> Wager?
  ) {
    for index in lanes.indices {
      let tier = dependence.tier(index)
      guard let arms = lanes[index].block.add(arms, length: length, full: tier.block) else {
        continue
      }
      play(arms, on: index, tier, wager)
    }
  }

  private mutating func play(
    _ arms: Arms, on index: Int, _ tier: Dependence.Tier,
    _ wager: (Arms, _ slack: Double) -> Wager?
  ) {
    guard let wager = wager(arms, tier.slack) else { return }
    lanes[index].starts.play(tier.game.gains(of: wager))
  }

  var logE: Double {
    var sum = LogSum()
    for lane in lanes { sum.add(lane.starts.logE) }
    return sum.logarithm - log(Double(lanes.count))
  }
}

/// Several looks that count as one, so that what lasts for some of them is seen once.
struct Block: Equatable, Sendable, Codable {
  private var arms = Arms.none
  /// The time it covers so far, in milliseconds.
  private var length = 0

  /// Adds a look.
  ///
  /// - Returns: What the block counted, once it is full.
  mutating func add(_ look: Arms, length: Int, full: Int) -> Arms? {
    arms = arms + look
    self.length += length
    return self.length >= full ? close() : nil
  }

  /// Returns what was counted, if anything, and begins anew.
  mutating func close() -> Arms? {
    defer { self = Block() }
    return length > 0 ? arms : nil
  }
}
