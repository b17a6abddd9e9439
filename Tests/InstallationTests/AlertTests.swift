import Foundation
import TestKit
import Testing

/// The alerts of the manifests, as Prometheus reads them.
@Suite(
  .timeLimit(.minutes(1)),
  .enabled(if: Installation.isInstalled("promtool"), "promtool is not installed"))
struct AlertTests {
  private static let rules = Installation.root.appending(
    path: "manifests/prometheus/serin.rules.yaml")

  @Test func prometheusReadsTheRules() async throws {
    let answer = try await elsewhere { try shell(["promtool", "check", "rules", Self.rules.path]) }
    #expect(answer.contains("SUCCESS"))
  }

  /// Each alert fires when it should, and is silent while all is well.
  @Test(.temporaryFolder) func alertsFireWhenTheyShould() async throws {
    let folder = TemporaryFolder.current
    let stories = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "alerts.yaml")
    for file in [Self.rules, stories] {
      try FileManager.default.copyItem(
        at: file, to: folder.appending(path: file.lastPathComponent))
    }
    let answer = try await elsewhere {
      try shell(["promtool", "test", "rules", "alerts.yaml"], in: folder)
    }
    #expect(answer.contains("SUCCESS"))
  }
}
