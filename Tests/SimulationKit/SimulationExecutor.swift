import Randomness
import Threads

/// Runs a whole simulation on the calling thread, in an order that the seed decides.
///
/// Swift's ordinary pool would interleave tasks differently on every run. As a task executor this
/// one also carries every actor that has no executor of its own, which is why adapters that do have
/// one (libgit2's queue) stay outside a simulation, behind their port.
package final class SimulationExecutor: TaskExecutor {
  private struct State {
    var jobs: [UnownedJob] = []
    var random: SplitMix64
    var isDone = false
  }

  private let state: Lock<State>

  package init(seed: UInt64) { state = Lock(State(random: SplitMix64(seed: seed))) }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    state.withLock { $0.jobs.append(job) }
  }

  /// Returns once `body` has; time passes only while every task is asleep.
  package func run(clock: SimulatedClock, _ body: @escaping @Sendable () async -> Void) {
    Task(executorPreference: self) {
      await body()
      self.state.withLock { $0.isDone = true }
    }
    while !state.withLock({ $0.isDone }) {
      if let job = takeJob() {
        job.runSynchronously(on: asUnownedTaskExecutor())
      } else {
        precondition(clock.advance(), "stuck: nothing to run and nobody asleep")
      }
    }
  }

  private func takeJob() -> UnownedJob? {
    state.withLock { state in
      guard !state.jobs.isEmpty else { return nil }
      return state.jobs.remove(at: Int(state.random.next(upperBound: UInt64(state.jobs.count))))
    }
  }
}
