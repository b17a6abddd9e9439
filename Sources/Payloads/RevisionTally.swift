import Control
import Rollouts

/// What was counted of one revision.
struct RevisionTally {
  var requests = 0
  var badInputs = 0
  var badOutputs = 0
  var labelled = 0
  /// In millionths.
  var wrong = 0
  var dropped = 0
  /// nil before the first.
  var pairs: SampleCounts.Pairs?
  /// By the bins of their requests; nil before the first.
  var pairsByInput: PairsByInput?
  /// nil before the first A/B test.
  var entities: SampleCounts.Entities?
  /// Of all others, then of each slice that it has answered.
  private(set) var slices: [SliceRow] = []
  /// Of all features, then of all outputs.
  var bins: [Int]
  /// When it was last counted.
  var latest: Instant

  init(bins: Int, at now: Instant) {
    self.bins = Array(repeating: 0, count: bins)
    latest = now
  }

  func counts(_ features: Columns, _ outputs: Columns, _ seen: SeenSlices?) -> SampleCounts {
    SampleCounts(
      requests: requests, badInputs: badInputs, badOutputs: badOutputs, labelled: labelled,
      wrong: wrong, dropped: dropped, pairs: pairs, entities: entities,
      slices: seen?.counts(slices), features: features.split(bins[..<features.bins]),
      outputs: outputs.split(bins[features.bins...]))
  }

  /// Counts a pair, whose request is in these bins of so many.
  mutating func addPair(isDifferent: Bool, _ inputs: InputBins, of bins: Int) {
    pairsByInput = pairsByInput ?? PairsByInput(bins: bins)
    pairsByInput?.add(inputs, isDifferent: isDifferent)
    let before = pairs ?? SampleCounts.Pairs.none
    pairs = SampleCounts.Pairs(
      compared: before.compared + 1, differing: before.differing + (isDifferent ? 1 : 0))
  }

  mutating func addEntities(seen: Int = 0, reached: Int = 0) {
    let before = entities ?? SampleCounts.Entities.none
    entities = SampleCounts.Entities(seen: before.seen + seen, reached: before.reached + reached)
  }

  mutating func add(_ answer: PayloadEvent.Sliced, toSlice place: Int, _ edges: [Int]) {
    while slices.count <= place { slices.append(SliceRow(edges: edges.count)) }
    slices[place].add(answer, edges)
  }

  mutating func forgetSlices() { slices = [] }
}
