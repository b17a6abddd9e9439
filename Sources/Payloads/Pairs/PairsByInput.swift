import Profiles
import Rollouts

/// How many pairs of answers there were, and how many differed, by the bins of their requests.
///
/// Two numbers for each bin of the profile, whatever comes.
struct PairsByInput {
  private var pairs = 0
  private var differing = 0
  private var compared: [Int]
  private var different: [Int]

  init(bins: Int) {
    compared = Array(repeating: 0, count: bins)
    different = compared
  }

  mutating func add(_ inputs: InputBins, isDifferent: Bool) {
    // What was not kept, or could not be read, is in no bin.
    if inputs.hits.isEmpty { return }
    pairs += 1
    if isDifferent { differing += 1 }
    for bin in inputs.hits {
      compared[bin] += 1
      if isDifferent { different[bin] += 1 }
    }
  }

  func report(_ features: Columns, of plan: [ProfileColumn]) -> DifferencesReport? {
    DifferencesReport(
      pairs: pairs, differing: differing, of: plan, compared: features.split(compared[...]),
      different: features.split(different[...]))
  }
}
