/// Selectors, put together from names and values that are escaped on their way in.
enum PromQL {
  /// A condition on one label: that its value is one of some.
  struct Matcher: Equatable {
    let label: String
    let values: [String]

    /// The text; nil when the label is no name, or a value is empty, which would match series without the label.
    var text: String? {
      guard PromQL.isLabel(label), !values.isEmpty, !values.contains("") else { return nil }
      let pattern = values.map(PromQL.escaped(forPattern:)).joined(separator: "|")
      return "\(label)=~\(PromQL.quoted(pattern))"
    }
  }

  /// A raw range selector: every sample of the last `window`, as it was scraped.
  static func range(_ matchers: [Matcher], window: Duration) throws(PrometheusError) -> String {
    let texts = matchers.compactMap(\.text)
    guard texts.count == matchers.count, !texts.isEmpty else {
      throw PrometheusError(.subject, "a label of what is to be counted has no name or no value")
    }
    return "{\(texts.joined(separator: ","))}[\(max(1, window.components.seconds))s]"
  }

  private static func isLabel(_ text: String) -> Bool {
    let isSpelt = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F
    }
    return isSpelt && text.utf8.first.map { !(0x30...0x39).contains($0) } == true
  }

  /// As a pattern of RE2 that matches the text and nothing else.
  private static func escaped(forPattern text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if #"\.+*?()|[]{}^$"#.unicodeScalars.contains(scalar) { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  /// As a string literal of PromQL.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\":
        result.unicodeScalars.append("\\")
        result.unicodeScalars.append(scalar)
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
