import Rollouts
import Testing

@testable import Prometheus

/// When Prometheus is asked, and how far back.
@Suite struct RhythmTests {
  private let rhythm = Rhythm(interval: .seconds(10), longestWindow: .seconds(120))

  private static func at(_ seconds: Int) -> Instant { Instant(milliseconds: Int64(seconds) * 1000) }

  /// The next scrape is ten seconds after the one that was told, and read one second later; a clock that differs changes
  /// neither bound.
  @Test(arguments: [
    (asOf: 99, wait: 10), (asOf: 97, wait: 8), (asOf: 94, wait: 5), (asOf: 60, wait: 5),
    (asOf: 100, wait: 10), (asOf: 500, wait: 10),
  ])
  func itIsAskedOncePerScrape(asOf: Int, wait: Int) {
    let (asked, told) = (Self.at(100), Self.at(asOf))
    #expect(
      rhythm.isSoon(asked.advanced(by: .seconds(wait) - .milliseconds(1)), after: asked, told))
    #expect(!rhythm.isSoon(asked.advanced(by: .seconds(wait)), after: asked, told))
  }

  /// A clock that was set back does not keep it silent.
  @Test func theClockIsSetBack() {
    #expect(!rhythm.isSoon(Self.at(50), after: Self.at(100), Self.at(99)))
    #expect(rhythm.window(at: Self.at(50), after: Self.at(100)) == .seconds(120))
  }

  /// What was counted is asked for again for four scrapes alone, unless it is long ago or something new is wanted.
  @Test(
    arguments: [
      (now: 110, asked: 100, window: 50), (now: 160, asked: 100, window: 100),
      (now: 300, asked: 100, window: 120), (now: 110, asked: nil, window: 120),
    ] as [(Int, Int?, Int)])
  func itAsksForWhatIsNew(now: Int, asked: Int?, window: Int) {
    #expect(rhythm.window(at: Self.at(now), after: asked.map(Self.at)) == .seconds(window))
  }
}
