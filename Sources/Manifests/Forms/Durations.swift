import Encoding

extension Form where Value == Duration {
  /// A duration in words, within a range.
  static func duration(_ range: ClosedRange<Duration>) -> Form {
    .scalar(
      "a duration", example: durationExample,
      schema: [
        "type": "string", "minLength": 2,
        "pattern": "^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
      ]
    ) { scalar throws(TextRefusal) in
      let duration = try Duration(manifestText: scalar.text)
      guard range.contains(duration) else {
        throw TextRefusal(
          message: "\(scalar.text) is out of range: \(range.lowerBound.manifestText) to "
            + "\(range.upperBound.manifestText)")
      }
      return duration
    }
  }
}

/// Long enough for every promise, and far from the end of 64 bits.
let longestDuration = Duration.seconds(365 * 24 * 3600)

private let durationExample = "write it like 500ms, 30s, 10m, 1h30m or 7d"

extension Duration {
  /// The units in the order in which they may follow one another, with their milliseconds.
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// Reads "1h30m": whole numbers with units, the larger unit first, each at most once.
  init(manifestText text: String) throws(TextRefusal) {
    var rest = text[...]
    var total: Int64 = 0
    var units = Self.units[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let unit = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(unit.count)
      // Each part is at most a year, so that the sum of all five cannot overflow.
      guard (1...11).contains(digits.count), let count = Int64(digits),
        let index = units.firstIndex(where: { $0.name == unit })
      else { throw Self.refusal(of: text) }
      let (part, overflow) = count.multipliedReportingOverflow(by: units[index].milliseconds)
      guard !overflow, part <= longestDuration.components.seconds * 1000 else {
        throw TextRefusal(message: "\(text.shortened) is longer than a year")
      }
      total += part
      units = units[(index + 1)...]
    }
    guard !text.isEmpty else { throw Self.refusal(of: text) }
    self = .milliseconds(total)
  }

  /// Reads the same, or nothing.
  package init?(manifest text: String) {
    guard let duration = try? Duration(manifestText: text) else { return nil }
    self = duration
  }

  private static func refusal(of text: String) -> TextRefusal {
    let isBare = !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") }
    return TextRefusal(
      message: "\"\(text.shortened)\" is not a duration",
      hint: isBare ? "add the unit: \(text.shortened)s or \(text.shortened)m" : durationExample)
  }

  /// The duration as a manifest spells it: "1h30m"; below a millisecond nothing is said.
  package var manifestText: String {
    var rest = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    guard rest > 0 else { return "0s" }
    var text = ""
    for unit in Self.units where rest >= unit.milliseconds {
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text
  }
}
