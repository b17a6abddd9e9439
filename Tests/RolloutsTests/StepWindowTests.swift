import Foundation
import Rollouts
import Testing

/// Steps with a window of their own.
@Suite struct StepWindowTests {
  /// A step that says what all steps say is judged as one that says nothing, whatever happens in it.
  @Test(arguments: try RolloutTests.stories())
  func sayingTheSameChangesNothing(name: String) throws {
    let script = try RolloutTests.script(name)
    let spelledOut = script.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.spellOut(String($0)) }.joined(separator: "\n")
    #expect(Self.told(Story.run(spelledOut)) == Self.told(Story.run(script)))
  }

  /// Adds to each step of a manifest, but to those whom clients ask for, what the analysis of all steps says.
  private static func spellOut(_ line: String) -> String {
    let words = line.split(separator: " ").map(String.init)
    guard words.first == "manifest", words.count > 3, ["canary", "abTest"].contains(words[2]) else {
      return line
    }
    let steps = words[3].split(separator: ",").filter { !$0.hasPrefix("h") }
    return
      ([line]
      + steps.filter { step in !line.contains("@\(step)=") }.map {
        "minRequests@\($0)=100 noDataAfter@\($0)=60s"
      }).joined(separator: " ")
  }

  private static func told(_ story: Story) -> [Substring] {
    story.transcript.split(separator: "\n").filter { !$0.hasPrefix("> manifest") }
  }
}
