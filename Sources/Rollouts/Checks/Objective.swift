package import Analysis

/// What is promised: one service level objective, as a largest allowed share of bad requests.
package struct Objective: Equatable, Hashable, Sendable, Codable {
  package enum Promise: Equatable, Hashable, Sendable, Codable {
    /// At most this share of requests may end in a 5xx, a reset or a timeout.
    case errors(below: Ratio)
    /// At most `1 - percentile` of the requests may take `below` or longer.
    ///
    /// `percentile` is in parts per million: 990,000 is p99.
    case latency(percentile: Ratio, below: Milliseconds)
    /// At most this share of the sampled requests may break the profile's contract.
    case badInputs(below: Ratio)
    /// At most this share of the sampled answers may break it.
    case badOutputs(below: Ratio)
    /// At most so much may the predictions whose labels are known be wrong, on average.
    case labels(below: Ratio)
    /// At most this share of the requests that both revisions answered may have answers that differ.
    case disagreement(below: Ratio, by: Agreement)
  }

  /// A whole number of milliseconds: the unit in which latencies are measured.
  package typealias Milliseconds = Int

  package let promise: Promise
  /// Its part of the evidence beside the other objectives, 1 to 100.
  package let weight: Int
  /// The share of bad requests below which being worse than stable does not count.
  package let floor: Ratio?
  /// The step of which it is, by what the candidate gets in it; nil when it holds in all of them and after.
  package let during: Route?
  /// The promise as the tests take it.
  package let limit: ObjectiveTest.Limit

  package init(_ promise: Promise, weight: Int = 1, floor: Ratio? = nil, during: Route? = nil) {
    self.promise = promise
    self.weight = weight
    self.floor = floor
    self.during = during
    limit = ObjectiveTest.Limit(
      allowed: promise.allowed.value, floor: floor?.value, requestsWorth: promise.trialsPerRequest)
  }

  package static func errors(
    below: Ratio, weight: Int = 1, floor: Ratio? = nil
  ) -> Objective {
    Objective(.errors(below: below), weight: weight, floor: floor)
  }

  package static func latency(
    percentile: Ratio, below: Milliseconds, weight: Int = 1, floor: Ratio? = nil
  ) -> Objective {
    Objective(.latency(percentile: percentile, below: below), weight: weight, floor: floor)
  }

  /// The largest share of bad requests that keeps the promise.
  package var allowed: Ratio { promise.allowed }

  /// Returns the same promise for one step alone.
  package func during(_ route: Route) -> Objective {
    Objective(promise, weight: weight, floor: floor, during: route)
  }

  /// Whether it holds in a step; nil is the time after all of them.
  func holds(in step: Route?) -> Bool { during == nil || during == step }

  /// The name of the check: "errors", "latency-p99", and in one step "latency-p99@5%".
  package var name: String { during.map { "\(kind)@\($0.name)" } ?? kind }

  /// What is promised, whatever the limit and the step: "errors", "latency-p99".
  package var kind: String {
    switch promise {
    case .errors: "errors"
    case .latency(let percentile, _): "latency-p\(percentile.description.dropLast())"
    case .badInputs: "bad-inputs"
    case .badOutputs: "bad-outputs"
    case .labels: "labels"
    case .disagreement: "disagreement"
    }
  }

  /// Whether it is counted from samples and labels, of which there are few, and late ones.
  package var isSampled: Bool {
    switch promise {
    case .errors, .latency: false
    case .badInputs, .badOutputs, .labels, .disagreement: true
    }
  }

  /// Whether a candidate in this step waits for it to be proven.
  ///
  /// Samples and labels can fail a candidate, and are not waited for; pairs of answers are, while there
  /// is a mirror that brings them.
  func isAwaited(in step: Route?) -> Bool {
    holds(in: step) && (isOfPairs ? step?.isMirror == true : !isSampled)
  }

  /// Whether there can be data in this step: pairs come only from a mirror.
  func isMeant(in step: Route?) -> Bool {
    holds(in: step) && (!isOfPairs || step?.isMirror == true)
  }

  /// How two answers to one request are compared; nil when it is not about that.
  package var agreement: Agreement? {
    if case .disagreement(_, let agreement) = promise { agreement } else { nil }
  }

  /// Whether two answers to one request are compared.
  package var isOfPairs: Bool { agreement != nil }

  /// Whether it promises how few requests are answered with an error, or not at all.
  package var isOfErrors: Bool { if case .errors = promise { true } else { false } }

  /// Whether each request has a score from 0 to 1, instead of being bad or good.
  package var isScored: Bool { promise.isScored }

  /// As how many trials a request counts in the tests.
  var trialsPerRequest: Int { promise.trialsPerRequest }
}

