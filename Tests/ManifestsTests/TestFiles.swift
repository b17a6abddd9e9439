import Foundation
import Manifests
import Rollouts

/// Where the files of these tests are.
enum TestFiles {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
  static let examples = folder.appending(path: "../../examples").standardized

  /// The names of the YAML files in a folder, or of others, in order.
  static func names(in folder: URL, ending: String = ".yaml") -> [String] {
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return found.filter { $0.hasSuffix(ending) }.sorted()
  }

  static func bytes(_ url: URL) throws -> [UInt8] { Array(try Data(contentsOf: url)) }
}

/// A manifest that is right, for tests that change one thing.
struct ManifestText {
  /// The body of a V2 answer.
  static let answer = #"{"outputs": [{"name": "class", "shape": [1], "data": [1]}]}"#

  static let digest = "sha256:" + String(repeating: "ab", count: 32)

  var model = [
    "version": "\"8\"", "uri": "file:///models/ranker/8", "digest": digest, "format": "sklearn",
  ]
  var spec = ""

  var text: String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: ranker}
    spec:
      model:
    \(model.sorted { $0.key < $1.key }.map { "    \($0.key): \($0.value)" }
      .joined(separator: "\n"))
    \(spec)
    """
  }

  var file: ManifestFile { decodeManifests(Array(text.utf8), path: "ranker.yaml") }
}
