import Encoding
import Rollouts

extension Form where Value == Int {
  /// A whole number, without quotes.
  static func integer(_ range: ClosedRange<Int>) -> Form {
    .scalar(
      "a whole number", example: "write it like \(range.lowerBound)",
      schema: [
        "type": "integer", "minimum": .int(Int64(range.lowerBound)),
        "maximum": .int(Int64(range.upperBound)),
      ]
    ) { scalar throws(TextRefusal) in
      let digits = scalar.text.drop { $0 == "-" }
      let isDecimal =
        !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber }
        && (digits == "0" || digits.first != "0")
      guard isDecimal, scalar.isPlain else { throw refusal(of: scalar) }
      guard let value = Int(scalar.text), range.contains(value) else {
        throw TextRefusal(
          message: "\(scalar.text.shortened) is out of range: \(range.lowerBound) to "
            + "\(range.upperBound)")
      }
      return value
    }
  }

  private static func refusal(of scalar: Node.Scalar) -> TextRefusal {
    let bare = scalar.text.filter { $0 != "_" }
    let hint: String? =
      if !scalar.isPlain {
        "write it without quotes"
      } else if bare != scalar.text,
        Int(bare) != nil
      { "write \(bare)" } else { "only decimal digits are read, without leading zeros" }
    return TextRefusal(message: "\"\(scalar.text.shortened)\" is not a whole number", hint: hint)
  }
}

extension Form where Value == Double {
  /// A finite number as JSON writes it, without quotes.
  static let number = Form.scalar(
    "a number", example: "write it like 12.5", schema: ["type": "number"]
  ) { scalar throws(TextRefusal) in
    guard scalar.isPlain, isDecimal(scalar.text), let value = Double(scalar.text), value.isFinite
    else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a finite number",
        hint: scalar.isPlain ? "write it like 12.5 or 1e-6" : "write it without quotes")
    }
    return value == 0 ? 0 : value
  }

  /// Whether a text that Swift reads as a number is one in decimal, and no name or hexadecimal.
  private static func isDecimal(_ text: String) -> Bool {
    text.utf8.contains { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      && text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
  }
}

extension Form where Value == Bool {
  /// `true` or `false`: YAML 1.1's other spellings mean different things to different readers.
  static let boolean = Form.scalar(
    "true or false", example: "write true or false", schema: ["type": "boolean"]
  ) { scalar throws(TextRefusal) in
    guard scalar.isPlain, let value = Bool(scalar.text) else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a boolean", hint: "write true or false")
    }
    return value
  }
}

/// A non-negative decimal number as a count of its smallest part.
struct FixedPoint {
  /// Reads "99.9" in units of 10 to the minus `places`; nil when it is not such a number.
  static func units(_ text: some StringProtocol, places: Int) -> Int? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let whole = parts.first.map { String($0) } ?? ""
    let fraction = parts.count == 2 ? String(parts[1]) : "0"
    guard (1...9).contains(whole.count), (1...places).contains(fraction.count),
      (whole + fraction).allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    return Int(whole + fraction + String(repeating: "0", count: places - fraction.count))
  }
}

extension Form where Value == Ratio {
  /// A percentage with at most four decimals: the core counts in parts per million.
  static func percentage(_ range: ClosedRange<Ratio>) -> Form {
    .scalar(
      "a percentage", example: "write it like 1% or 0.5%", schema: percentSchema(places: 4)
    ) { scalar throws(TextRefusal) in
      let perMillion = try percent(scalar.text, places: 4)
      guard (range.lowerBound.perMillion...range.upperBound.perMillion).contains(perMillion) else {
        throw outOfRange(scalar.text, "\(range.lowerBound) to \(range.upperBound)")
      }
      return Ratio(perMillion: perMillion)
    }
  }

  /// A percentile from the median on: 99, 99.9 or p99.
  static let percentile = Form.scalar(
    "a percentile", example: "write it like 99 or 99.9",
    schema: [
      "oneOf": [
        ["type": "number", "minimum": 50, "exclusiveMaximum": 100],
        ["type": "string", "pattern": "^p?[0-9]{2}(\\.[0-9]{1,2})?$"],
      ]
    ]
  ) { scalar throws(TextRefusal) in
    let digits = scalar.text.hasPrefix("p") ? scalar.text.dropFirst() : scalar.text[...]
    guard let hundredths = FixedPoint.units(digits, places: 2) else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a percentile",
        hint: "write it like 99 or 99.9")
    }
    guard (5000...9999).contains(hundredths) else { throw outOfRange(scalar.text, "50 to 99.99") }
    return Ratio(perMillion: hundredths * 100)
  }
}

