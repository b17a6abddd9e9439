/// A share of traffic in per mille, 0 to 1000.
///
/// Traffic is split in whole thousandths everywhere, so that what was asked, what is in force and
/// what is recorded are the same integer.
package struct PerMille: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let value: Int

  package static let none = PerMille(0)
  package static let half = PerMille(500)
  package static let all = PerMille(1000)

  package init(_ value: Int) {
    precondition((0...1000).contains(value), "share of \(value) per mille")
    self.value = value
  }

  package var complement: PerMille { PerMille(1000 - value) }

  package static func < (left: PerMille, right: PerMille) -> Bool { left.value < right.value }

  /// "5%" or "0.5%".
  package var description: String { Ratio(perMillion: value * 1000).description }

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer().decode(Int.self)
    guard (0...1000).contains(value) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "share of \(value) per mille"))
    }
    self.value = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

extension PerMille {
  /// Tells how many requests a mirror of this weight copies under a limit.
  ///
  /// - Parameters:
  ///   - limit: The copies per second; nil is no limit.
  ///   - rate: The requests per second.
  /// - Returns: The share that is copied, with three binary digits: so a rate that wavers seldom changes it, and at
  ///   least four fifths of the limit are used.
  package func copied(atMost limit: Int?, atRate rate: Double) -> Ratio {
    let whole = Ratio(perMillion: value * 1000)
    guard let limit, whole.value * rate > Double(limit) else { return whole }
    let exact = Int(Double(limit) / rate * 1_000_000)
    var unit = 1
    while exact / unit >= 8 { unit *= 2 }
    return Ratio(perMillion: exact / unit * unit)
  }
}

/// A ratio in parts per million, 0 to 1,000,000: error budgets, confidence.
package struct Ratio: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let perMillion: Int

  package init(perMillion: Int) {
    precondition((0...1_000_000).contains(perMillion), "ratio of \(perMillion) per million")
    self.perMillion = perMillion
  }

  package static let all = Ratio(perMillion: 1_000_000)

  package var value: Double { Double(perMillion) / 1_000_000 }

  /// The ratio of two counts, rounded to a hundredth of a percent; 0 of nothing.
  package init(_ part: Int, of whole: Int) {
    let exact = whole > 0 ? Double(part) / Double(whole) * 10_000 : 0
    self.init(perMillion: Int(max(0, min(10_000, exact.rounded()))) * 100)
  }

  package static func < (left: Ratio, right: Ratio) -> Bool { left.perMillion < right.perMillion }

  /// The percentage with two significant digits: "4.1%".
  package var short: String {
    Ratio(perMillion: min(1_000_000, perMillion.roundedToTwoDigits)).description
  }

  /// A percentage without trailing zeros: "1%", "0.05%".
  package var description: String {
    var fraction = String(perMillion % 10_000 + 10_000).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(perMillion / 10_000)\(fraction.isEmpty ? "" : ".")\(fraction)%"
  }

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer().decode(Int.self)
    guard (0...1_000_000).contains(value) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "ratio of \(value) per million"))
    }
    perMillion = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(perMillion)
  }
}

extension Int {
  /// The non-negative number with two significant digits.
  var roundedToTwoDigits: Int {
    var unit = 1
    while self / unit >= 100 { unit *= 10 }
    return (self + unit / 2) / unit * unit
  }
}
