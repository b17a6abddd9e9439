/// How far requests may depend on each other without breaking the guarantee; the less is assumed, the
/// longer a verdict takes.
package enum Dependence: Equatable, Sendable {
  /// Requests are independent, given the time at which they were made: the fastest.
  case independent
  /// Anything may happen inside one look, but at each look the candidate is expected to do no worse
  /// than is tolerated, whatever happened before.
  case interval
  /// A disturbance of one server may last up to about a minute: no revision is condemned on short
  /// bursts unless they are gross.
  case robust
  /// Failures come in clusters of at most this many.
  case clustered(Int)
  /// Nothing but that the candidate and a baseline, started afresh beside it, are exchangeable.
  case matched

  /// One way of betting on a look, or on several looks together.
  struct Tier: Equatable, Sendable {
    let strategy: BettingStrategy
    /// The least time that one bet covers, in milliseconds.
    let block: Int
    /// How many times the tolerated is still tolerated.
    let slack: Double

    /// Returns how many bets fit in a time, of looks that far apart; both in milliseconds.
    func bets(in time: Int, look: Int) -> Int { time / max(1, max(block, look)) }
  }

  var tierCount: Int { self == .robust ? Self.robustTiers.count : 1 }

  func tier(_ index: Int) -> Tier {
    switch self {
    case .independent, .matched: Tier(strategy: .odds(cluster: 1), block: 0, slack: 1)
    case .interval: Tier(strategy: .fractions, block: 0, slack: 1)
    case .clustered(let size): Tier(strategy: .odds(cluster: size), block: 0, slack: 1)
    case .robust: Self.robustTiers[index]
    }
  }

  private static let robustTiers = [
    Tier(strategy: .fractions, block: 5000, slack: 3),
    Tier(strategy: .fractions, block: 10_000, slack: 2),
    Tier(strategy: .fractions, block: 30_000, slack: 1),
  ]

  /// How many requests at most are taken to be alike, where something is to be proven.
  package var largestCluster: Int { if case .clustered(let size) = self { size } else { 1 } }

  /// The strategy that proves the good side: ratios of a bounded bet have no upper end, so a proof by
  /// fractions would take forever, and rests on independence (or on the size of clusters) instead.
  var proof: BettingStrategy { .inverseOdds(cluster: largestCluster) }
}

extension Dependence: Codable, CustomStringConvertible {
  /// "interval", "clustered 8".
  package var description: String {
    switch self {
    case .independent: "independent"
    case .interval: "interval"
    case .robust: "robust"
    case .clustered(let size): "clustered \(size)"
    case .matched: "matched"
    }
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let words = try container.decode(String.self).split(separator: " ")
    switch (words.first, words.dropFirst().first.flatMap { Int($0) }) {
    case ("independent", nil): self = .independent
    case ("interval", nil): self = .interval
    case ("robust", nil): self = .robust
    case ("matched", nil): self = .matched
    case ("clustered", let size?) where size > 0: self = .clustered(size)
    default:
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no dependence")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
