import Manifests
import Rollouts
import Testing

/// A revision is named by what serves, and by nothing else.
@Suite struct RevisionTests {
  private func id(_ manifest: ManifestText) throws -> Revision.ID {
    let file = manifest.file
    return try #require(file.deployments.first?.deployment.revision.id, "\(file.rendering)")
  }

  /// These must never change: ledgers of years name revisions by them.
  @Test func idsAreStable() throws {
    let id = try id(ManifestText())
    #expect(id.description == "0609e39a2b")
    let model = Model(
      version: "1", uri: "file:///m", digest: nil, format: "custom", smoke: nil, retry: 0)
    #expect(Revision(of: model).id.description == "8e71980f32")
  }

  @Test(arguments: [
    ("version", "\"9\""), ("uri", "file:///models/ranker/9"), ("format", "xgboost"),
    ("digest", "sha256:" + String(repeating: "cd", count: 32)), ("retry", "1"),
    ("smoke", "{request: '{\"inputs\": [1]}'}"),
    ("smoke", "{request: '{\"inputs\": [1]}', answer: '\(ManifestText.answer)'}"),
    ("smoke", "{request: '{\"inputs\": [1]}', answer: '\(ManifestText.answer)', usual: exact}"),
  ])
  func servingFieldMakesAnotherRevision(key: String, value: String) throws {
    var changed = ManifestText()
    changed.model[key] = value
    #expect(try id(changed) != id(ManifestText()))
  }

  /// A name that looks like two rules is not taken for them.
  @Test func namesOfOutputsStayApart() throws {
    let ids = try ["{a: exact, b: exact}", "{\"a exact; 1:b\": exact}"].map { outputs in
      var text = ManifestText()
      text.model["smoke"] =
        "{request: '{\"inputs\": [1]}', answer: '\(ManifestText.answer)', outputs: \(outputs)}"
      return try id(text)
    }
    #expect(Set(ids).count == 2)
  }

  @Test(arguments: [
    "strategy: {recreate: {}}", "slos: [{errors: {below: 5%}}]", "bake: 1h", "suspended: true",
    "analysis: {confidence: 95%}", "runtime: other", "prepareWithin: 1m", "replicas: 2",
    "serving: batch",
  ])
  func otherFieldIsTheSameRevision(spec: String) throws {
    #expect(try id(ManifestText(spec: "  \(spec)")) == id(ManifestText()))
  }

  /// Quotes, comments, the order of keys and blank lines around a smoke request are no change.
  @Test func spellingIsTheSameRevision() throws {
    var left = ManifestText()
    left.model["version"] = "8 # the eighth"
    #expect(try id(left) == id(ManifestText()))
    left.model["smoke"] = "\n      request: |\n        {\"inputs\": [1]}\n\n"
    var right = left
    right.model["smoke"] = "{request: '{\"inputs\": [1]}'}"
    #expect(try id(left) == id(right))
  }
}
