import Manifests
import Profiles
import Rollouts
import Testing

/// Where a load takes its requests from.
@Suite struct LoadManifestTests {
  static func decode(_ extra: String, profile: DataProfile) -> ManifestFile {
    let text = String(decoding: DriftManifestTests.manifest(), as: UTF8.self)
      .replacing("  drift: {}", with: extra)
    let load =
      "\n  load: {requestsPerSecond: 50, for: 20s, latency: {percentile: 95, below: 100ms}}"
    return decodeManifests(Array((text + load + "\n").utf8), path: "iris.yaml") { _ in
      .found(profile)
    }
  }

  /// The features are part of the load, unless the settings of drift hold the profile already; the load is no
  /// part of the revision.
  @Test(arguments: [("", true), ("  drift: {}", false)])
  func theProfileIsWrittenDownOnce(extra: String, isInLoad: Bool) throws {
    let profile = ProfileFileTests.profile
    let file = Self.decode(extra, profile: profile)
    #expect(file.diagnostics.isEmpty, "\(file.rendering)")
    var deployment = try #require(file.deployments.first?.deployment)
    let test = try #require(deployment.loadTest)
    #expect(test.features == (isInLoad ? profile.features : nil))
    #expect(test.requests == 1000 && test.slow == Ratio(perMillion: 50_000))
    #expect(test.failed == Ratio(perMillion: 10_000) && test.below == 100)
    let revision = deployment.revision
    deployment.loadTest = nil
    #expect(Revision(of: deployment.revision.model) == revision)
  }

  /// A profile of outputs alone says nothing about requests.
  @Test func aProfileWithoutFeaturesIsNotEnough() {
    let profile = DataProfile(
      rows: 1, source: "t.csv", features: [], outputs: ProfileFileTests.profile.outputs)
    let file = Self.decode("", profile: profile)
    #expect(file.deployments.isEmpty)
    #expect(file.rendering.contains("the profile has no features"), "\(file.rendering)")
  }
}
