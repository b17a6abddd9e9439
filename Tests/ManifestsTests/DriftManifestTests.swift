import Encoding
import Golden
import Manifests
import Profiles
import Rollouts
import Testing

/// A manifest that watches drift takes its profile from the file that it names.
@Suite struct DriftManifestTests {
  static func manifest(profile: String = "p.yaml", drift: String = "{}") -> [UInt8] {
    Array(
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: iris}
      spec:
        model:
          version: "1"
          uri: file:///models/1
          digest: sha256:\(String(repeating: "a", count: 64))
          format: sklearn
          profile: \(profile)
        drift: \(drift)
      """.utf8)
  }

  static func decode(_ bytes: [UInt8], at path: String = "team/models/iris.yaml") -> ManifestFile {
    decodeManifests(bytes, path: path) { path in
      path == "team/models/p.yaml" ? .found(ProfileFileTests.profile) : .missing
    }
  }

  /// The least that a team writes is useful.
  @Test func defaults() throws {
    let file = Self.decode(Self.manifest())
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    #expect(Set(file.profiles.keys) == ["team/models/p.yaml"])
    let deployment = try #require(file.deployments.first?.deployment)
    let drift = try #require(deployment.drift)
    #expect(drift.profile == ProfileFileTests.profile)
    #expect(drift.sample == .auto)
    #expect(drift.predictions?.notice == Ratio(perMillion: 200_000))
    #expect(drift.predictions?.action == .rollback && drift.inputs?.action == .alert)
    #expect(deployment.objectives.map(\.name) == ["errors", "bad-outputs"])
    #expect(deployment.revision.model.profile == ProfileFileTests.profile.digest.description)
  }

  @Test func everything() throws {
    let file = Self.decode(
      Self.manifest(
        drift: """
          {sample: 100%, predictions: {tolerance: 50%, action: hold}, inputs: {action: "off"}, \
          contract: {inputs: {below: 5%}}, labels: {below: 8%, maturity: 2h}}
          """))
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    let deployment = try #require(file.deployments.first?.deployment)
    let drift = try #require(deployment.drift)
    #expect(drift.sample == .share(.all) && drift.inputs == nil && drift.maturity == .seconds(7200))
    #expect(
      drift.predictions
        == .init(
          tolerance: Ratio(perMillion: 500_000), action: .hold, notice: Ratio(perMillion: 200_000)))
    #expect(deployment.objectives.map(\.name) == ["errors", "bad-inputs", "labels"])
  }

  /// Where predictions are compared, the old model keeps something in the bake, unless the manifest says
  /// otherwise, or there is no old model or no bake.
  @Test(
    arguments: [
      ("{}", "", 50), ("{predictions: {action: \"off\"}}", "", 0),
      ("{}", "  bake: {for: 1h, holdback: 10.5%}", 105),
      ("{}", "  bake: {for: 1h, holdback: 0%}", 0),
      ("{}", "  bake: 0s", 0), ("{}", "  strategy: {recreate: {}}", 0),
      ("{}", "  strategy: {blueGreen: {}}", 50), ("{}", "  analysis: {dependence: matched}", 0),
      ("{}", "  bake: {holdback: 5%}", nil), ("{}", "  bake: {for: 0s, holdback: 5%}", nil),
      ("{}", "  bake: {for: 1h, holdback: 51%}", nil),
      ("{}", "  bake: {for: 1h, holdback: 5%}\n  strategy: {recreate: {}}", nil),
    ] as [(String, String, Int?)])
  func holdback(drift: String, spec: String, perMille: Int?) {
    let file = Self.decode(Self.manifest(drift: drift) + Array("\n\(spec)\n".utf8))
    #expect(file.deployments.first?.deployment.holdback == perMille.map { PerMille($0) })
    #expect(file.hasErrors == (perMille == nil), "\(file.rendering)")
  }

  /// What is tolerated cannot be what is to be noticed.
  @Test(
    arguments: [
      ("{notice: 10%}", 100_000), ("{notice: 5%}", nil), ("{tolerance: 100%, notice: 17%}", nil),
      ("{tolerance: 100%, notice: 18%}", 180_000), ("{notice: 91%}", nil), ("{notice: auto}", nil),
    ] as [(String, Int?)])
  func notice(predictions: String, perMillion: Int?) {
    let file = Self.decode(Self.manifest(drift: "{predictions: \(predictions)}"))
    #expect(
      file.deployments.first?.deployment.drift?.predictions?.notice
        == perMillion.map { Ratio(perMillion: $0) })
  }

  /// The profile is what the model declares to expect: another one is another revision.
  @Test func profileNamesTheRevision() throws {
    let same = Self.decode(Self.manifest(drift: "{sample: 50%}"))
    let other = decodeManifests(Self.manifest(), path: "iris.yaml") { _ in
      .found(DataProfile(rows: 1, source: "x", features: [], outputs: []))
    }
    let ids = [Self.decode(Self.manifest()), same, other].compactMap {
      $0.deployments.first?.deployment.revision.id
    }
    #expect(ids.count == 3 && ids[0] == ids[1] && ids[0] != ids[2])
  }

  @Test(arguments: [
    ("./p.yaml", "team/models/p.yaml"), ("../p.yaml", "team/p.yaml"),
    ("a/../../b/p.yml", "team/b/p.yml"), ("../../p.yaml", "p.yaml"),
  ])
  func pathsAreFromTheManifestsFolder(written: String, expected: String) {
    let file = Self.decode(Self.manifest(profile: written))
    #expect(Set(file.profiles.keys) == [expected])
  }

  @Test(arguments: [
    ("/etc/p.yaml", "the profile is outside of this repository"),
    ("../../../p.yaml", "the profile is outside of this repository"),
    ("q.yaml", "there is no profile team/models/q.yaml"),
    ("p.json", "\"p.json\" is no profile"),
  ])
  func wrongPaths(written: String, message: String) {
    let file = Self.decode(Self.manifest(profile: written))
    #expect(file.deployments.isEmpty)
    #expect(file.diagnostics.map(\.message) == [message])
  }

  // MARK: Labels

  private static func decode(
    labels: String, tested result: TestResult?, tolerance: String = "25%"
  ) -> ManifestFile {
    let outcome = ProfileColumn(
      name: "class", kind: .category(values: ["no", "yes"]), counts: [9, 1, 0, 0])
    let profile = DataProfile(
      rows: 10, source: "x", features: [], outputs: [outcome], testResult: result)
    let text =
      manifest(drift: "{labels: \(labels)}") + Array("\n  analysis: {tolerance: \(tolerance)}".utf8)
    return decodeManifests(text, path: "iris.yaml") { _ in .found(profile) }
  }

  private static let tested = TestResult(.errorRate, 0.062, rows: 20_000)

  /// Without a promise of its own, a model is held to what it reached on its test set.
  @Test(arguments: [("25%", 82_800), ("0%", 67_400), ("100%", 126_200)])
  func labelsTakeTheirPromiseFromTheTestResult(tolerance: String, below: Int) throws {
    let file = Self.decode(labels: "{}", tested: Self.tested, tolerance: tolerance)
    let promised = try #require(file.deployments.first?.deployment.objectives.last)
    #expect(promised == Objective(.labels(below: Ratio(perMillion: below))))
    let note = try #require(file.diagnostics.first)
    #expect(note.severity == .note && file.diagnostics.count == 1)
    #expect(
      note.message == "the promise of labels is \(Ratio(perMillion: below)): an error rate of 6.2% "
        + "in 20000 test rows, up to 6.74% with what chance may hide, and \(tolerance) more in odds"
    )
  }

  @Test func whatIsWrittenIsPromised() throws {
    let file = Self.decode(labels: "{below: 9%}", tested: Self.tested)
    #expect(file.diagnostics.isEmpty)
    #expect(
      file.deployments.first?.deployment.objectives.last
        == Objective(.labels(below: Ratio(perMillion: 90_000))))
  }

  @Test func whatCannotBeKeptOrDerivedIsSaid() throws {
    let cases = [
      ("{}", nil), ("{below: 5%}", Self.tested), ("{}", TestResult(.errorRate, 0.4, rows: 30)),
    ]
    let texts = cases.map { Self.decode(labels: $0, tested: $1).rendering }
    try expectGolden(texts.joined(separator: "\n"), "drift-labels.txt")
  }
}
