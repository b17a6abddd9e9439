/// Returns the logarithm of the weighted average of e-values given by their logarithms; 0 for none.
///
/// The average is valid whatever the dependence between them, and never worse than Bonferroni.
package func logMeanE(_ terms: some Sequence<(logE: Double, weight: Int)>) -> Double {
  var sum = LogSum()
  var total = 0
  for term in terms {
    sum.add(log(Double(term.weight)) + term.logE)
    total += term.weight
  }
  return total == 0 ? 0 : sum.logarithm - log(Double(total))
}

/// Returns which e-values are discoveries at a false-discovery rate of at most `rate`, whatever the
/// dependence between them, in ascending order of index.
///
/// e-Benjamini-Hochberg (Wang and Ramdas 2022): the largest k whose k-th largest e-value reaches
/// K / (k · rate).
package func discoveries(among logE: [Double], rate: Double) -> [Int] {
  let order = logE.indices.sorted { logE[$0] > logE[$1] }
  let bar = log(Double(logE.count)) - log(rate)
  let last = order.indices.last { logE[order[$0]] + log(Double($0 + 1)) >= bar }
  return last.map { order[...$0].sorted() } ?? []
}
