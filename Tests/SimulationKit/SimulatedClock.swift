package import Rollouts
import Threads

/// A clock whose time moves only when there is nothing left to run.
package final class SimulatedClock: Sendable {
  private struct Sleeper {
    let deadline: Instant
    let order: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var now: Instant
    var sleepsStarted = 0
    var sleepers: [Sleeper] = []
  }

  private let state: Lock<State>

  /// 2026-09-24 at 10:00 UTC.
  package static let start = Instant(milliseconds: 1_790_244_000_000)

  package init(start: Instant = SimulatedClock.start) { state = Lock(State(now: start)) }

  package var now: Instant { state.withLock { $0.now } }

  package func sleep(for duration: Duration) async {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        state.sleepsStarted += 1
        state.sleepers.append(
          Sleeper(
            deadline: state.now.advanced(by: duration), order: state.sleepsStarted,
            continuation: continuation))
      }
    }
  }

  /// Moves time on as a clock in front of real parts does, and wakes whoever slept long enough.
  package func advance(by duration: Duration) {
    let due = state.withLock { state in
      state.now = state.now.advanced(by: duration)
      let place = state.sleepers.partition { $0.deadline <= state.now }
      defer { state.sleepers.removeSubrange(place...) }
      return state.sleepers[place...].sorted { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
    }
    for sleeper in due { sleeper.continuation.resume() }
  }

  /// Wakes all who sleep, whatever time it is: of a life that is over nobody is to be waited for.
  package func wakeEverybody() {
    let all = state.withLock { state in
      defer { state.sleepers = [] }
      return state.sleepers
    }
    for sleeper in all { sleeper.continuation.resume() }
  }

  /// Moves time to the earliest deadline and wakes that sleeper, or returns false if nobody sleeps.
  func advance() -> Bool {
    let next: Sleeper? = state.withLock { state in
      let earliest = state.sleepers.indices.min { left, right in
        let (first, second) = (state.sleepers[left], state.sleepers[right])
        return (first.deadline, first.order) < (second.deadline, second.order)
      }
      guard let earliest else { return nil }
      let sleeper = state.sleepers.remove(at: earliest)
      state.now = max(state.now, sleeper.deadline)
      return sleeper
    }
    next?.continuation.resume()
    return next != nil
  }
}
