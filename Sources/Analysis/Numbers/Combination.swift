/// The logarithm of the weighted average of e-values given by their logarithms.
///
/// The average is valid whatever the dependence between them, and never worse than Bonferroni.
package struct LogMean: Sendable {
  private var sum = LogSum()
  private var total = 0

  package init() {}

  /// Averages e-values that each have a weight.
  package init(_ parts: some Sequence<(Double, Int)>) {
    for (logE, weight) in parts { add(logE, weight: weight) }
  }

  package mutating func add(_ logE: Double, weight: Int = 1) {
    sum.add(log(Double(weight)) + logE)
    total += weight
  }

  /// 0 when nothing was added.
  package var logE: Double { total == 0 ? 0 : sum.logarithm - log(Double(total)) }
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
