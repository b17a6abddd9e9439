/// Adds numbers that are known by their logarithms, however large or small, in one pass.
package struct LogSum: Sendable {
  private var largest = -Double.infinity
  /// The sum in units of the largest term.
  private var sum = 0.0

  /// e to the power -37 is less than 2 to the power -53.
  private static let negligible = -37.0

  package init() {}

  package mutating func add(_ logarithm: Double) {
    guard logarithm > -.infinity else { return }
    if logarithm <= largest {
      // The sum is at least 1: what is smaller than half of its last bit cannot change it.
      guard logarithm - largest > Self.negligible else { return }
      sum += exp(logarithm - largest)
    } else {
      sum = sum * exp(largest - logarithm) + 1
      largest = logarithm
    }
  }

  /// The logarithm of the sum; -infinity when nothing was added.
  package var logarithm: Double { sum == 0 ? -.infinity : largest + log(sum) }
}

/// Returns log(exp(a) + exp(b)) without overflow.
func logSum(_ a: Double, _ b: Double) -> Double {
  let (larger, smaller) = a > b ? (a, b) : (b, a)
  guard smaller > -.infinity else { return larger }
  return larger + log1p(exp(smaller - larger))
}
