import Control
import Foundation
import Git
import Manifests
import Rollouts
import TestKit
import Testing

/// What becomes of the bytes of a path, from a real repository to what is asked for.
@Suite struct SourcePathTests {
  private static let manifest = """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: NAME}
    spec:
      model: {version: "1", uri: "file:///m", format: sklearn}
    """

  /// In octal, as printf has them: composed, apart, with an invisible character, and no UTF-8.
  private static let paths = [
    "caf\\303\\251.yaml", "cafe\\314\\201.yaml", "caf\\342\\200\\213.yaml", "caf\\377.yaml",
    "caf\\376.yaml",
  ]

  /// Five paths of one tree stay five; one is followed, and the others are refused with their bytes.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func lookAlikesStayApart() async throws {
    let folder = TemporaryFolder.current
    let upstream = try Upstream(in: folder)
    try upstream.commit([:])
    for (index, path) in Self.paths.enumerated() {
      let text = Self.manifest.replacing("NAME", with: index == 1 ? "m0" : "m\(index)")
      try Data(text.utf8).write(to: folder.appending(path: "blob"))
      let blob = try upstream.run(["hash-object", "-w", folder.appending(path: "blob").path])
      try shell(
        [
          "sh", "-c",
          "printf '100644 \(blob)\\t\(path)\\n' | git -C models-work update-index --index-info",
        ], in: folder)
    }
    let commit = try upstream.commitStaged()
    let source = try GitSource(
      remote: GitRemote(upstream.folder.path), repository: folder.appending(path: "clone").path)
    let tip = try #require(try await source.fetch())
    let entries = try await source.entries(at: commit)
    #expect(Set(entries.map { Array($0.path.utf8) }).count == 5)
    var catalog = Catalog(runtimes: ["local"])
    let snapshot = try await catalog.snapshot(of: tip, entries: entries) {
      try await source.read($0)
    }
    #expect(snapshot.wanted.count == 1 && snapshot.unchanged.isEmpty)
    #expect(
      snapshot.wanted.values.first.map { Array($0.path.utf8) } == Array("caf\u{E9}.yaml".utf8))
    let errors = snapshot.diagnostics.filter { $0.severity == .error }
    #expect(
      Set(errors.map(\.path)) == [
        "cafe\\xCC\\x81.yaml", "caf\\xE2\\x80\\x8B.yaml", "caf\\xFF.yaml", "caf\\xFE.yaml",
      ])
  }
}
