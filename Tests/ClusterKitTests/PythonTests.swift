import ClusterKit
import Encoding
import Foundation
import TestKit
import Testing

/// Clients from PyPI work against the server of the tests.
@Suite(.timeLimit(.minutes(2))) struct PythonTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  /// lightkube creates, applies, lists in pages, patches, watches and deletes; kopf puts its finalizer, notes and status.
  @Test(.temporaryFolder, arguments: ["with_lightkube.py", "with_kopf.py"])
  func clientsWork(script: String) async throws {
    try await ClusterServer.run { server in
      let output = TemporaryFolder.current.appending(path: "output")
      let client = try BackgroundProcess(
        [testPython, Self.folder.appending(path: "clients/\(script)").path, server.url],
        environment: ["HOME": TemporaryFolder.current.path, "NO_PROXY": "*"], output: output)
      defer { client.stop() }
      let status = try await elsewhere { client.wait() }
      let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
      #expect(status == 0 && text.hasSuffix("done\n"), "\(text)")
    }
  }
}
