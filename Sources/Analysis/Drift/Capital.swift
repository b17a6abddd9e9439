/// What of a test's capital is staked, and what is still cash: shared by all its test martingales.
///
/// It is split as in `StepStarts`: 1/2, 1/6, 1/12, … for the steps; of a step in which a change may
/// come at any time, half is spread over its bets. Since later stakes grow as the earlier ones do, one
/// sum for each martingale holds all of its starts.
struct Capital: Equatable, Sendable, Codable {
  private struct Start: Equatable, Sendable, Codable {
    /// Over how many bets half of the capital of this start is invested, 1 or more.
    let bets: Int
    var made = 0
  }

  private var starts: [Start] = []

  /// Begins a step, with capital of its own.
  ///
  /// - Parameter bets: Over how many bets half of it is spread; 0 to stake all of it at once.
  mutating func begin(spreadOver bets: Int) { starts.append(Start(bets: max(1, bets))) }

  /// Returns what is staked before the next bet.
  mutating func invest() -> Double {
    var stake = 0.0
    for index in starts.indices where starts[index].made < starts[index].bets {
      let half = share(of: index) / 2
      stake += half / Double(starts[index].bets) + (starts[index].made == 0 ? half : 0)
      starts[index].made += 1
    }
    return stake
  }

  /// What is not staked yet.
  var cash: Double {
    starts.indices.reduce(1) { cash, index in
      let (half, start) = (share(of: index) / 2, starts[index])
      let staked = half * Double(start.made) / Double(start.bets) + (start.made == 0 ? 0 : half)
      return cash - staked
    }
  }

  private func share(of start: Int) -> Double { 1 / (Double(start + 1) * Double(start + 2)) }
}
