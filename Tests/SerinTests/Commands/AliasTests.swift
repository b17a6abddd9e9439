import Foundation
import SimulationKit
import TestKit
import Testing

/// A digest that was copied with a manifest, and not changed, is said before anything is served.
@Suite struct AliasTests {
  private static func write(_ text: String, _ name: String) throws {
    try Data(text.utf8).write(to: TemporaryFolder.current.appending(path: name))
  }

  /// The same model in two places is no mistake; under two versions it is one.
  @Test(.temporaryFolder, arguments: [("1", false), ("9", true)])
  func validateComparesTheFilesItIsGiven(version: String, isWarned: Bool) throws {
    try Self.write(SmallLedger.iris("1"), "a.yaml")
    let other = SmallLedger.iris("1").replacing("name: iris}", with: "name: iris-eu}")
      .replacing("version: \"1\"", with: "version: \"\(version)\"")
    try Self.write(other, "b.yaml")
    let result = try Command("validate", "a.yaml", "b.yaml")
    let words = """
      b.yaml:1:1: warning: v9 of default/iris-eu has the digest of v1 of default/iris in a.yaml: \
      the same model under another name
      """
    #expect(result.status == 0 && result.output.contains(words) == isWarned, "\(result.output)")
  }

  /// `plan` knows what is stable from the ledger.
  @Test(.temporaryFolder, arguments: [("1", false), ("9", true)])
  func planComparesWithStable(version: String, isWarned: Bool) async throws {
    try await writeSmallLedger()
    let manifest = SmallLedger.iris("1")
      .replacing("version: \"1\"", with: "version: \"\(version)\"")
    try Self.write(manifest, "iris.yaml")
    let result = try Command(
      "plan", "iris.yaml", "--requests-per-second", "50", "--repo", "ledger.git")
    let warning = "warning: it has the digest of stable: the same model under another name"
    #expect(result.status == 0 && result.output.contains(warning) == isWarned, "\(result)")
    #expect(result.output.contains(", to replace v1 (") == isWarned, "\(result.output)")
  }
}
