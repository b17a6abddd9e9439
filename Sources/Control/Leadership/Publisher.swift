package import Ledger
package import Logging
package import Rollouts

/// Publishes the ledger behind the controller's back, and knows whose it is.
///
/// Nothing but the permission to raise risk ever waits for it. That permission is a lease: it ends
/// `maxLag` after the remote last showed that no other controller took over, or that a decision was
/// made that is still unpublished. Whoever takes over lets as much time pass before it raises risk, so
/// that two controllers never do at once, however they are cut off from each other.
package actor Publisher {
  private let store: any LedgerStore
  private let checkpoints: any Checkpoints
  private let election: any Election
  private let clock: any WallClock
  private let identity: ControllerIdentity
  private let maxLag: Duration
  private let logger: Logger
  private let failures: DeduplicatedErrors
  private var alarm: Alarm

  /// When each commit was made that is not published yet, oldest first.
  private var backlog: [Instant] = []
  private var isSynchronized = false
  /// Whether the remote branch was brought in and not yet taken over.
  package private(set) var hasNews = false
  /// When the remote last showed that nobody else took over: the beginning of that exchange.
  private var confirmedAt: Instant?
  /// The permission to raise risk; nil until this life owns the epoch.
  private var lease: Lease?
  /// Whether the checkpoints say that no other controller can be in charge.
  private var isLeaseNoted = false
  private var hasPushedClaim = false
  private var candidacy: Candidacy

  package init(
    store: any LedgerStore, checkpoints: any Checkpoints, election: any Election,
    clock: any WallClock, identity: ControllerIdentity, maxLag: Duration, logger: Logger
  ) {
    self.store = store
    self.checkpoints = checkpoints
    self.election = election
    candidacy = election.hasStandbys ? .waiting(owner: nil) : .free
    self.clock = clock
    self.identity = identity
    self.maxLag = maxLag
    self.logger = logger
    failures = DeduplicatedErrors(logger: logger)
    alarm = Alarm(logger: logger)
  }

  /// Takes over what an earlier life could not publish, with its age.
  ///
  /// - Throws: What the store throws, which verifies what is here first.
  package func begin() async throws {
    try await store.verify()
    backlog = try await store.backlog()
  }

  /// Notes that something was committed and is not published yet.
  package func note(_ moment: Instant) { backlog.append(moment) }

  /// Why risk may not grow; nothing while this life owns the epoch, the remote said so not too long ago,
  /// and no decision waits too long.
  package var restrictions: Set<Restriction> {
    get async {
      let isInForce = await election.isInForce
      let now = clock.now
      var found: Set<Restriction> = isInForce && ownsEpoch(at: now) ? [] : [.notOwner]
      if let oldest = backlog.first, now.since(oldest) > maxLag { found.insert(.unpublished) }
      return found
    }
  }

  /// Whether the remote shows that this life is in charge, and has not been silent for too long.
  private func ownsEpoch(at now: Instant) -> Bool {
    isSynchronized && !hasNews && !isWaiting && lease?.isHeld(at: now) == true
  }

  /// What waits to be published.
  package var waiting: ControllerReport.Waiting {
    ControllerReport.Waiting(count: backlog.count, oldest: backlog.first)
  }

  /// What a person has to look at; nil while the ledger's branch is as this controller left it.
  package var alarmed: String? { alarm.message }

  /// Whether nothing waits to be published.
  package var isPublished: Bool { backlog.isEmpty }

  /// Whether the remote was reached since the start.
  package var hasReachedRemote: Bool { isSynchronized }

  /// Whether another controller may be in charge and alive: nothing is claimed and nothing decided.
  package var isWaiting: Bool { candidacy.isWaiting }

  /// The epoch of the other controller that is in charge, or was when it was seen last.
  package var owner: Epoch? { candidacy.owner }

  /// Whether another controller leads and this one is there to follow it at once.
  package var isStandby: Bool { isWaiting && election.hasStandbys }

  /// Whether this controller decides now, on the newest of the ledger.
  package var isLeading: Bool {
    get async { await election.isInForce && isSynchronized && !hasNews && !isWaiting }
  }

  /// Whether this controller waits, and need not wait any longer.
  package var mayLead: Bool { get async { await election.isInForce && isStandby } }

  /// Takes part in the election until the task is cancelled.
  package func takePart() async { await election.takePart() }

  /// Publishes what waits, if that is soon done, and lets another controller lead; nothing runs any more.
  package func resign() async {
    guard election.hasStandbys else { return }
    if !backlog.isEmpty {
      let line = Line(limit: .seconds(3), by: clock)
      await failures.run("publish the last decisions") {
        try await line.call { try await self.exchange() }
      }
    }
    await election.resign()
  }

  /// Whether an epoch is to be claimed now and its push should not wait for its turn.
  package var isTakingOver: Bool {
    isSynchronized && !isWaiting && lease == nil && !hasPushedClaim
  }

  /// Until when the controller before this one may still raise risk; nil when that is over.
  package var quietUntil: Instant? { lease?.quietUntil(at: clock.now) }

  /// Notes that what the remote branch brought was taken over; nothing is admitted before.
  package func newsTaken() { hasNews = false }

  /// One exchange with the remote: brings in its branch, pushes what waits, or asks whether all is as
  /// it was.
  ///
  /// What is committed while a push is under way waits for the next one.
  package func exchange() async throws(Fenced) {
    guard !hasNews else { return }
    if !isSynchronized || isWaiting {
      try await compare()
    } else if await !election.isInForce {
      // Another controller may have been elected, and have claimed the ledger.
      try await compare()
      if !isWaiting, !backlog.isEmpty { try await push() }
    } else if !backlog.isEmpty {
      try await push()
    } else if isConfirmationDue {
      try await compare()
      await showLife()
    }
    await failures.run("read the ledger's state") { try await self.settle() }
  }

  private var isConfirmationDue: Bool {
    Lease.isConfirmationDue(confirmedAt, length: maxLag, at: clock.now)
  }

  private func compare() async throws(Fenced) {
    let began = clock.now
    let standing = await failures.run("reach the ledger's repository") {
      try await self.store.compare()
    }
    guard let standing, await campaignOrComplain(standing, since: began) || lease != nil else {
      return
    }
    // One that has led never follows another: it was fenced, and its next life follows.
    if !isSynchronized || candidacy != .free && lease == nil, standing.canFollow {
      hasNews = true
    } else {
      try await judge(standing, began)
    }
    if standing.relation == .level { confirm(began) }
    if standing.distrust == nil { isSynchronized = true }
  }

  /// Finds out whether this controller may take over, or go on.
  private func campaign(_ standing: Standing, since began: Instant) async throws {
    candidacy = try await election.campaign(
      standing, asked: began, hasClaimed: lease != nil || hasPushedClaim)
  }

  /// Returns whether the election has answered.
  private func campaignOrComplain(_ standing: Standing, since began: Instant) async -> Bool {
    await failures.run("find out who is in charge") {
      try await self.campaign(standing, since: began)
    } != nil
  }

  private func showLife() async {
    guard lease != nil, !isConfirmationDue else { return }
    await failures.run("show that this controller lives") { try await self.election.showLife() }
  }

  private func push() async throws(Fenced) {
    let began = clock.now
    hasPushedClaim = true
    let outcome = await failures.run("publish decisions") { try await self.pushOrThrow() }
    switch outcome {
    case nil, .refused: return
    case .nothingToPublish: confirm(began)
    case .published(let commits):
      logger.debug("published", metadata: ["commits": "\(commits)"])
      confirm(began)
    case .moved(let standing): try await judge(standing, began)
    }
  }

  private func pushOrThrow() async throws -> Publication {
    let outcome = try await store.publish()
    guard case .refused(let why) = outcome else { return outcome }
    throw Refusal(description: "the remote refused them: \(why)")
  }

  private struct Refusal: Error, CustomStringConvertible { let description: String }

  private func confirm(_ began: Instant) {
    confirmedAt = began
    lease?.confirm(began)
    alarm.settle()
  }

  /// Decides what a remote means that is not where we left it.
  private func judge(_ standing: Standing, _ began: Instant) async throws(Fenced) {
    if let distrust = standing.distrust { return alarm.raise(distrust, at: standing) }
    switch standing.relation {
    case .level: confirm(began)
    case .behind, .foreign:
      if let epoch = standing.epoch {
        throw Fenced(
          epoch: epoch, unpublished: backlog.count, mustBeAdopted: !standing.canFollow)
      }
      if lease == nil, standing.canFollow {
        // Whoever is still in charge was faster with a decision: claim again on top of it, or go on
        // waiting, since it lives.
        (hasNews, hasPushedClaim) = (true, false)
        if candidacy != .free {
          await failures.run("read the ledger's state") {
            try await self.campaign(standing, since: began)
          }
        }
      } else {
        alarm.raise(
          "the ledger's branch was changed by somebody else: decisions are no longer published",
          ["remote": "\(standing.remote ?? "none")"])
      }
    case .rewritten: await rescue(standing)
    }
  }

  /// What was published is gone: that is for a person to judge, so everything is kept elsewhere.
  private func rescue(_ standing: Standing) async {
    let epoch = (try? await store.publishedEpoch())?.controller.epoch ?? 0
    let branch = LedgerPaths.recoveryBranch(of: store.branch, epoch: epoch)
    alarm.raise(
      "the ledger's branch was rewritten or deleted: decisions are no longer published",
      ["remote": "\(standing.remote ?? "none")", "kept-at": "\(branch)"])
    await failures.run("keep the ledger at \(branch)") {
      try await self.store.rescue(to: branch)
    }
  }

  /// Takes note of what is published, and of owning the epoch.
  private func settle() async throws {
    backlog = try await store.backlog()
    let epoch = try await store.publishedEpoch()
    let now = clock.now
    if lease == nil, !isWaiting, let epoch, epoch.life == identity.life {
      try await take(epoch, at: now)
    }
    if let lease, !isLeaseNoted, now >= lease.begins {
      try await checkpoints.setLease([lease.claim])
      isLeaseNoted = true
    }
  }

  /// Begins the lease of a claim that was published.
  private func take(_ epoch: Epoch, at now: Instant) async throws {
    isLeaseNoted = try await checkpoints.lease().contains(epoch.claim)
    var quiet: Duration? = maxLag
    if case .succeeding(_, let other) = candidacy { quiet = other }
    let lease = Lease(
      of: epoch.claim, publishedAt: now, confirmedAt: confirmedAt, length: maxLag,
      quiet: isLeaseNoted ? nil : quiet)
    (self.lease, candidacy) = (lease, .free)
    logger.info("the ledger is ours", metadata: ["epoch": "\(epoch.controller.epoch)"])
    if let end = lease.quietUntil(at: now) { sayQuiet(end) }
  }

  private func sayQuiet(_ end: Instant) {
    logger.warning(
      "another controller may not know yet that this one took over: nothing is admitted or advanced",
      metadata: ["until": "\(end.iso8601)", "if-it-is-dead": "serin run --take-over"])
  }
}

/// Another controller took the ledger over: this one must not decide anything any more.
package struct Fenced: Error, Equatable, CustomStringConvertible {
  package let epoch: Epoch
  package let unpublished: Int
  /// Whether an operator has to say what becomes of the decisions that were not published.
  package let mustBeAdopted: Bool

  package var description: String {
    let kept =
      unpublished == 0
      ? "" : "; commits that were not published are kept here: \(unpublished)"
    return CommitMessage.line(
      "another controller, \(epoch.controller.instance), took the ledger over at \(epoch.claimedAt.iso8601), "
        + "with epoch \(epoch.controller.epoch)\(kept)")
  }
}
