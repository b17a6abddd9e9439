import Analysis
import Simulation

/// Requests of one arm over several looks.
struct Tally {
  private(set) var bad = 0
  private(set) var total = 0

  mutating func add(_ trials: Trials) {
    bad += trials.bad
    total += trials.total
  }

  /// The share of bad requests, or nil when there were none at all.
  var share: Double? { total == 0 ? nil : Double(bad) / Double(total) }
}

/// Both arms by one metric, over several looks.
struct ArmTallies {
  private(set) var candidate = Tally()
  private(set) var stable = Tally()

  mutating func add(_ look: MetricLook) {
    candidate.add(look.candidate)
    stable.add(look.stable)
  }
}

/// Adds looks up until an interval is full, as a query over the last minute does.
struct Window {
  private let looks: Int
  private var seen = 0
  private var tallies: [ArmTallies] = []

  init(looks: Int) {
    precondition(looks > 0, "window of \(looks) looks")
    self.looks = looks
  }

  /// Returns each metric's sums when this look fills the interval, and begins the next one.
  mutating func add(_ look: [MetricLook]) -> [ArmTallies]? {
    if seen == 0 { tallies = look.map { _ in ArmTallies() } }
    for (index, metric) in look.enumerated() { tallies[index].add(metric) }
    seen = (seen + 1) % looks
    return seen == 0 ? tallies : nil
  }
}
