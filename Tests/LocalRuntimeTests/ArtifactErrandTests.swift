import Foundation
import LocalRuntime
import Manifests
import TestKit
import Testing

/// A pod fetches from a store that asks who it is for.
@Suite(.timeLimit(.minutes(2))) struct ArtifactErrandTests {
  /// The user and the password of a host reach that host alone; without them, or with others, it is said what the store
  /// asks, and a file that cannot be read is no file without a host.
  @Test(.temporaryFolder) func aStoreMayAskWhoItIsFor() async throws {
    let server = try await FileServer.start()
    defer { server.stop() }
    let folder = TemporaryFolder.current
    for name in ["files/private", "into"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    try Data("weights".utf8).write(to: folder.appending(path: "files/private/model.bin"))
    let files = [
      ("right", "machine 127.0.0.1 login pod password s3cret\n", nil),
      ("wrong", "machine 127.0.0.1 login pod password guessed\n", "asks who it is for (401)"),
      ("others", "machine example.org login pod password s3cret\n", "asks who it is for (401)"),
      ("any", "default login pod password s3cret\n", "\"default\" is for every host"),
    ]
    for (name, text, refusal) in files {
      let file = folder.appending(path: name)
      try Data(text.utf8).write(to: file)
      let found = try await Self.refusal(server, netrc: file.path)
      if let refusal {
        #expect(found.contains(refusal), "\(name)")
      } else {
        #expect(found == "")
        let model = folder.appending(path: "into/model.bin")
        #expect(try String(contentsOf: model, encoding: .utf8) == "weights")
      }
    }
    #expect(try await Self.refusal(server, netrc: nil).contains("asks who it is for (401)"))
    let missing = try await Self.refusal(server, netrc: "/nowhere/netrc")
    #expect(missing.contains("read /nowhere/netrc: it is no file"))
  }

  /// Fetches, and returns why that did not succeed; "" when it did.
  private static func refusal(_ server: FileServer, netrc: String?) async throws -> String {
    let settings = LocalSettings(
      allowedHosts: ["127.0.0.1"], allowedFolders: [], caFile: server.authority)
    let errand = ArtifactErrand(
      uri: server.base + "/private/model.bin", digest: nil,
      into: TemporaryFolder.current.appending(path: "into").path, settings: settings,
      netrcFile: netrc, logger: Workbench.logger)
    do {
      _ = try await errand.run(within: .seconds(1))
      return ""
    } catch let error as LocalRuntimeError {
      return error.description
    }
  }
}
