import Control
import Rollouts
import SimulationKit
import Threads

/// A clock that the test moves.
final class HandClock: WallClock {
  private let time = Lock(SimulatedClock.start)

  var now: Instant { time.withLock { $0 } }
  func advance(by duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
  func sleep(for duration: Duration) async throws { await Task.yield() }
}
