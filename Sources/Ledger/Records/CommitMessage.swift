import Rollouts
import Wording

/// The commit message of a record: a title and a sentence for people, trailers as an index.
///
/// The JSON record is the truth. Nothing that a user wrote reaches the trailers unescaped: a newline
/// in a value would forge a second trailer.
package struct CommitMessage: Equatable, Sendable, CustomStringConvertible {
  package let description: String

  /// The longest free text; a title and a sentence must stay readable in every tool.
  static let longest = 200

  package init(_ record: Record, digest: String) {
    self.init(
      title: Self.title(record), sentence: Self.line(record.text),
      arms: (record.arms ?? []).map { Self.line($0.summary) },
      trailers: Self.trailers(record, digest: digest))
  }

  /// Puts a message together; title, sentence and what is said of each candidate are lines already.
  init(
    title: String, sentence: String, arms: [String] = [], trailers: [(String, String)]
  ) {
    let lines = trailers.map { "\($0.0): \(Self.value($0.1))" }
    let paragraph = arms.isEmpty ? "" : "\n" + arms.map { "- \($0)\n" }.joined()
    description = """
      \(title)

      \(sentence).
      \(paragraph)
      \(lines.joined(separator: "\n"))

      """
  }

  private static func title(_ record: Record) -> String {
    let version = record.revision.map { " v\($0.model.version)" } ?? ""
    let change = "\(record.from.label) -> \(record.to.label)"
    let numbers = "(rollout \(record.rollout), decision \(record.seq))"
    return line("\(record.verdict.rawValue) \(record.deployment)\(version) \(change)  \(numbers)")
  }

  private static func trailers(_ record: Record, digest: String) -> [(String, String)] {
    var trailers = [
      ("Serin-Record", "v1"), ("Deployment", record.deployment.description),
      ("Rollout", "\(record.rollout)"), ("Decision", "\(record.seq)"),
      ("Verdict", record.verdict.rawValue), ("Cause", record.cause.rawValue),
      ("Transition", "\(record.from.words) -> \(record.to.words)"),
    ]
    if let model = record.revision?.model {
      trailers.append(("Model-Version", model.version))
      trailers.append(("Model-Digest", model.digest ?? "none"))
    }
    if let source = record.source { trailers.append(("Source-Commit", source.commit)) }
    if record.asksForRetraining { trailers.append(("Retraining", "asked")) }
    trailers += [
      ("Record-Digest", digest), ("Ledger-Seq", "\(record.ledgerSeq)"),
      ("Controller-Epoch", "\(record.controller.epoch)"),
    ]
    return trailers
  }

  /// One line of free text: control and format characters replaced, cut at 200 characters.
  package static func line(_ text: String) -> String {
    if text.utf8.count <= longest, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      return text
    }
    let clean = String(String.UnicodeScalarView(text.unicodeScalars.map(replaced)))
    return clean.count <= longest ? clean : clean.prefix(longest - 1) + "…"
  }

  private static func replaced(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    if (" "..."~").contains(scalar) { return scalar }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: " "
    default: scalar
    }
  }

  /// A trailer value: every character outside a fixed set becomes "_".
  static func value(_ text: String) -> String {
    if text.utf8.count <= longest, text.utf8.allSatisfy(isAllowed) { return text }
    return String(text.prefix(longest).map { $0.utf8.allSatisfy(isAllowed) ? $0 : "_" })
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
      || " ./:_+@>()%-".utf8.contains(byte)
  }
}
