import Control
import Rollouts
import Testing
import Threads

/// A ring makes the next fetch come sooner, and nothing else.
@Suite struct DoorbellTests {
  /// When somebody rings, and when the wait is over, in milliseconds: never within a second, and
  /// however often it rang, once.
  @Test(
    arguments: [
      ([], 10_000), ([1], 1000), ([1000], 1000), ([1001], 1250), ([5000], 5000),
      ([1, 2, 3, 999], 1000), ([9900], 10_000),
    ] as [([Int64], Int64)])
  func waitEnds(rings: [Int64], end: Int64) async throws {
    let doorbell = Doorbell()
    let clock = RingingClock(rings, doorbell)
    try await doorbell.wait(atMost: .seconds(10), lookingEvery: .milliseconds(250), clock)
    #expect(clock.now == Instant(milliseconds: end))
  }

  @Test func rungBellIsAnsweredOnce() async {
    let doorbell = Doorbell()
    for _ in 0..<3 { await doorbell.ring() }
    #expect(await doorbell.answer())
    #expect(await !doorbell.answer())
  }

  /// Time passes in the sleeps alone, and somebody rings in it.
  private final class RingingClock: WallClock {
    private let time = Lock<Int64>(0)
    private let rings: [Int64]
    private let bell: Doorbell

    init(_ rings: [Int64], _ bell: Doorbell) { (self.rings, self.bell) = (rings, bell) }

    var now: Instant { Instant(milliseconds: time.withLock { $0 }) }

    func sleep(for duration: Duration) async {
      let (before, after) = time.withLock { time in
        let before = time
        time += duration.inMilliseconds
        return (before, time)
      }
      for ring in rings where before < ring && ring <= after { await bell.ring() }
    }
  }
}
