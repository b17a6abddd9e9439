/// A test of two proportions that is made anew at each look on all data so far, as if it were the only one.
struct TwoProportions: Sendable {
  /// So many of a thing, of all.
  typealias Share = (part: Int, all: Int)

  /// The deviation from which on a difference is called significant, in standard errors.
  private let critical: Double
  private var candidate: Share = (0, 0)
  private var stable: Share = (0, 0)

  init(critical: Double) { self.critical = critical }

  /// Takes one look; returns by how many standard errors the candidate's share is the larger one, if that is significant.
  mutating func look(candidate: Share, stable: Share) -> Double? {
    Self.add(candidate, to: &self.candidate)
    Self.add(stable, to: &self.stable)
    guard min(self.candidate.all, self.stable.all) >= 100 else { return nil }
    let deviation = Self.deviation(self.candidate, self.stable)
    return abs(deviation) > critical ? deviation : nil
  }

  private static func add(_ share: Share, to sum: inout Share) {
    sum = (sum.part + share.part, sum.all + share.all)
  }

  private static func deviation(_ candidate: Share, _ stable: Share) -> Double {
    let (n, m) = (Double(candidate.all), Double(stable.all))
    let pooled = Double(candidate.part + stable.part) / (n + m)
    let error = (pooled * (1 - pooled) * (1 / n + 1 / m)).squareRoot()
    return error == 0 ? 0 : (Double(candidate.part) / n - Double(stable.part) / m) / error
  }
}
