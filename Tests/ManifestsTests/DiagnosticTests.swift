import Manifests
import Testing

@Suite struct DiagnosticTests {
  private func rendered(_ source: String, line: Int = 1, column: Int) -> String {
    Diagnostic(
      .error, path: "a.yaml", position: TextPosition(line: line, column: column), message: "m"
    )
    .rendered(over: Array(source.utf8))
  }

  /// The caret stands under the character, whatever is before it.
  @Test(arguments: [
    ("abc", 2, "1 | abc\n  |  ^"), ("\tabc", 2, "1 | \tabc\n  | \t^"),
    ("版本x", 3, "1 | 版本x\n  |     ^"), ("e\u{301}x", 3, "1 | e\u{301}x\n  |  ^"),
    ("a\u{1B}[31mb", 7, "1 | a\u{FFFD}[31mb\n  |       ^"), ("ab", 99, "1 | ab\n  |   ^"),
    ("\u{FEFF}ab", 1, "1 | ab\n  | ^"), ("ab\r", 2, "1 | ab\n  |  ^"),
  ])
  func caret(line: String, column: Int, text: String) {
    #expect(rendered(line, column: column) == "a.yaml:1:\(column): error: m\n" + text)
  }

  @Test func longLineIsCutAroundTheCaret() {
    let line = String(repeating: "a", count: 500) + "X" + String(repeating: "b", count: 500)
    let shown = rendered(line, column: 501).split(separator: "\n").map(Array.init)
    #expect(shown[1].count < 100)
    #expect(shown[1][4] == "…" && shown[1].last == "…")
    #expect(shown[2].firstIndex(of: "^") == shown[1].firstIndex(of: "X"))
  }

  @Test func lineOutsideTheFileIsNotShown() {
    #expect(rendered("ab\n", line: 2, column: 1) == "a.yaml:2:1: error: m")
    #expect(rendered("ab", line: 9, column: 1) == "a.yaml:9:1: error: m")
    #expect(rendered("ab", line: .max, column: .max).hasSuffix(": error: m"))
    #expect(rendered("ab", line: 0, column: 0) == "a.yaml:0:0: error: m")
  }

  @Test func nothingOfTheFileReachesTheTerminalUnescaped() {
    let evil = "\u{1B}]0;x\u{7}\u{9B}31m\r\n\u{202E}"
    let diagnostic = Diagnostic(
      .warning, path: evil, position: .start, message: evil, hint: evil)
    let text = diagnostic.rendered(over: Array(evil.utf8))
    let isSafe = text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n"
        || (scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar != "\u{202E}")
    }
    #expect(isSafe)
    #expect(text.split(separator: "\n").count == 4)
  }

  @Test func confidentialLineIsNotShown() {
    let diagnostic = Diagnostic(
      .error, path: "a.yaml", position: .start, message: "m", isConfidential: true)
    #expect(diagnostic.rendered(over: Array("secret".utf8)) == "a.yaml:1:1: error: m")
  }

  /// A line is left out when it may hold a secret, whatever the diagnostic is about.
  @Test(arguments: [
    ("auth: {user: x, password: hunter2}", false), ("\"token\" : abc", false),
    ("clientSecret: abc", false), ("url: https://u:p@h/x", false), ("url: https://ghp@h/x", false),
    ("url: ssh://u:p@h/x", false), ("url: u:p@h:x", false), ("- \"https://u:p@h\"", false),
    ("passwordFile: /etc/x", true), ("url: ssh://git@h/x", true), ("url: git@h:x", true),
    ("email: a@b", true), ("uri: https://h/x@1:2", true),
  ])
  func lineThatMayHoldSecret(line: String, isShown: Bool) {
    #expect(rendered(line, column: 1).contains("1 | ") == isShown)
  }
}
