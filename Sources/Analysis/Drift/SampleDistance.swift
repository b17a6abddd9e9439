/// How far apart two samples of numbers are, exactly: for whoever has the values and not only bins.
package struct SampleDistance: Equatable, Sendable {
  /// The largest difference of the two distribution functions, 0 to 1.
  package let kolmogorovSmirnov: Double
  /// What noise alone reaches in one of a hundred cases.
  package let criticalKolmogorovSmirnov: Double
  /// By how much the values moved on average (Wasserstein 1), in their unit.
  package let wasserstein: Double
  /// The average move in standard deviations of the reference; one below 0.001 counts as that much.
  package let wassersteinInDeviations: Double

  /// - Returns: nil when a sample is empty, or holds a value that is not a finite number.
  package init?(current: [Double], reference: [Double]) {
    guard !current.isEmpty, !reference.isEmpty,
      current.allSatisfy(\.isFinite), reference.allSatisfy(\.isFinite)
    else { return nil }
    let (largest, area) = Self.gaps(current.sorted(), reference.sorted())
    kolmogorovSmirnov = largest
    criticalKolmogorovSmirnov = EffectSizes.criticalKolmogorovSmirnov(
      1 / Double(current.count) + 1 / Double(reference.count))
    wasserstein = area
    wassersteinInDeviations = area / max(Self.deviation(reference), smallestDeviation)
  }

  /// Walks up both samples at once, from value to value.
  private static func gaps(
    _ current: [Double], _ reference: [Double]
  ) -> (largest: Double, area: Double) {
    let (n, m) = (Double(current.count), Double(reference.count))
    var (i, j, largest, area) = (0, 0, 0.0, 0.0)
    while i < current.count, j < reference.count {
      let value = min(current[i], reference[j])
      while i < current.count, current[i] == value { i += 1 }
      while j < reference.count, reference[j] == value { j += 1 }
      let gap = abs(Double(i) / n - Double(j) / m)
      largest = max(largest, gap)
      let next = min(
        i < current.count ? current[i] : .infinity, j < reference.count ? reference[j] : .infinity)
      if next < .infinity { area += gap * (next - value) }
    }
    return (largest, area + rest(current[i...], of: n) + rest(reference[j...], of: m))
  }

  /// The area beyond the end of the other sample, without the first value, up to which was walked.
  private static func rest(_ values: ArraySlice<Double>, of count: Double) -> Double {
    zip(values, values.dropFirst()).enumerated().reduce(0) { area, step in
      let above = Double(values.count - 1 - step.offset) / count
      return area + above * (step.element.1 - step.element.0)
    }
  }

  private static func deviation(_ values: [Double]) -> Double {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
  }
}
