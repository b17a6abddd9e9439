/// Collects what is wrong with one file while it is read.
///
/// Reading goes on after a problem, so that a person sees all of them at once.
package final class Findings {
  /// Enough to correct a file by; a hostile one cannot make megabytes of messages.
  static let limit = 100

  let path: String
  private var found: [Diagnostic] = []
  /// Whether what is still to be found would not be shown.
  private(set) var isFull = false

  package init(path: String) { self.path = path }

  /// What was found, in the order of the file.
  package var diagnostics: [Diagnostic] {
    var seen: Set<Diagnostic> = []
    let sorted = found.enumerated().sorted { left, right in
      (left.element.position, left.offset) < (right.element.position, right.offset)
    }
    return sorted.map(\.element).filter { seen.insert($0).inserted }
  }

  package var hasErrors: Bool { found.contains { $0.severity == .error } }

  func error(
    _ message: String, at position: TextPosition, hint: String? = nil, isConfidential: Bool = false
  ) {
    add(
      Diagnostic(
        .error, path: path, position: position, message: message, hint: hint,
        isConfidential: isConfidential))
  }

  func warning(_ message: String, at position: TextPosition, hint: String? = nil) {
    add(Diagnostic(.warning, path: path, position: position, message: message, hint: hint))
  }

  func note(_ message: String, at position: TextPosition) {
    add(Diagnostic(.note, path: path, position: position, message: message))
  }

  private func add(_ diagnostic: Diagnostic) {
    guard !isFull else { return }
    isFull = found.count == Self.limit
    found.append(
      isFull
        ? Diagnostic(
          .error, path: path, position: diagnostic.position,
          message: "more than \(Self.limit) problems, the rest is not shown")
        : diagnostic)
  }
}
