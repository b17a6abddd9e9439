import Foundation
import TestKit
import Testing

/// What runs before a model server in its pod: the artifact is there and verified, or it is said why not.
@Suite struct FetchCommandTests {
  private static func makeModel() throws -> (uri: String, digest: String, into: URL) {
    let folder = TemporaryFolder.current
    let model = folder.appending(path: "models/8")
    let into = folder.appending(path: "into")
    for place in [model.appending(path: "more"), into] {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }
    try Data("weights".utf8).write(to: model.appending(path: "model.bin"))
    try Data("{}".utf8).write(to: model.appending(path: "more/settings.json"))
    let digest = try Command("digest", model.path).output.trimmingCharacters(in: .newlines)
    return ("file://\(model.path)", digest, into)
  }

  private static func names(_ folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
  }

  /// Twice is as once: a pod that starts again finds what it had.
  @Test(.temporaryFolder) func whatIsFetchedIsReadByOthers() throws {
    let (uri, digest, into) = try Self.makeModel()
    for _ in 0..<2 {
      let fetch = try Command(
        "fetch", "--uri", uri, "--digest", digest, "--into", into.path, "--allow-folder",
        TemporaryFolder.current.appending(path: "models").path)
      #expect(fetch.status == 0 && fetch.output == "\(digest)\n", "\(fetch.errors)")
      #expect(try Self.names(into) == ["model.bin", "more", "more/settings.json"])
    }
    for name in ["model.bin", "more/settings.json"] {
      let mode = try shell(["stat", "-c", "%A", into.appending(path: name).path])
      #expect(mode.hasPrefix("-r") && mode.dropFirst(7).hasPrefix("r"), "\(mode)")
    }
  }

  /// Another digest is final: nothing gets into the folder, and the exit code says that asking again is no use.
  @Test(.temporaryFolder) func anotherDigestIsFinal() throws {
    let (uri, _, into) = try Self.makeModel()
    let digest = "sha256:" + String(repeating: "0", count: 64)
    let fetch = try Command(
      "fetch", "--uri", uri, "--digest", digest, "--into", into.path, "--allow-folder",
      TemporaryFolder.current.appending(path: "models").path)
    #expect(fetch.status == 65)
    #expect(
      fetch.errors.hasSuffix(
        "error: verify the artifact: it has another digest than \(digest), which the manifest names\n"
      ))
    #expect(try Self.names(into) == [])
  }

  /// What is not there may still come; a file that nobody allowed never will.
  @Test(.temporaryFolder) func whatIsNotThereIsToldFromWhatIsNotAllowed() throws {
    let (uri, _, into) = try Self.makeModel()
    let missing = try Command(
      "fetch", "--uri", uri + "9", "--into", into.path, "--within", "1s", "--allow-folder",
      TemporaryFolder.current.appending(path: "models").path)
    #expect(missing.status == 69, "\(missing.errors)")
    let refused = try Command("fetch", "--uri", uri, "--into", into.path)
    #expect(refused.status == 65 && refused.errors.contains("files are not allowed here"))
    #expect(try Self.names(into) == [])
  }
}
