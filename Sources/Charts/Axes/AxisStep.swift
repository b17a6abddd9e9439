/// The distance between two marks of an axis: 1, 2 or 5 times a power of ten.
struct AxisStep {
  private let factor: Int
  private let exponent: Int

  /// Creates the first step that is not below `distance`, which is positive.
  init(atLeast distance: Double) {
    var exponent = 0
    while Decimal(digits: 1, exponent: exponent).value > distance { exponent -= 1 }
    while Decimal(digits: 1, exponent: exponent + 1).value <= distance { exponent += 1 }
    self.init(factor: 1, exponent: exponent)
    while value < distance { self = next }
  }

  private init(factor: Int, exponent: Int) {
    self.factor = factor
    self.exponent = exponent
  }

  var value: Double { Decimal(digits: factor, exponent: exponent).value }

  var next: AxisStep {
    switch factor {
    case 1: AxisStep(factor: 2, exponent: exponent)
    case 2: AxisStep(factor: 5, exponent: exponent)
    default: AxisStep(factor: 1, exponent: exponent + 1)
    }
  }

  /// Returns the multiples of the step from the last that is not above `low` to the first that is
  /// not below `high`: two at least.
  func multiples(from low: Double, to high: Double) -> [Decimal] {
    let first = Int((low / value).rounded(.down))
    let last = max(Int((high / value).rounded(.up)), first + 1)
    return (first...last).map { Decimal(digits: $0 * factor, exponent: exponent) }
  }
}
