/// The text of one SVG picture, an element a line.
struct Drawing {
  private(set) var lines: [String] = []
  private var open: [String] = []

  /// Adds an element; `text` is what it contains.
  mutating func add(
    _ name: String, _ attributes: KeyValuePairs<String, String>, text: String? = nil
  ) {
    let content = text.map { ">\(Self.escaped($0))</\(name)>" } ?? "/>"
    lines.append(indentation + "<" + name + Self.text(attributes) + content)
  }

  /// Adds an element that contains what `body` adds.
  mutating func group(
    _ name: String, _ attributes: KeyValuePairs<String, String>, _ body: (inout Drawing) -> Void
  ) {
    lines.append(indentation + "<" + name + Self.text(attributes) + ">")
    open.append(name)
    body(&self)
    open.removeLast()
    lines.append(indentation + "</\(name)>")
  }

  /// Adds a style sheet of our own, which needs no escapes.
  mutating func add(style rules: [String]) {
    group("style", [:]) { drawing in drawing.lines += rules.map { drawing.indentation + $0 } }
  }

  /// Spells a coordinate in tenths of a pixel: finer nobody sees, and every machine rounds it
  /// alike.
  static func number(_ pixels: Double) -> String {
    let tenths = Int((pixels * 10).rounded())
    let magnitude = tenths.magnitude
    let fraction = magnitude % 10 == 0 ? "" : ".\(magnitude % 10)"
    return (tenths < 0 ? "-" : "") + "\(magnitude / 10)" + fraction
  }

  private var indentation: String { String(repeating: "  ", count: open.count) }

  private static func text(_ attributes: KeyValuePairs<String, String>) -> String {
    attributes.map { " \($0)=\"\(escaped($1))\"" }.joined()
  }

  /// Returns `text` as XML has it; what XML cannot hold, and what turns the direction of text, is
  /// dropped.
  static func escaped(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { escaped, scalar in
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case _ where isDrawn(scalar): escaped.unicodeScalars.append(scalar)
      default: break
      }
    }
  }

  private static func isDrawn(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }
}
