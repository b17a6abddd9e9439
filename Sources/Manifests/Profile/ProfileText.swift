import Encoding
package import Profiles

extension DataProfile {
  /// Returns the file of this profile under a name of its own: what `decodeProfile` reads back, and
  /// the same bytes for the same profile.
  package func yaml(named name: String) -> String {
    var text = """
      apiVersion: \(ManifestKind.apiVersion)
      kind: \(ProfileForm.kind)
      metadata:
        name: \(YAMLText.scalar(name))
      spec:
        rows: \(rows)
        source: \(YAMLText.scalar(source))

      """
    if let testResult { text += testResult.yaml }
    for (key, columns) in [("features", features), ("outputs", outputs)] where !columns.isEmpty {
      text += "  \(key):\n" + columns.map(\.yaml).joined()
    }
    return text
  }
}

extension TestResult {
  fileprivate var yaml: String {
    "  testResult:\n    \(measure.rawValue): \(shortValue)\n    rows: \(rows)\n"
  }
}

extension ProfileColumn {
  fileprivate var yaml: String {
    var text = "    - name: \(YAMLText.scalar(name))\n"
    switch kind {
    case .number(let edges): text += "      number:\n" + ranges(edges)
    case .text(let edges): text += "      text:\n" + ranges(edges)
    case .vector(let dimension, let edges):
      text += "      vector:\n        dimension: \(dimension)\n" + ranges(edges)
    case .category(let values): text += "      category:\n" + categories(values)
    }
    if let missing = counts.last, missing > 0 { text += "      missing: \(missing)\n" }
    if let range {
      let bounds = [range.least, range.largest].map(plain)
      text += "      range: [\(bounds.joined(separator: ", "))]\n"
    }
    return text + (isOptional ? "      optional: true\n" : "")
  }

  private func ranges(_ edges: [Double]) -> String {
    YAMLText.list("edges", edges.map(plain), "[", "]")
      + YAMLText.list("counts", counts.dropLast().map(String.init), "[", "]")
  }

  private func categories(_ values: [String]) -> String {
    let entries = zip(values, counts).map { "\(YAMLText.scalar($0)): \($1)" }
    let others = counts[values.count]
    return YAMLText.list("counts", entries, "{", "}")
      + (others > 0 ? "        others: \(others)\n" : "")
  }
}

/// Values as a manifest spells them.
enum YAMLText {
  private static let widestLine = 100
  private static let indent = String(repeating: " ", count: 8)

  /// A key with a list behind it, on as many lines as it takes.
  static func list(
    _ key: String, _ items: [String], _ open: String, _ close: String
  ) -> String {
    var (text, line) = ("", "\(indent)\(key): \(open)")
    for (index, item) in items.enumerated() {
      let piece = item + (index == items.count - 1 ? close : ",")
      if index > 0 {
        if line.count + 1 + piece.count > widestLine {
          text += line + "\n"
          line = indent + " "
        }
        line += " "
      }
      line += piece
    }
    return text + line + (items.isEmpty ? close : "") + "\n"
  }

  /// Text without quotes where every reader of YAML takes it for text.
  static func scalar(_ text: String) -> String {
    isPlain(text) ? text : "\"" + text.unicodeScalars.map(escaped).joined() + "\""
  }

  /// What YAML 1.1 or 1.2 reads as something else than text.
  private static let words: Set<String> = [
    "null", "true", "false", "yes", "no", "on", "off", "y", "n",
  ]

  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), !words.contains(text.lowercased()) else {
      return false
    }
    return text.utf8.allSatisfy {
      isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        || "_-./".utf8.contains($0)
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    let small = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small)
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\"": "\\\""
    case "\\": "\\\\"
    case _ where DisplayText.isUnsafe(scalar): code(scalar)
    default: String(scalar)
    }
  }

  private static func code(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    let (letter, width) =
      scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
    return "\\\(letter)" + String(repeating: "0", count: width - digits.count) + digits
  }
}
