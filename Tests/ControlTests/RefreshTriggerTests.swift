import Control
import Rollouts
import Testing
import Threads

/// A refresh makes the next fetch come sooner, and nothing else.
@Suite struct RefreshTriggerTests {
  /// When it fires, and when the wait is over, in milliseconds: never within a second, and
  /// however often it fired, once.
  @Test(
    arguments: [
      ([], 10_000), ([1], 1000), ([1000], 1000), ([1001], 1250), ([5000], 5000),
      ([1, 2, 3, 999], 1000), ([9900], 10_000),
    ] as [([Int64], Int64)])
  func waitEnds(firings: [Int64], end: Int64) async throws {
    let refresh = RefreshTrigger()
    let clock = FiringClock(firings, refresh)
    try await refresh.wait(atMost: .seconds(10), lookingEvery: .milliseconds(250), clock)
    #expect(clock.now == Instant(milliseconds: end))
  }

  @Test func whatFiredIsTakenOnce() async {
    let refresh = RefreshTrigger()
    for _ in 0..<3 { await refresh.fire() }
    #expect(await refresh.take())
    #expect(await !refresh.take())
  }

  /// Time passes in the sleeps alone, and the trigger fires in it.
  private final class FiringClock: WallClock {
    private let time = Lock<Int64>(0)
    private let firings: [Int64]
    private let trigger: RefreshTrigger

    init(_ firings: [Int64], _ trigger: RefreshTrigger) {
      (self.firings, self.trigger) = (firings, trigger)
    }

    var now: Instant { Instant(milliseconds: time.withLock { $0 }) }

    func sleep(for duration: Duration) async {
      let (before, after) = time.withLock { time in
        let before = time
        time += duration.inMilliseconds
        return (before, time)
      }
      for firing in firings where before < firing && firing <= after { await trigger.fire() }
    }
  }
}
