/// Metrics in the text format of Prometheus, version 0.0.4.
struct MetricsText {
  static let type = "text/plain; version=0.0.4; charset=utf-8"

  enum Kind: String { case counter, gauge }

  private(set) var text = ""

  /// Begins a metric: its samples follow.
  mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
  }

  mutating func sample(
    _ name: String, _ labels: KeyValuePairs<String, String> = [:], value: Int
  ) {
    sample(name, labels, text: String(value))
  }

  /// Writes a value in thousandths with its three decimals.
  mutating func sample(
    _ name: String, _ labels: KeyValuePairs<String, String> = [:], thousandths: Int64
  ) {
    let (whole, fraction) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
    let digits = String(String(1000 + fraction).dropFirst())
    sample(name, labels, text: "\(thousandths < 0 ? "-" : "")\(whole).\(digits)")
  }

  private mutating func sample(
    _ name: String, _ labels: KeyValuePairs<String, String>, text value: String
  ) {
    let written = labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    text += "\(name)\(written.isEmpty ? "" : "{\(written)}") \(value)\n"
  }

  private static func escaped(_ value: String) -> String {
    var result = ""
    for character in value.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
