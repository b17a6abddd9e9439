extension Int {
  /// Returns the sum, or the largest integer when it is larger still.
  ///
  /// Counts come from outside: a counter gone mad must not stop the controller, and what it counts is
  /// refused later as no count.
  package func adding(saturating other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// Returns the product of two positive numbers, or the largest integer when it is larger still.
  package func multiplied(saturating other: Int) -> Int {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    return overflow ? .max : product
  }
}
