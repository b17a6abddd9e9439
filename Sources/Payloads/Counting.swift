import Control
import Rollouts
import Threads

/// The worker of an intake, on a thread of its own: reading takes long when there is much to read.
actor Counting {
  private let executor = BlockingQueue(label: "serin.payloads")
  private let mailbox: Lock<Mailbox>
  private let life: String
  private let clock: any WallClock
  private let limits: IntakeLimits
  private var tallies: [DeploymentName: DeploymentTally] = [:]
  private var starts = 0
  private var readers = Readers()
  private var statistics = IntakeStatistics()

  init(_ mailbox: Lock<Mailbox>, life: String, clock: any WallClock, limits: IntakeLimits) {
    (self.mailbox, self.life, self.clock, self.limits) = (mailbox, life, clock, limits)
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// Keeps the counts of deployments whose plan continues the one before; all others start from zero.
  func follow(_ plans: [DeploymentName: SamplePlan]) {
    drain()
    for (deployment, var tally) in tallies where !tally.plan.continues(plans[deployment]) {
      tally.entities.forgetAll()
      statistics.add(tally)
      tallies[deployment] = nil
    }
    for (deployment, plan) in plans {
      tallies[deployment]?.goOn(with: plan)
      if tallies[deployment] != nil { continue }
      starts += 1
      tallies[deployment] = DeploymentTally(plan, epoch: "\(life)-\(starts)", limits: limits)
    }
    let share = limits.share(
      among: plans.count, comparing: plans.values.count { $0.agreement != nil },
      testing: plans.values.count { $0.goal != nil },
      slicing: plans.values.count { $0.slices != nil })
    for deployment in plans.keys { tallies[deployment]?.limit(share) }
    mailbox.withLock { $0.followed = Set(plans.keys) }
  }

  /// Counts what waits, and goes on later with what came meanwhile: others want to be heard, too.
  func work() {
    if drain() { Task { work() } }
  }

  func samples() -> [DeploymentName: Samples] {
    drain()
    let now = clock.now
    for deployment in tallies.keys { tallies[deployment]?.mature(at: now) }
    return tallies.mapValues { $0.samples() }
  }

  /// Counts as much as waits now; returns whether more may have come meanwhile.
  @discardableResult
  private func drain() -> Bool {
    defer { applyLosses() }
    var left = mailbox.withLock { $0.count }
    while true {
      let portion = mailbox.withLock { $0.next() }
      if portion.isEmpty { return false }
      for queued in portion { take(queued.message, at: queued.at) }
      left -= portion.count
      if left <= 0 { return true }
    }
  }

  private func applyLosses() {
    let losses = mailbox.withLock { $0.takeLosses() }
    statistics.dropped += losses.ofAll + losses.byDeployment.values.reduce(0, +)
    for deployment in tallies.keys {
      let lost = losses.ofAll + (losses.byDeployment[deployment] ?? 0)
      if lost > 0 { tallies[deployment]?.lose(lost) }
    }
  }

  private func take(_ message: Mailbox.Message, at now: Instant) {
    tallies[message.deployment]?.mature(at: now)
    switch message {
    case .event(let event):
      tallies[event.deployment]?.take(event, at: now, &readers, &statistics)
    case .label(let label): tallies[label.deployment]?.take(label, at: now, &statistics)
    case .conversion(let conversion):
      tallies[conversion.deployment]?.take(conversion, at: now, &statistics.conversions)
    }
  }

  func currentStatistics() -> IntakeStatistics {
    drain()
    var current = statistics
    for tally in tallies.values { current.add(tally) }
    mailbox.withLock { mailbox in
      current.ignored = mailbox.ignored
      current.labels.dropped = mailbox.droppedLabels
      current.conversions.dropped = mailbox.droppedConversions
    }
    return current
  }
}

extension IntakeStatistics {
  /// Adds what one deployment's tally counts by itself.
  fileprivate mutating func add(_ tally: DeploymentTally) {
    forgotten += tally.predictions.forgotten
    labels.unknown += tally.predictions.early.unknown
    pairs.alone.merge(tally.waiting.alone, uniquingKeysWith: +)
    conversions.waiting += tally.entities.waiting
    conversions.unknown += tally.entities.unknown
  }
}
