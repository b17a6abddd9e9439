import Foundation
import Git

/// A secret that the operator names by file.
enum SecretFile {
  static func read(_ path: String) throws -> Secret {
    guard let text = String(validating: try Data(given: path), as: UTF8.self) else {
      throw Failure(.user, "\(path) is no text")
    }
    guard !text.allSatisfy(\.isWhitespace) else {
      throw Failure(.user, "\(path) is empty", hint: "it should hold the secret, and nothing else")
    }
    return Secret(withoutEnd(text))
  }

  /// Without the newline that editors put at the end of a file.
  private static func withoutEnd(_ text: String) -> String {
    text.contains("PRIVATE KEY") ? text : text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
