/// A whole number times a power of ten, which has one exact spelling.
///
/// Marks of an axis are multiples of 1, 2 or 5 times a power of ten. As floating-point numbers they
/// would be 0.30000000000000004.
struct Decimal: Equatable {
  let digits: Int
  let exponent: Int

  var value: Double {
    exponent < 0
      ? Double(digits) / powerOfTen(-exponent) : Double(digits) * powerOfTen(exponent)
  }

  /// "0.25", "-3", "12k", "1.5M", "3e12": as few characters as say it.
  var text: String {
    guard digits != 0 else { return "0" }
    var (rest, shift) = (digits.magnitude, exponent)
    while rest % 10 == 0 { (rest, shift) = (rest / 10, shift + 1) }
    let sign = digits < 0 ? "−" : ""
    return sign + Self.text(String(rest), shift: shift)
  }

  /// Spells `digits` followed by `shift` zeros, or with a point before the last of them.
  ///
  /// Thousands begin at 10,000, powers of ten where zeros would have to be counted.
  private static func text(_ digits: String, shift: Int) -> String {
    let whole = digits.count + shift  // digits before the point
    switch whole {
    case ...(-4), 10...: return scientific(digits, exponent: whole - 1)
    case 7...: return point(digits, after: whole - 6) + "M"
    case 5...: return point(digits, after: whole - 3) + "k"
    default: return point(digits, after: whole)
    }
  }

  private static func scientific(_ digits: String, exponent: Int) -> String {
    point(digits, after: 1) + "e" + (exponent < 0 ? "−" : "") + String(exponent.magnitude)
  }

  private static func point(_ digits: String, after whole: Int) -> String {
    if whole <= 0 { return "0." + String(repeating: "0", count: -whole) + digits }
    if whole >= digits.count { return digits + String(repeating: "0", count: whole - digits.count) }
    return digits.prefix(whole) + "." + digits.dropFirst(whole)
  }
}

/// Returns 10^`exponent`, which is not negative: exact up to 10^22.
func powerOfTen(_ exponent: Int) -> Double { (0..<exponent).reduce(1) { power, _ in power * 10 } }
