package import Control
package import Rollouts
import Threads

/// Turns captured payloads into counts.
///
/// ```
/// take ──▶ mailbox, bounded ──▶ one worker: read, count, forget ──▶ samples
/// ```
///
/// Whoever hands something in waits for a lock that is held for microseconds, and never for the worker.
/// Bodies are gone as soon as they are counted.
package final class Intake: PayloadIntake, Sampling {
  private let mailbox: Lock<Mailbox>
  private let counting: Counting
  private let clock: any WallClock
  /// Who answers for each deployment that is followed.
  private let arms = Lock<[DeploymentName: [Arm: Revision]]>([:])

  /// Follows nobody yet.
  ///
  /// - Parameters:
  ///   - life: Different each time the program starts, since counts start again with it.
  ///   - clock: What is handed in is stamped with it.
  ///   - limits: What is kept at most.
  package init(life: String, clock: any WallClock, limits: IntakeLimits = IntakeLimits()) {
    let mailbox = Lock(Mailbox(limits))
    (self.mailbox, self.clock) = (mailbox, clock)
    counting = Counting(mailbox, life: life, clock: clock, limits: limits)
  }

  package func take(_ event: PayloadEvent) { post(.event(event)) }

  package func take(_ label: Label) { post(.label(label)) }

  package func take(_ conversion: Conversion) { post(.conversion(conversion)) }

  package func noteLost(_ count: Int, of deployment: DeploymentName?) {
    mailbox.withLock { $0.lose(max(0, count), of: deployment) }
  }

  private func post(_ message: Mailbox.Message) {
    let now = clock.now
    let isAsleep = mailbox.withLock { $0.add(message, at: now) }
    if isAsleep { Task { [counting] in await counting.work() } }
  }

  package func follow(_ plans: [DeploymentName: SamplePlan]) async {
    arms.withLock { $0 = plans.mapValues(\.arms) }
    await counting.follow(plans)
  }

  /// Returns the revision that an event is about; nil when nobody follows the deployment, or when it has
  /// no such revision.
  package func revision(of deployment: DeploymentName, _ server: PayloadPart.Server) -> Revision.ID?
  {
    let arms = arms.withLock { $0[deployment] ?? [:] }
    switch server {
    case .stable: return arms[.stable]?.id
    case .candidate: return arms[.candidate]?.id
    case .version(let text):
      let all = [arms[.candidate], arms[.stable]].compactMap(\.self)
      return all.first { $0.id.description == text || $0.model.version == text }?.id
    }
  }

  /// Returns the counts of all that was taken before.
  package func samples() async -> [DeploymentName: Samples] { await counting.samples() }

  package func statistics() async -> IntakeStatistics { await counting.currentStatistics() }
}
