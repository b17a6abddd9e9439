/// One objective's evidence against the candidate, and for it.
package struct ObjectiveTest: Equatable, Sendable, Codable {
  /// How a test is made; it holds for a whole rollout, since a test that is changed after looking at
  /// the data guarantees nothing.
  package struct Settings: Equatable, Sendable, Codable {
    package let dependence: Dependence
    /// How much worse than stable, in odds, is still tolerated, in millionths: 250,000 is a quarter.
    ///
    /// It is part of the null hypothesis, so a candidate within it is never rolled back beyond alpha.
    package let tolerance: Int
    /// The time between two looks, in milliseconds.
    package let look: Int

    package init(dependence: Dependence, tolerance: Int, look: Int) {
      self.dependence = dependence
      self.tolerance = tolerance
      self.look = look
    }

    package static let standard = Settings(dependence: .interval, tolerance: 250_000, look: 5000)
  }

  /// What is promised.
  ///
  /// It is made once and handed to every look, so what only a promise decides is computed here.
  package struct Limit: Hashable, Sendable {
    /// The largest share of bad requests that keeps the promise, in (0, 1).
    package let allowed: Double
    /// The share below which being worse than stable does not count, in (0, 1).
    package let floor: Double?
    /// As how many trials a request counts.
    package let requestsWorth: Int
    /// What a trial costs each bet on the promise being kept.
    let costs: [Double]

    package init(allowed: Double, floor: Double? = nil, requestsWorth: Int = 1) {
      self.allowed = allowed
      self.floor = floor
      self.requestsWorth = requestsWorth
      costs = BettingStrategy.inverseCosts(tolerating: allowed)
    }
  }

  private let settings: Settings
  /// Against the promise; nothing where two are compared and nothing else is asked.
  private var promise: Evidence?
  /// Against the stable revision, which answers the same traffic at the same time.
  private var comparison: Evidence
  /// Against the floor of the comparison, when there is one.
  private var floor: Evidence?
  /// For the promise, over the whole rollout.
  private var proof: Proof

  /// - Parameters:
  ///   - settings: How the test is made.
  ///   - hasFloor: Whether being worse than stable counts only above a floor.
  ///   - hasPromise: Whether breaking the promise counts, too; never where equals are compared.
  ///   - trials: As how many trials a request counts: `Trials.perScore` when it has a score.
  package init(
    _ settings: Settings = .standard, hasFloor: Bool = false, hasPromise: Bool = true,
    requestsWorth trials: Int = 1
  ) {
    self.settings = settings
    comparison = Evidence(settings.dependence.ofRequests(worth: trials))
    promise = hasPromise && settings.dependence != .matched ? comparison : nil
    floor = hasFloor ? comparison : nil
    proof = Proof(settings.dependence.ofProof(requestsWorth: trials))
  }

  /// Starts one more copy of each test: a step begins.
  ///
  /// - Parameters:
  ///   - limit: What is promised.
  ///   - spread: The time over which a change is expected, in milliseconds; 0 for at once.
  package mutating func beginStep(_ limit: Limit, spreadOver spread: Int = 0) {
    let settings = settings
    promise?.begin(spreadOver: spread, look: settings.look) { settings.promise($0, $1, limit) }
    comparison.begin(spreadOver: spread, look: settings.look) { settings.comparison($0, $1) }
    floor?.begin(spreadOver: spread, look: settings.look) { arms, _ in
      settings.floor(arms, limit)
    }
  }

  /// Takes one look into account.
  ///
  /// - Parameters:
  ///   - arms: What is certain about both arms since the last look.
  ///   - possible: The candidate, with everything bad that may be: it differs where a bucket of a
  ///     histogram holds the threshold.
  ///   - limit: What is promised.
  ///   - isCompared: Whether both arms answer the same crowd; where they do not, nothing is bet on which is better.
  package mutating func look(
    _ arms: Arms, possible: Trials, limit: Limit, isCompared: Bool = true
  ) {
    let settings = settings
    promise?.look(arms, length: settings.look) { settings.promise($0, $1, limit) }
    if isCompared {
      comparison.look(arms, length: settings.look) { settings.comparison($0, $1) }
      floor?.look(arms, length: settings.look) { arms, _ in settings.floor(arms, limit) }
    }
    proof.look(possible, limit)
  }

  /// Never less than `logE`, and had without a logarithm.
  package var logBound: Double { max(promise?.logBound ?? -.infinity, comparison.logBound) }

  /// Whether `logProof` is at least `bar`.
  package func isProven(at bar: Double) -> Bool { proof.reaches(bar) }

  /// The logarithm of the evidence against the promise; nil where that is not asked.
  package var logPromise: Double? { promise?.logE }

  /// The logarithm of the evidence against being as good as stable, where that matters.
  ///
  /// With a floor both must be shown; the smaller evidence is valid for "one of them is not so".
  package var logComparison: Double { min(comparison.logE, floor?.logE ?? .infinity) }

  /// The logarithm of the evidence against the candidate: both questions in equal parts.
  package var logE: Double {
    guard let logPromise else { return logComparison }
    return logSum(logPromise, logComparison) - log(2)
  }

  /// The logarithm of the evidence that the candidate keeps its promise.
  package var logProof: Double { proof.logE }
}

extension ObjectiveTest.Settings {
  func promise(_ arms: Arms, _ slack: Double, _ limit: ObjectiveTest.Limit) -> Bet? {
    .promise(arms, limit: guarded(limit, slack, arms.stable))
  }

  func comparison(_ arms: Arms, _ slack: Double) -> Bet? {
    dependence == .matched ? .duel(arms) : .comparison(arms, oddsRatio: oddsRatio(slack))
  }

  func floor(_ arms: Arms, _ limit: ObjectiveTest.Limit) -> Bet? {
    limit.floor.flatMap { .promise(arms, limit: $0) }
  }

  func oddsRatio(_ slack: Double) -> Double {
    max(1 + Double(tolerance) / 1_000_000, slack)
  }

  /// The shared-incident guard: when stable itself breaks the promise in this very look, the candidate
  /// is held to what stable does.
  ///
  /// 2.33 standard deviations is the 99 % point; it never lowers the limit, so the guarantee for a
  /// candidate within the promise stands. It is of requests: a score varies less than being bad or good.
  private func guarded(_ limit: ObjectiveTest.Limit, _ slack: Double, _ stable: Trials) -> Double {
    let (allowed, worth) = (limit.allowed * slack, Double(limit.requestsWorth))
    let expected = Double(stable.total) / worth * allowed
    let bad = Double(stable.bad) / worth
    guard bad > expected + 2.33 * expected.squareRoot() + 1 else {
      return min(allowed, largestShare)
    }
    return min(max(allowed, oddsRatio(slack) * stable.share), largestShare)
  }
}
