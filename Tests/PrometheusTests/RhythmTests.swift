import Rollouts
import Testing

@testable import Prometheus

/// When Prometheus is asked, and how far back.
@Suite struct RhythmTests {
  private static func at(_ seconds: Int) -> Instant { .second(seconds) }

  /// The rhythm of one subject after an answer at 100 s, which was true for `asOf`.
  private static func rhythm(asOf: Int = 99) -> Rhythm {
    var rhythm = Rhythm(interval: .seconds(10), longestWindow: .seconds(120))
    rhythm.note(asked: at(100), [subject()], asOf: at(asOf))
    return rhythm
  }

  /// The next scrape is ten seconds after the one that was told, and read two seconds later; a clock that differs changes
  /// neither bound.
  @Test(
    arguments: [
      (asOf: 99, wait: 10), (97, 9), (96, 8), (93, 5), (60, 5), (100, 10), (500, 10),
    ])
  func itIsAskedOncePerScrape(asOf: Int, wait: Int) {
    let rhythm = Self.rhythm(asOf: asOf)
    let due = Self.at(100 + wait)
    #expect(rhythm.isSoon(due.advanced(by: .milliseconds(-1)), [subject()]))
    #expect(!rhythm.isSoon(due, [subject()]))
  }

  /// What was counted is asked for again for four scrapes alone, unless it is long ago.
  @Test(arguments: [(now: 110, window: 50), (160, 100), (300, 120)])
  func itAsksForWhatIsNew(now: Int, window: Int) {
    #expect(Self.rhythm().window(at: Self.at(now), [subject()]) == .seconds(window))
  }

  /// The whole window is asked for at once at the beginning, and when the clock was set back; for other subjects when half an
  /// interval is over, since pods come and go all the time.
  @Test func itAsksForEverything() {
    let first = Rhythm(interval: .seconds(10), longestWindow: .seconds(120))
    let cases = [
      (first, 100, [subject()]), (Self.rhythm(), 105, [subject(), subject(app: "b")]),
      (Self.rhythm(), 105, [subject(since: 7)]), (Self.rhythm(), 50, [subject()]),
    ]
    #expect(Self.rhythm().isSoon(Self.at(104), [subject(app: "b")]))
    for (rhythm, now, subjects) in cases {
      #expect(!rhythm.isSoon(Self.at(now), subjects))
      #expect(rhythm.window(at: Self.at(now), subjects) == .seconds(120))
    }
  }
}
