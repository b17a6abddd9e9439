import Rollouts
import Testing

@testable import LocalRuntime

/// `sample: auto` captures everything while requests are few, and a bounded number of them otherwise.
@Suite struct SampleMeterTests {
  private let name = DeploymentName(namespace: "default", name: "iris")
  private let other = DeploymentName(namespace: "default", name: "other")

  @Test(arguments: [(0, 1000), (500, 1000), (501, 500), (2500, 125), (5_000_000, 1)])
  func boundsWhatIsCaptured(requestsInFiveSeconds: Int, perMille: Int) {
    var meter = SampleMeter()
    meter.note(700, of: name, at: Instant(milliseconds: 1000))
    meter.note(700 + requestsInFiveSeconds, of: name, at: Instant(milliseconds: 6000))
    #expect(meter.share(.auto, of: name) == PerMille(perMille))
    #expect(meter.share(.auto, of: other) == .all)
    #expect(meter.share(.share(PerMille(50)), of: name) == PerMille(50))
  }

  /// Two readings at once say nothing of the rate; counters that start again begin a new reading.
  @Test func needsTimeAndCountersThatGrow() {
    var meter = SampleMeter()
    meter.note(0, of: name, at: Instant(milliseconds: 1000))
    meter.note(100_000, of: name, at: Instant(milliseconds: 1500))
    #expect(meter.share(.auto, of: name) == .all)
    meter.note(100_000, of: name, at: Instant(milliseconds: 2000))
    #expect(meter.share(.auto, of: name) == PerMille(1))
    meter.note(10, of: name, at: Instant(milliseconds: 3000))
    meter.note(20, of: name, at: Instant(milliseconds: 4000))
    #expect(meter.share(.auto, of: name) == .all)
  }
}
