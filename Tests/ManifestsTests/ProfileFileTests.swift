import Encoding
import Foundation
import Golden
import Manifests
import Profiles
import Randomness
import Testing

/// What is written is read back, and the digest is of what was counted alone.
@Suite struct ProfileFileTests {
  static let profile = DataProfile(
    rows: 10, source: "train.csv",
    features: [
      ProfileColumn(
        name: "amount", kind: .number(edges: [-0.5, 1e-9, 12, 1e300]), counts: [1, 2, 3, 3, 0, 1],
        range: ValueRange(-1, 99.5), isOptional: true),
      ProfileColumn(
        name: "country",
        kind: .category(values: ["DE", "no", "", "8", "<<", "a \"b\"\n\u{202E}é"]),
        counts: [3, 2, 1, 1, 1, 1, 1, 0]),
      ProfileColumn(name: "comment: long", kind: .text(edges: [20, 80]), counts: [5, 4, 1, 0]),
      ProfileColumn(
        name: "embedding", kind: .vector(dimension: 768, edges: []), counts: [10, 0]),
      ProfileColumn(
        name: "null", kind: .number(edges: (1...40).map { Double($0) / 7 }),
        counts: [10] + Array(repeating: 0, count: 41)),
    ],
    outputs: [
      ProfileColumn(name: "score", kind: .number(edges: [0.5]), counts: [9, 1, 0])
    ])

  @Test func writtenAsAPersonWould() throws {
    try expectGolden(Self.profile.yaml(named: "fraud-detector-8"), "profile.yaml")
  }

  @Test func whatIsWrittenIsReadBack() {
    let (profile, diagnostics) = decodeProfile(
      Array(Self.profile.yaml(named: "x").utf8), path: "x.yaml")
    #expect(diagnostics.isEmpty, "\(diagnostics)")
    #expect(profile == Self.profile)
    #expect(profile?.digest == Self.profile.digest)
  }

  /// What a model reached is part of the digest: another promise is another revision.
  @Test(arguments: [0, 0.25, 0.0617])
  func testResultsAreReadBack(value: Double) throws {
    let result = try #require(TestResult(.brierScore, value, rows: 500))
    let written = Self.profile.with(result)
    let (profile, diagnostics) = decodeProfile(Array(written.yaml(named: "x").utf8), path: "x")
    #expect(diagnostics.isEmpty, "\(diagnostics)")
    #expect(profile == written && profile?.digest == written.digest)
    #expect(written.digest != Self.profile.digest)
  }

  /// Any text at all may be a value or a name of the data.
  @Test func anyTextIsReadBack() {
    var generator = SplitMix64(seed: 5)
    for _ in 0..<500 {
      let scalars = (0...(generator.next() % 20)).compactMap { _ in
        Unicode.Scalar(UInt32(truncatingIfNeeded: generator.next() % 0x11_0000))
          ?? Unicode.Scalar(UInt8(truncatingIfNeeded: generator.next()))
      }
      var text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      let column = ProfileColumn(name: "x", kind: .category(values: [text]), counts: [1, 0, 0])
      let written = DataProfile(rows: 1, source: "x", features: [column], outputs: [])
      let (profile, diagnostics) = decodeProfile(Array(written.yaml(named: "x").utf8), path: "x")
      #expect(profile == written, "\(text.debugDescription) \(diagnostics)")
    }
  }

  @Test func amongManifestsItDeclaresNothing() {
    let file = decodeManifests(Array(Self.profile.yaml(named: "x").utf8), path: "x.yaml")
    #expect(file.diagnostics.isEmpty && file.deployments.isEmpty && file.names.isEmpty)
    #expect(!file.isForeign)
  }

  @Test func theDigestIsOfTheContent() {
    let text = Self.profile.yaml(named: "x")
    func digest(_ text: String) -> Digest? {
      decodeProfile(Array(text.utf8), path: "x").profile?.digest
    }
    #expect(digest(text.replacing("name: x", with: "name: y # other")) == Self.profile.digest)
    let moved = text.replacing("counts: [9, 1]", with: "counts: [1, 9]")
    #expect(moved != text && digest(moved) != nil && digest(moved) != Self.profile.digest)
    #expect(
      Self.profile.digest.description
        == "sha256:94a59f178b08b45153f6f787a45e62a3c01e2b6297eef94d3cc90b9ec3ebb2b8")
  }
}