extension Objective {
  private enum CodingKeys: CodingKey { case promise, weight, floor, during }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(Promise.self, forKey: .promise),
      weight: try container.decode(Int.self, forKey: .weight),
      floor: try container.decodeIfPresent(Ratio.self, forKey: .floor),
      during: try container.decodeIfPresent(Route.self, forKey: .during))
  }
}

extension Objective.Promise {
  fileprivate var allowed: Ratio {
    switch self {
    case .errors(let below): below
    case .latency(let percentile, _): Ratio(perMillion: 1_000_000 - percentile.perMillion)
    case .badInputs(let below), .badOutputs(let below), .labels(let below),
      .disagreement(let below, _):
      below
    }
  }

  fileprivate var isScored: Bool { if case .labels = self { true } else { false } }

  fileprivate var trialsPerRequest: Int { isScored ? Trials.perScore : 1 }
}

/// How sure the analysis must be, and what happens when it cannot be.
package struct AnalysisSettings: Equatable, Sendable, Codable {
  package enum OnNoData: String, Sendable, Codable { case hold, rollback }
  package enum OnInconclusive: String, Sendable, Codable { case hold, rollback, promote }

  /// 1 - alpha: a healthy model is kept with at least this probability over the whole rollout.
  package let confidence: Ratio
  /// What is assumed of requests that fail together.
  package let dependence: Dependence
  /// How much worse than stable, in odds, a candidate may be.
  package let tolerance: Ratio
  /// The time between two looks.
  @InMilliseconds package var interval: Duration
  /// The requests of the candidate below which a step is inconclusive.
  package let minRequests: Int
  package let onNoData: OnNoData
  package let onInconclusive: OnInconclusive
  /// How long a step may go without data before `onNoData` applies.
  @InMilliseconds package var noDataAfter: Duration
  /// How many of the candidate's first requests do not count, for each of its servers; nil is none.
  package let warmUp: Int?

  package init(
    confidence: Ratio, dependence: Dependence = .interval,
    tolerance: Ratio = Ratio(perMillion: 250_000), interval: Duration, minRequests: Int,
    onNoData: OnNoData, onInconclusive: OnInconclusive, noDataAfter: Duration, warmUp: Int? = nil
  ) {
    precondition(confidence.perMillion < 1_000_000, "certainty is not to be had")
    self.confidence = confidence
    self.dependence = dependence
    self.tolerance = tolerance
    self.interval = interval
    self.minRequests = minRequests
    self.onNoData = onNoData
    self.onInconclusive = onInconclusive
    self.noDataAfter = noDataAfter
    self.warmUp = warmUp
  }

  /// The evidence from which on a candidate gets no more traffic.
  package static let holdBar = 10.0

  /// The probability, over the whole rollout, of rolling a healthy candidate back by chance.
  package var alpha: Double { 1 - confidence.value }

  /// The evidence, as a natural logarithm, at which a candidate is rolled back.
  package var rollbackBar: Double { -Analysis.log(alpha) }

  /// The settings as the tests take them, which keep them for a whole rollout.
  package var test: ObjectiveTest.Settings { test(dependence) }

  /// The settings of the tests where there is no baseline, as for the first to serve: equals cannot be compared.
  var testAlone: ObjectiveTest.Settings { test(dependence.withoutBaseline) }

  private func test(_ dependence: Dependence) -> ObjectiveTest.Settings {
    ObjectiveTest.Settings(
      dependence: dependence, tolerance: tolerance.perMillion, look: Int(interval.inMilliseconds))
  }
}