extension Form where Value == PerMille {
  /// A share of the requests up to all of them, in tenths of a percent; what is finer is rounded down.
  static let upToAll = Form<Ratio>.percentage(
    Ratio(perMillion: 1000)...Ratio(perMillion: 1_000_000)
  ).map { PerMille($0.perMillion / 1000) }

  /// A share of the traffic between nothing and all of it, in tenths of a percent.
  static let weight = Form.scalar(
    "a percentage", example: "write it like 5% or 0.5%", schema: percentSchema(places: 1)
  ) { scalar throws(TextRefusal) in
    let perMille = try percent(scalar.text, places: 1)
    guard perMille != 1000 else {
      throw TextRefusal(
        message: "100% is no step", hint: "leave it out: promotion is the last step")
    }
    guard (1...999).contains(perMille) else { throw outOfRange(scalar.text, "0.1% to 99.9%") }
    return PerMille(perMille)
  }
}

extension Form where Value == Objective.Milliseconds {
  /// A latency in whole milliseconds.
  static func latency(_ range: ClosedRange<Int>) -> Form {
    .scalar(
      "a latency", example: "write it like 250ms or 1.5s",
      schema: ["type": "string", "pattern": "^[0-9]+(ms|(\\.[0-9]{1,3})?s)$"]
    ) { scalar throws(TextRefusal) in
      guard let milliseconds = milliseconds(scalar.text) else {
        throw TextRefusal(
          message: "\"\(scalar.text.shortened)\" is not a latency in whole milliseconds",
          hint: "write it like 250ms or 1.5s")
      }
      guard range.contains(milliseconds) else {
        throw outOfRange(scalar.text, "\(range.lowerBound)ms to \(range.upperBound)ms")
      }
      return milliseconds
    }
  }

  private static func milliseconds(_ text: String) -> Int? {
    if text.hasSuffix("ms") {
      return text.contains(".")
        ? nil : FixedPoint.units(text.dropLast(2), places: 1).map { $0 / 10 }
    }
    return text.hasSuffix("s") ? FixedPoint.units(text.dropLast(), places: 3) : nil
  }
}

private func percentSchema(places: Int) -> [String: JSONValue] {
  ["type": "string", "pattern": .string("^[0-9]{1,3}(\\.[0-9]{1,\(places)})?%$")]
}

private func outOfRange(_ text: String, _ range: String) -> TextRefusal {
  TextRefusal(message: "\(text.shortened) is out of range: \(range)")
}

extension Ratio {
  /// Reads "0.5%" as a manifest spells it, or nothing.
  package init?(manifest text: String) {
    guard let perMillion = try? percent(text, places: 4), perMillion <= 1_000_000 else {
      return nil
    }
    self.init(perMillion: perMillion)
  }
}

/// Reads a percentage in units of 10 to the minus `places` percent.
private func percent(_ text: String, places: Int) throws(TextRefusal) -> Int {
  if text.hasSuffix("%"), let units = FixedPoint.units(text.dropLast(), places: places) {
    return units
  }
  let isFiner = text.hasSuffix("%") && FixedPoint.units(text.dropLast(), places: 9) != nil
  throw TextRefusal(
    message: isFiner
      ? "\(text.shortened) is finer than \(places == 1 ? "one decimal" : "\(places) decimals")"
      : "\"\(text.shortened)\" is not a percentage",
    hint: percentHint(text))
}

/// What somebody who wrote a bare number may have meant: 5 is 5%, and 0.01 probably 1%.
private func percentHint(_ text: String) -> String? {
  guard let billionths = FixedPoint.units(text, places: 9) else { return nil }
  guard (1..<1_000_000_000).contains(billionths) else { return "write \(text)%" }
  return "write \(text)%, or \(Ratio(perMillion: billionths / 1000)) for a ratio of \(text)"
}
