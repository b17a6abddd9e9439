import Encoding

extension Form where Value == Int {
  /// A size, in bytes.
  static func bytes(_ range: ClosedRange<Int>) -> Form {
    .scalar(
      "a size", example: bytesExample,
      schema: ["type": "string", "pattern": "^[1-9][0-9]{0,9}(KiB|MiB|GiB|TiB)$"]
    ) { scalar throws(TextRefusal) in
      guard let match = scalar.text.wholeMatch(of: /([1-9][0-9]{0,9})(KiB|MiB|GiB|TiB)/),
        let count = Int(match.1), let unit = byteUnits.first(where: { $0.name == match.2 })
      else {
        throw TextRefusal(
          message: "\"\(scalar.text.shortened)\" is not a size", hint: bytesExample)
      }
      let (value, isTooLarge) = count.multipliedReportingOverflow(by: unit.bytes)
      guard !isTooLarge, range.contains(value) else {
        throw TextRefusal(message: "\(scalar.text) is more than \(range.upperBound.bytesText)")
      }
      return value
    }
  }
}

private let bytesExample = "write it like 512MiB or 20GiB"
private let byteUnits: [(name: Substring, bytes: Int)] = [
  ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
]

extension Int {
  /// A size in the largest unit that says it exactly.
  package var bytesText: String {
    guard let unit = byteUnits.first(where: { self >= $0.bytes && self % $0.bytes == 0 }) else {
      return "\(self) bytes"
    }
    return "\(self / unit.bytes)\(unit.name)"
  }
}
