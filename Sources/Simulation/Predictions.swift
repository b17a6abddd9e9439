import Profiles
import Randomness
package import Rollouts

/// What two revisions predict on a simulated traffic, and how much of it is looked at.
package struct Predictions: Equatable, Sendable {
  /// Of each output the shares of its bins.
  package var stable: [[Double]]
  package var candidate: [[Double]]
  let sample: SampleRate

  /// Creates predictions that are distributed as the profile's; nil when none are to be compared.
  package init?(_ drift: DriftSettings?) {
    guard let drift, drift.predictions != nil, !drift.profile.outputs.isEmpty else { return nil }
    stable = drift.profile.outputs.map(\.shares)
    candidate = stable
    sample = drift.sample
  }

  /// Moves so much of the candidate's first output from the most frequent bin to the rarest one that
  /// occurs.
  package mutating func move(_ share: Double) {
    let bins = stable[0].indices.filter { stable[0][$0] > 0 }
    guard let from = bins.max(by: { stable[0][$0] < stable[0][$1] }),
      let to = bins.min(by: { stable[0][$0] < stable[0][$1] })
    else { return }
    let moved = min(share, stable[0][from])
    candidate[0][from] -= moved
    candidate[0][to] += moved
  }
}

extension ProfileColumn {
  fileprivate var shares: [Double] {
    let total = Double(max(1, counts.reduce(0, +)))
    return counts.map { Double($0) / total }
  }
}

/// The predictions of a traffic, one look after the other.
struct PredictionStream: Sendable {
  private let predictions: Predictions
  /// Until then the candidate predicts as stable does.
  private let onset: Int
  private let share: Double
  private var random: SplitMix64
  private var look = 0

  init(_ predictions: Predictions, _ traffic: Traffic, random: SplitMix64) {
    self.predictions = predictions
    onset = traffic.onset
    share = Double(predictions.sample.share(atRate: traffic.requestsPerSecond).value) / 1000
    self.random = random
  }

  /// Returns the counts of the next look with what was sampled of them.
  mutating func sample(_ counts: LookCounts) -> LookCounts {
    defer { look += 1 }
    let own = look < onset ? predictions.stable : predictions.candidate
    return LookCounts(
      candidate: sample(counts.candidate, own), stable: sample(counts.stable, predictions.stable))
  }

  private mutating func sample(_ counts: Counts, _ shares: [[Double]]) -> Counts {
    let sampled = random.binomial(trials: counts.requests, share: share)
    let outputs = shares.map { random.multinomial(trials: sampled, $0) }
    // What breaks the contract, and what has a label, is counted of all requests: as much of a sample.
    let all = counts.samples
    func part(_ count: Int?) -> Int { (count ?? 0) * sampled / max(1, counts.requests) }
    return counts.with(
      SampleCounts(
        requests: sampled, badInputs: part(all?.badInputs), badOutputs: part(all?.badOutputs),
        labelled: part(all?.labelled), wrong: part(all?.wrong),
        pairs: all?.pairs.map {
          .init(compared: part($0.compared), differing: part($0.differing))
        }, features: [], outputs: outputs))
  }
}

extension SplitMix64 {
  /// Returns how many of `trials` fall into each bin; the shares add up to 1.
  package mutating func multinomial(trials: Int, _ shares: [Double]) -> [Int] {
    var (trials, rest) = (trials, 1.0)
    var counts = shares.dropLast().map { share in
      let count = rest > 0 ? binomial(trials: trials, share: min(1, share / rest)) : 0
      trials -= count
      rest -= share
      return count
    }
    counts.append(trials)
    return counts
  }
}
