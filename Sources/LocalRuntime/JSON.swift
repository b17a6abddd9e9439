/// A JSON value that always renders to the same text.
///
/// Envoy's configuration is named by the hash of its text, so the text must not depend on the order
/// of a dictionary or on the version of a library.
package enum JSON: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Int)
  case text(String)
  case array([JSON])
  case object([String: JSON])

  /// The value with sorted keys, two spaces of indent and a final newline.
  package var rendered: String {
    var text = ""
    render(into: &text, indent: "")
    return text + "\n"
  }

  private func render(into text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let value): text += String(value)
    case .text(let value): text += Self.quoted(value)
    case .array(let values):
      Self.renderLines(values.map { (nil, $0) }, between: ("[", "]"), into: &text, indent: indent)
    case .object(let members):
      let lines = members.sorted { $0.key < $1.key }.map { (Optional($0.key), $0.value) }
      Self.renderLines(lines, between: ("{", "}"), into: &text, indent: indent)
    }
  }

  private static func renderLines(
    _ lines: [(key: String?, value: JSON)], between brackets: (String, String),
    into text: inout String, indent: String
  ) {
    guard !lines.isEmpty else {
      text += brackets.0 + brackets.1
      return
    }
    text += brackets.0
    for (index, line) in lines.enumerated() {
      text += index == 0 ? "\n\(indent)  " : ",\n\(indent)  "
      if let key = line.key { text += quoted(key) + ": " }
      line.value.render(into: &text, indent: indent + "  ")
    }
    text += "\n\(indent)" + brackets.1
  }

  package static func quoted(_ value: String) -> String {
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number(value) }
  package init(stringLiteral value: String) { self = .text(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(Dictionary(elements) { $1 })
  }
}
