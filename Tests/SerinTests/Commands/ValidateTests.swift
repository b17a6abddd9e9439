import Foundation
import Golden
import TestKit
import Testing

/// What `serin validate` finds across files, word for word: as the controller would, before it does.
@Suite struct ValidateTests {
  /// A name is unique in all files of a repository; the message has both places.
  @Test(.temporaryFolder) func namesDeclaredTwice() throws {
    try write(Self.manifest("iris"), to: "models/a.yaml")
    try write(Self.manifest("wine") + "\n---\n" + Self.manifest("iris"), to: "models/b.yaml")
    let result = try Command("validate", "models")
    #expect(result.status == 1)
    try expectGolden(result.transcript(of: "serin validate models"), "validate-twice.txt")
    // One file is not another one, however it is named.
    let same = try Command("validate", "models/a.yaml", "./models/../models/a.yaml")
    #expect(same.status == 0 && same.output.contains("1 file, 1 deployment"), "\(same.output)")
    // Nor do two repositories share their names.
    for repository in ["one", "two"] {
      try write("", to: "\(repository)/.git/HEAD")
      try write(Self.manifest("iris"), to: "\(repository)/a.yaml")
    }
    #expect(try Command("validate", "one", "two").status == 0)
  }

  /// What the operator's rules refuse, and a path that the controller would not read.
  @Test(.temporaryFolder) func namespacesAndPaths() throws {
    try write("", to: "repo/.git/HEAD")
    try write(
      """
      apiVersion: serin.dev/v1alpha1
      kind: Controller
      metadata: {name: c}
      spec:
        source: {url: /srv/r.git}
        namespaces:
          default: {folders: [teams/iris], allowedFormats: [sklearn, xgboost]}
          fraud: {}
      """, to: "controller.yaml")
    try write(Self.manifest("iris"), to: "repo/teams/iris/a.yaml")
    try write(Self.manifest("wine"), to: "repo/teams/wine/a.yaml")
    try write(
      Self.manifest("rice").replacing("name: rice", with: "name: rice\n  namespace: fruad"),
      to: "repo/teams/iris/b.yaml")
    try write(
      Self.manifest("oats").replacing("format: sklearn", with: "format: mlflow"),
      to: "repo/teams/iris/d.yaml")
    try write(Self.manifest("corn"), to: "repo/teams/iris/cor\u{200B}n.yaml")
    let result = try Command("validate", "repo", "--config", "controller.yaml")
    #expect(result.status == 1)
    try expectGolden(
      result.transcript(of: "serin validate repo --config controller.yaml"),
      "validate-namespaces.txt")
    let without = try Command("validate", "repo")
    #expect(without.output.contains("1 error in 1 file"), "\(without.output)")
  }

  /// Profiles are found as the controller finds them: in the repository, by the path from the
  /// manifest's folder, and through no link.
  @Test(.temporaryFolder) func profilePaths() throws {
    let examples = URL(filePath: #filePath).appending(path: "../../../../examples").standardized
    let profile = try String(
      contentsOf: examples.appending(path: "demo/fraud-detector.profile.yaml"), encoding: .utf8)
    try write("", to: "repo/.git/HEAD")
    try write(profile, to: "repo/profiles/right.yaml")
    try write(profile, to: "outside.yaml")
    try FileManager.default.createSymbolicLink(
      atPath: file("repo/profiles/link.yaml").path, withDestinationPath: "right.yaml")
    let paths = [
      "../profiles/right.yaml", "../profiles/link.yaml", "../profiles/missing.yaml", "a.yaml",
      "../../outside.yaml",
    ]
    for (index, path) in paths.enumerated() {
      let name = "abcde".map(String.init)[index]
      try write(Self.manifest(name, profile: path), to: "repo/models/\(name).yaml")
    }
    let alone = try Command("validate", "repo/models/a.yaml")
    #expect(alone.status == 0 && !alone.output.contains("outside"), "\(alone.output)")
    let result = try Command("validate", "repo/models")
    #expect(result.status == 1)
    try expectGolden(result.transcript(of: "serin validate repo/models"), "validate-profiles.txt")
    let whole = try Command("validate", "repo")
    #expect(whole.output.contains("4 errors in 4 files"), "\(whole.output)")
    #expect(!whole.output.contains("outside of the folder"), "\(whole.output)")
  }

  /// Digests are compared with what is on this machine, by the rule of `serin digest`.
  @Test(.temporaryFolder) func digests() throws {
    try write("weights", to: "model/a/model.joblib")
    try write("more", to: "model/a/more")
    let digest = try Command("digest", "model/a").output.dropLast()
    let folder = TemporaryFolder.current.path
    let wrong = "sha256:" + String(repeating: "ab", count: 32)
    let cases = [
      ("right", "file://\(folder)/model/a", String(digest)),
      ("wrong", "file://\(folder)/model/a", wrong), ("missing", "file://\(folder)/model/b", wrong),
      ("elsewhere", "https://example.org/m", wrong),
    ]
    for (name, uri, digest) in cases {
      try write(Self.manifest(name, uri: uri, digest: digest), to: "\(name).yaml")
    }
    #expect(try Command("validate", "wrong.yaml").status == 0)
    let names = cases.map { "\($0.0).yaml" }
    let result = try Command(["validate", "--digests"] + names)
    #expect(result.status == 1)
    let command = "serin validate --digests \(names.joined(separator: " "))"
    try expectGolden(
      result.transcript(of: command).replacing(folder, with: "FOLDER"), "validate-digests.txt")
  }

  private static func manifest(
    _ name: String, uri: String = "https://example.org/m",
    digest: String = "sha256:" + String(repeating: "ab", count: 32), profile: String? = nil
  ) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata:
      name: \(name)
    spec:
      model:
        version: "1"
        uri: \(uri)
        digest: \(digest)
        format: sklearn\(profile.map { "\n    profile: \($0)" } ?? "")
    """
  }

  private func file(_ path: String) -> URL { TemporaryFolder.current.appending(path: path) }

  private func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      at: file(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file(path))
  }
}
