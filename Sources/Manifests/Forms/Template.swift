/// Text with holes, like "retrain-{name}".
package struct Template: Equatable, Sendable {
  package enum Hole: String, CaseIterable, Sendable {
    case namespace, name, version, reason, event
  }

  private enum Part: Equatable, Sendable {
    case text(String)
    case hole(Hole)
  }

  private let parts: [Part]

  /// Reads a template; a word in braces is a hole, and any other brace is itself.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - holes: Those that it may have.
  /// - Throws: `TextRefusal` for any other hole.
  init(_ text: String, holes: [Hole]) throws(TextRefusal) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      parts.append(.text(String(rest[..<open])))
      let word = rest[rest.index(after: open)...].prefix { $0.isASCII && $0.isLetter }
      guard !word.isEmpty, rest[word.endIndex...].hasPrefix("}") else {
        parts.append(.text("{"))
        rest = rest[rest.index(after: open)...]
        continue
      }
      parts.append(.hole(try Self.hole(String(word), among: holes)))
      rest = rest[rest.index(after: word.endIndex)...]
    }
    self.parts = (parts + [.text(String(rest))]).filter { $0 != .text("") }
  }

  private static func hole(_ word: String, among holes: [Hole]) throws(TextRefusal) -> Hole {
    if let hole = holes.first(where: { $0.rawValue == word }) { return hole }
    throw TextRefusal(
      message: "unknown hole \"{\(word.shortened)}\"",
      hint: Suggestion.hint(for: word, in: holes.map(\.rawValue), calling: "known holes"))
  }

  /// Returns the text with its holes filled.
  package func filled(_ value: (Hole) -> String) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .hole(let hole): value(hole)
      }
    }.joined()
  }

  /// Whether it is this hole and nothing else.
  func isOnly(_ hole: Hole) -> Bool { parts == [.hole(hole)] }

  /// Whether it has this hole.
  func has(_ hole: Hole) -> Bool { parts.contains(.hole(hole)) }
}
