import Control
import Rollouts
import Testing

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

  /// About as many copies are made as the limit allows, of any rate; none before the rate is known, and never a larger
  /// share than the mirror's.
  @Test(arguments: [
    (0, 100_000), (250, 100_000), (251, 98_304), (500, 49_152), (501, 49_152), (1_000_000, 24),
  ])
  func boundsWhatIsCopied(requestsInFiveSeconds: Int, perMillion: Int) {
    var meter = SampleMeter()
    #expect(meter.copied(PerMille(100), atMost: 5, of: name) == Ratio(perMillion: 0))
    meter.note(0, of: name, at: Instant(milliseconds: 1000))
    meter.note(requestsInFiveSeconds, of: name, at: Instant(milliseconds: 6000))
    #expect(
      meter.copied(PerMille(100), atMost: 5, of: name) == Ratio(perMillion: perMillion))
  }

  @Test func copiesUseMostOfTheirLimit() {
    for limit in [1, 3, 50, 1000] {
      for rate in stride(from: Double(limit), to: 20 * Double(limit), by: 0.37 * Double(limit)) {
        let copies = PerMille.all.copied(atMost: limit, atRate: rate).value * rate
        #expect(copies >= 0.79 * Double(limit) && copies <= Double(limit) + 1e-9, "\(rate)")
      }
    }
    #expect(PerMille(200).copied(atMost: nil, atRate: 1e9) == Ratio(perMillion: 200_000))
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
