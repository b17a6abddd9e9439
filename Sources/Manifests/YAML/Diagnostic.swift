import Encoding
/// Something about a file that a person wrote, told in terms of that file: mostly a problem.
package struct Diagnostic: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  package enum Severity: String, Hashable, Sendable, Codable {
    case error, warning
    /// What follows from the file and is not written in it.
    case note
  }

  package let severity: Severity
  package let path: String
  package let position: TextPosition
  package let message: String
  package let hint: String?
  /// Whether the line holds a secret and is not to be shown.
  package let isConfidential: Bool

  package init(
    _ severity: Severity, path: String, position: TextPosition, message: String,
    hint: String? = nil,
    isConfidential: Bool = false
  ) {
    self.severity = severity
    self.path = path
    self.position = position
    self.message = message
    self.hint = hint
    self.isConfidential = isConfidential
  }

  package var line: Int { position.line }
  package var column: Int { position.column }

  /// The first line of the rendering: "models/ranker.yaml:3:5: error: unknown key".
  package var description: String {
    DisplayText.safe(
      "\(path):\(position.line):\(position.column): \(severity.rawValue): \(message)")
  }

  /// Returns the diagnostic with the offending line, a caret and the hint, for a terminal.
  ///
  /// Nothing in it can move a terminal's cursor or colour it, whatever the file holds. A line that
  /// may hold a secret is left out.
  package func rendered(over source: [UInt8]) -> String {
    rendered(over: SourceLine.lines([line], of: source)[line])
  }

  fileprivate func rendered(over line: SourceLine?) -> String {
    var text = description
    if !isConfidential, let line, !line.mayHoldSecret {
      let number = String(position.line)
      let (shown, indent) = line.excerpt(around: position.column)
      let margin = String(repeating: " ", count: number.count)
      text += "\n\(number) | \(shown)\n\(margin) | \(indent)^"
    }
    if let hint { text += "\nhint: \(DisplayText.safe(hint))" }
    return text
  }
}

extension [Diagnostic] {
  /// Returns every diagnostic over its line of the file, with an empty line between two.
  package func rendered(over source: [UInt8]) -> String {
    let lines = SourceLine.lines(Set(map(\.line)), of: source)
    return map { $0.rendered(over: lines[$0.line]) + "\n" }.joined(separator: "\n")
  }
}
