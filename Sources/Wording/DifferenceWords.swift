package import Rollouts

// Where answers differ, as people are told.

extension DifferencesReport {
  /// "amount is 100 to 250: 14 of 60 pairs differ; color is red: 9 of 40; of all 35 of 420".
  package var summary: String {
    let bins = bins.enumerated().map { index, bin in
      "\(bin.column) is \(bin.bin): \(bin.differing) of \(bin.pairs)"
        + (index == 0 ? " pairs differ" : "")
    }
    return (bins + ["of all \(differing) of \(pairs)"]).joined(separator: "; ")
  }
}
