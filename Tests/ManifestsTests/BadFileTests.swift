import Foundation
import Golden
import Manifests
import Testing

/// Every rule of the format is broken by one file of the corpus, and the golden file shows what the
/// person who wrote it is told.
@Suite struct BadFileTests {
  static let folder = TestFiles.folder.appending(path: "bad")
  static let all = TestFiles.names(in: folder)

  @Test(arguments: all.filter { !$0.hasPrefix("controller-") })
  func manifest(name: String) throws {
    let file = decodeManifests(
      try TestFiles.bytes(Self.folder.appending(path: name)), path: "models/\(name)")
    #expect(!file.diagnostics.isEmpty)
    #expect(file.deployments.isEmpty == (file.hasErrors || name == "kind-controller.yaml"))
    try expect(file.rendering, name)
  }

  @Test(arguments: all.filter { $0.hasPrefix("profile-") })
  func profile(name: String) throws {
    let bytes = try TestFiles.bytes(Self.folder.appending(path: name))
    #expect(decodeProfile(bytes, path: name).profile == nil)
    #expect(decodeManifests(bytes, path: name).hasErrors)
  }

  @Test(arguments: all.filter { $0.hasPrefix("controller-") })
  func controller(name: String) throws {
    let file = decodeController(
      try TestFiles.bytes(Self.folder.appending(path: name)), path: name)
    #expect(file.configuration == nil)
    try expect(file.rendering, name)
  }

  /// Nothing is told of a file that is gone, and no file goes without what is told of it.
  @Test func everyBadFileHasItsGoldenOne() {
    let golden = TestFiles.names(
      in: TestFiles.folder.appending(path: "golden"), ending: ".txt")
    #expect(
      golden.filter { !$0.hasPrefix("example-") && $0 != "drift-labels.txt" }
        == Self.all.map { $0.replacing(".yaml", with: ".txt") }.sorted())
  }

  private func expect(_ rendering: String, _ name: String) throws {
    let isPrintable = rendering.unicodeScalars.allSatisfy { scalar in
      scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control
    }
    #expect(isPrintable)
    #expect(!rendering.contains("hunter2"), "a secret is shown")
    try expectGolden(rendering, name.replacing(".yaml", with: ".txt"))
  }
}
