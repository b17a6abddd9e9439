import Logging
import Rollouts

/// Delivers what recorded decisions ask of the trainer, each until it was heard or is too late.
///
/// It has a loop of its own, so that a trainer that does not answer delays no look.
actor Retrainer {
  private let trainer: any Trainer
  private let fleet: Fleet
  private let clock: any WallClock
  private let logger: Logger
  private let failures: DeduplicatedErrors
  private var attempts: [String: Attempts] = [:]

  private struct Attempts {
    var failed = 0
    var next: Instant
  }

  /// The pauses between attempts double from the first to the last, which troubles no server.
  static let pauses = (shortest: Duration.seconds(2), longest: Duration.seconds(600))

  init(trainer: any Trainer, fleet: Fleet, clock: any WallClock, logger: Logger) {
    self.trainer = trainer
    self.fleet = fleet
    self.clock = clock
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
  }

  /// Tries once whatever is due.
  func deliver() async {
    for request in await fleet.requests where !Task.isCancelled {
      if request.until <= clock.now {
        await giveUp(request)
      } else if attempts[request.digest].map({ $0.next <= clock.now }) ?? true {
        await ask(request)
      }
    }
  }

  private func ask(_ request: RetrainingRequest) async {
    let isHeard: Void? = await failures.run("ask for the retraining of \(request.deployment)") {
      try await trainer.ask(request)
    }
    guard isHeard != nil else { return postpone(request) }
    attempts[request.digest] = nil
    logger.info(
      "asked for retraining",
      metadata: ["deployment": "\(request.deployment)", "decision": "\(request.seq)"])
    await fleet.settle(request)
  }

  private func postpone(_ request: RetrainingRequest) {
    let failed = (attempts[request.digest]?.failed ?? 0) + 1
    attempts[request.digest] = Attempts(
      failed: failed, next: clock.now.advanced(by: Self.pause(afterFailures: failed)))
  }

  private func giveUp(_ request: RetrainingRequest) async {
    attempts[request.digest] = nil
    logger.warning(
      "nobody could be asked for retraining before the cool-down was over",
      metadata: ["deployment": "\(request.deployment)", "decision": "\(request.seq)"])
    await fleet.settle(request)
  }

  /// Returns the pause after so many failures in a row.
  static func pause(afterFailures failed: Int) -> Duration {
    min(pauses.shortest * (1 << min(max(0, failed - 1), 16)), pauses.longest)
  }
}
