extension JSONValue {
  /// The one text of this value: keys in the order of their UTF-8 bytes, no blanks, and no escapes
  /// but the necessary ones.
  package var canonical: String { text(indentedBy: nil) }

  /// The same with one member a line, for people.
  package var indented: String { text(indentedBy: 0) }

  /// The same as a file holds it: with a newline at the end.
  package var indentedFile: String { indented + "\n" }

  private func text(indentedBy depth: Int?) -> String {
    switch self {
    case .null: "null"
    case .bool(let value): String(value)
    case .int(let value): String(value)
    case .string(let value): Self.quoted(value)
    case .array(let items):
      Self.enclosed("[", items.map { $0.text(indentedBy: depth.map { $0 + 1 }) }, "]", depth)
    case .object(let members):
      Self.enclosed(
        "{",
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { key, value in
          let colon = depth == nil ? ":" : ": "
          return Self.quoted(key) + colon + value.text(indentedBy: depth.map { $0 + 1 })
        }, "}", depth)
    }
  }

  private static func enclosed(
    _ open: String, _ parts: [String], _ close: String, _ depth: Int?
  ) -> String {
    guard let depth, !parts.isEmpty else { return open + parts.joined(separator: ",") + close }
    let outer = "\n" + String(repeating: "  ", count: depth)
    let inner = outer + "  "
    return open + inner + parts.joined(separator: "," + inner) + outer + close
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\u{8}": result += "\\b"
      case "\t": result += "\\t"
      case "\n": result += "\\n"
      case "\u{C}": result += "\\f"
      case "\r": result += "\\r"
      case ..<" ":
        result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
