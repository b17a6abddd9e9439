import Control
import Ledger
import Rollouts
import TestKit
import Testing
import Threads

/// Which of several controllers leads, by a lock that one of them holds.
@Suite struct LockElectionTests {
  private let clock = HandClock()
  private let lock = SetLock()

  private func election(_ disk: ElectionDisk) -> LockElection {
    let log = CapturedLog().logger
    return LockElection(
      lock: lock,
      ledger: LedgerElection(
        store: disk, checkpoints: disk, clock: clock, lease: .seconds(60), takesOver: false,
        logger: log),
      clock: clock, pace: LockElection.Pace(length: .seconds(15)), logger: log)
  }

  private func campaign(
    _ election: LockElection, hasClaimed: Bool = false
  ) async throws -> Candidacy {
    try await election.campaign(
      ElectionTests.standing(), asked: clock.now, hasClaimed: hasClaimed)
  }

  /// Whoever does not hold the lock waits, for an owner that the ledger names or for one that has claimed nothing.
  @Test(arguments: [true, false]) func onlyTheHolderLeads(hasOwner: Bool) async throws {
    let owner = hasOwner ? try ElectionTests.epoch(3, life: "other") : nil
    let election = election(ElectionDisk(owner, ours: owner.map { [$0.claim] } ?? []))
    lock.answer(LockHold(isHeld: false, predecessors: ["other"]))
    #expect(try await campaign(election) == .waiting(owner: nil))
    #expect(await !election.isInForce)
    lock.answer(LockHold(isHeld: true, predecessors: []))
    #expect(try await campaign(election) == .free, "its own folder's claim, or none at all")
    #expect(await election.isInForce)
  }

  /// An owner that held the lock before is followed at once; one that never did is watched, as without a lock.
  @Test func aPredecessorIsFollowedAtOnce() async throws {
    let owner = try ElectionTests.epoch(3, life: "other")
    let election = election(ElectionDisk(owner, ours: []))
    lock.answer(LockHold(isHeld: true, predecessors: ["stranger"]))
    #expect(try await campaign(election) == .waiting(owner: owner))
    clock.advance(by: .seconds(20))
    lock.answer(LockHold(isHeld: true, predecessors: ["other"]))
    #expect(try await campaign(election) == .succeeding(owner: owner, quiet: .zero))
    lock.answer(LockHold(isHeld: true, predecessors: ["other"], wasGivenUp: true))
    clock.advance(by: .seconds(20))
    #expect(try await campaign(election) == .succeeding(owner: owner, quiet: nil))
  }

  /// What the lock said is believed for two thirds of its length, and is over with the first other word.
  @Test func aSilentLockIsBelievedForAWhile() async throws {
    let election = election(ElectionDisk(nil, ours: []))
    lock.answer(LockHold(isHeld: true, predecessors: []))
    _ = try await campaign(election)
    lock.answer(nil)
    clock.advance(by: .seconds(10))
    #expect(await election.isInForce)
    #expect(try await campaign(election, hasClaimed: true) == .free)
    clock.advance(by: .milliseconds(1))
    #expect(await !election.isInForce)
    await #expect(throws: SetLock.Away.self) { try await campaign(election, hasClaimed: true) }
    lock.answer(LockHold(isHeld: false, predecessors: []))
    #expect(try await campaign(election, hasClaimed: true) == .waiting(owner: nil))
  }

  /// A controller that has resigned never holds the lock again.
  @Test func whoResignsIsOut() async throws {
    let election = election(ElectionDisk(nil, ours: []))
    lock.answer(LockHold(isHeld: true, predecessors: []))
    _ = try await campaign(election)
    await election.resign()
    #expect(lock.releases == 1)
    #expect(await !election.isInForce)
    #expect(try await campaign(election) == .waiting(owner: nil))
    #expect(lock.asked == 1)
  }

  /// A standby leads, and may raise risk, as soon as it holds the lock; and no more once it has lost it.
  @Test func aStandbyLeadsAtOnce() async throws {
    let owner = try ElectionTests.epoch(3, life: "other")
    let disk = ElectionDisk(owner, ours: [])
    let publisher = Publisher(
      store: disk, checkpoints: disk, election: election(disk), clock: clock,
      identity: ControllerIdentity(instance: "me", version: "1", life: "me"),
      maxLag: .seconds(60), logger: CapturedLog().logger)
    lock.answer(LockHold(isHeld: false, predecessors: []))
    try await publisher.exchange()
    #expect(await publisher.isStandby)
    lock.answer(LockHold(isHeld: true, predecessors: ["other"], wasGivenUp: true))
    try await publisher.exchange()
    #expect(await publisher.isTakingOver)
    disk.publish(try ElectionTests.epoch(4, life: "me"))
    try await publisher.exchange()
    #expect(await publisher.quietUntil == nil)
    #expect(await publisher.restrictions == [])
    clock.advance(by: .seconds(11))
    #expect(await publisher.restrictions == [.notOwner], "nobody has renewed the lock")
    #expect(await !publisher.isLeading)
  }

  /// A controller that has led and lost the lock is fenced by the next epoch, and never follows it in this life.
  @Test func whoHasLedIsFenced() async throws {
    let disk = ElectionDisk(nil, ours: [])
    let publisher = Publisher(
      store: disk, checkpoints: disk, election: election(disk), clock: clock,
      identity: ControllerIdentity(instance: "me", version: "1", life: "me"),
      maxLag: .seconds(3600), logger: CapturedLog().logger)
    #expect(await publisher.isWaiting, "before the lock has answered another one may hold it")
    lock.answer(LockHold(isHeld: true, predecessors: []))
    try await publisher.exchange()
    disk.publish(try ElectionTests.epoch(1, life: "me"))
    try await publisher.exchange()
    #expect(await publisher.isLeading)
    lock.answer(LockHold(isHeld: false, predecessors: ["me"]))
    clock.advance(by: .seconds(11))
    let next = try ElectionTests.epoch(2, life: "other")
    disk.stand(Standing(relation: .behind, remote: "b", epoch: next, isDisposable: false))
    await #expect(throws: Fenced.self) { try await publisher.exchange() }
  }
}

/// A lock that says what the test wants.
private final class SetLock: LeaderLock {
  struct Away: Error {}

  private let state = Lock<(hold: LockHold?, asked: Int, releases: Int)>((nil, 0, 0))

  var asked: Int { state.withLock { $0.asked } }
  var releases: Int { state.withLock { $0.releases } }
  func answer(_ hold: LockHold?) { state.withLock { $0.hold = hold } }

  func hold() throws -> LockHold {
    try state.withLock { state in
      state.asked += 1
      guard let hold = state.hold else { throw Away() }
      return hold
    }
  }

  func release() { state.withLock { $0.releases += 1 } }
}
