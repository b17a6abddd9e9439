extension JSONValue {
  /// The one text of this value: keys in the order of their UTF-8 bytes, no blanks, and no escapes
  /// but the necessary ones.
  package var canonical: String { String(decoding: text(indentedBy: nil), as: UTF8.self) }

  /// The value with one member a line, for people.
  package var indented: String { String(decoding: text(indentedBy: 0), as: UTF8.self) }

  /// The indented text as a file holds it: with a newline at the end.
  package var indentedFile: String { indented + "\n" }

  /// The canonical form on one line, as the ledger's files hold it.
  package var file: [UInt8] { text(indentedBy: nil) + [UInt8(ascii: "\n")] }

  private func text(indentedBy depth: Int?) -> [UInt8] {
    var writer = JSONWriter()
    writer.write(self, indentedBy: depth)
    return writer.bytes
  }
}

/// Writes one value behind the other.
private struct JSONWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ value: JSONValue, indentedBy depth: Int?) {
    switch value {
    case .null: put("null")
    case .bool(let value): put(value ? "true" : "false")
    case .int(let value): put(value)
    case .string(let value): quote(value)
    case .array(let items): enclose("[", items, "]", depth) { $0.write($1, indentedBy: $2) }
    case .object(let members):
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      enclose("{", sorted, "}", depth) { writer, member, depth in
        writer.quote(member.key)
        writer.put(depth == nil ? ":" : ": ")
        writer.write(member.value, indentedBy: depth)
      }
    }
  }

  private mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  /// Digit by digit: most of a ledger is integers.
  private mutating func put(_ value: Int64) {
    if value < 0 { put("-") }
    let start = bytes.count
    var rest = value.magnitude
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func enclose<Part>(
    _ open: StaticString, _ parts: [Part], _ close: StaticString, _ depth: Int?,
    write: (inout JSONWriter, Part, Int?) -> Void
  ) {
    put(open)
    let inner = parts.isEmpty ? nil : depth.map { $0 + 1 }
    for (index, part) in parts.enumerated() {
      if index > 0 { put(",") }
      beginLine(inner)
      write(&self, part, inner)
    }
    if inner != nil { beginLine(depth) }
    put(close)
  }

  private mutating func beginLine(_ depth: Int?) {
    guard let depth else { return }
    put("\n")
    for _ in 0..<depth { put("  ") }
  }

  private mutating func quote(_ text: String) {
    put("\"")
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): put("\\\"")
      case UInt8(ascii: "\\"): put("\\\\")
      case 0x08: put("\\b")
      case 0x09: put("\\t")
      case 0x0A: put("\\n")
      case 0x0C: put("\\f")
      case 0x0D: put("\\r")
      case ..<0x20:
        put(byte < 16 ? "\\u000" : "\\u00")
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
      default: bytes.append(byte)
      }
    }
    put("\"")
  }
}
