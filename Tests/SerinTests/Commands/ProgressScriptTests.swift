import Foundation
import TestKit
import Testing

/// `hack/demo` draws how far its build is for people, and for nobody else.
@Suite struct ProgressScriptTests {
  private static let lines = #"[1/20] Compiling A\n[20/20] Linking\nx.swift:1:1: error: wrong\n"#

  private func shown(onTerminal: Bool) throws -> String {
    let script = URL(filePath: #filePath).appending(path: "../../../../hack/demo").standardized
    let body = """
      eval "$(sed -n '/^show_progress()/,/^}/p' '\(script.path)')"
      printf '\(Self.lines)' | show_progress
      """
    let file = TemporaryFolder.current.appending(path: "progress")
    try Data(body.utf8).write(to: file)
    return try onTerminal
      ? shell(["script", "-qec", "bash \(file.path)", "/dev/null"])
      : shell(["bash", file.path])
  }

  @Test(.temporaryFolder) func logsHaveNoProgress() throws {
    #expect(try shown(onTerminal: false) == "\nx.swift:1:1: error: wrong\n")
  }

  @Test(.temporaryFolder) func terminalsHave() throws {
    let text = try shown(onTerminal: true)
    #expect(text.contains("\r\u{1B}[2m  20 of 20") && text.contains("error: wrong"))
  }
}
