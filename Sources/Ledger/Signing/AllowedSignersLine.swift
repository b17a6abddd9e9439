/// A file of allowed signers that cannot be read as one.
package struct AllowedSignersError: Error, Equatable, CustomStringConvertible {
  package let line: Int
  package let message: String

  package var description: String { "line \(line): \(message)" }
}

/// One line of a file of allowed signers: who, with which key, and what is said behind it.
///
/// The format is OpenSSH's. Options but `namespaces="git"` are refused, because to pass over a
/// restriction would be to trust too much.
package struct AllowedSignersLine: Sendable {
  /// What is wrong with a line.
  package struct Problem: Error {
    let message: String

    package init(_ message: String) { self.message = message }
  }

  package let principals: [String]
  /// Such as "ssh-ed25519".
  package let type: Substring
  /// The key in base64.
  package let key: Substring?
  /// The words behind the key.
  package let comment: ArraySlice<Substring>

  /// Reads every line that is neither empty nor a comment; `read` may pass over it.
  package static func all<Value>(
    of text: String, _ read: (AllowedSignersLine) throws(Problem) -> Value?
  ) throws(AllowedSignersError) -> [Value] {
    var values: [Value] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      do throws(Problem) {
        guard let line = try AllowedSignersLine(line) else { continue }
        if let value = try read(line) { values.append(value) }
      } catch {
        throw AllowedSignersError(line: index + 1, message: error.message)
      }
    }
    return values
  }

  /// Returns a word that can be shown, whatever stands in it.
  package static func shown(_ word: Substring) -> String { CommitMessage.line(String(word)) }

  private init?(_ line: Substring) throws(Problem) {
    var words = line.split { $0 == " " || $0 == "\t" }[...]
    guard let first = words.popFirst(), !first.hasPrefix("#") else { return nil }
    while let word = words.first, !Self.isKeyType(word) {
      guard word == "namespaces=\"git\"" else {
        throw Problem("\(Self.named(word)) is not understood, only namespaces=\"git\"")
      }
      words.removeFirst()
    }
    guard let type = words.popFirst() else { throw Problem("there is no key") }
    principals = try first.split(separator: ",").map { name throws(Problem) in
      try Self.checkName(name)
      return String(name)
    }
    self.type = type
    key = words.popFirst()
    comment = words
  }

  /// Refuses what OpenSSH takes for a pattern: to read "!eve" as a name would be to trust too much.
  ///
  /// "*" alone is a word of Serin's for any controller.
  private static func checkName(_ name: Substring) throws(Problem) {
    guard name != "*", name.contains(where: { "!?*".contains($0) }) else { return }
    throw Problem("\(shown(name)) is a pattern of OpenSSH, and only names are understood")
  }

  /// Names an option of OpenSSH; any other word may be a part of a secret, in a file that was named
  /// by mistake.
  private static func named(_ word: Substring) -> String {
    let name = word.prefix { $0 != "=" }
    return options.contains(String(name)) ? "the option \(shown(word))" : "a word before the key"
  }

  private static let options = ["cert-authority", "namespaces", "valid-after", "valid-before"]

  private static func isKeyType(_ word: Substring) -> Bool {
    word.hasPrefix("ssh-") || word.hasPrefix("ecdsa-") || word.hasPrefix("sk-")
  }
}
