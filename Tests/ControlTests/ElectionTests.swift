import Control
import Ledger
import Rollouts
import TestKit
import Testing
import Threads

/// Who may claim a ledger, and that a controller does what an election says, whichever it is.
@Suite struct ElectionTests {
  static func epoch(_ number: Int, life: String) throws -> Epoch {
    var head = LedgerHead()
    for _ in 1..<max(1, number) {
      _ = try head.claim(
        by: ControllerIdentity(instance: "x", version: "1", life: "x"), at: HandClock().now)
    }
    _ = try head.claim(
      by: ControllerIdentity(instance: "other", version: "1", life: life, lease: .seconds(60)),
      at: HandClock().now)
    return try #require(head.end.epoch)
  }

  static func standing(life: String? = nil) -> Standing {
    var standing = Standing(relation: .level, remote: "a", epoch: nil, isDisposable: false)
    standing.life = life
    return standing
  }

  private static func election(
    _ disk: ElectionDisk, _ clock: HandClock, takesOver: Bool = false
  ) -> LedgerElection {
    LedgerElection(
      store: disk, checkpoints: disk, clock: clock, lease: .seconds(60), takesOver: takesOver,
      logger: CapturedLog().logger)
  }

  /// A ledger without an epoch, with an epoch of this state folder, and where an operator vouches.
  @Test(arguments: ["none", "ours", "vouched"])
  func nobodyElseIsInCharge(reason: String) async throws {
    let owner = try reason == "none" ? nil : Self.epoch(3, life: "old")
    let disk = ElectionDisk(owner, ours: reason == "ours" ? owner.map { [$0.claim] } ?? [] : [])
    let election = Self.election(disk, HandClock(), takesOver: reason == "vouched")
    #expect(
      try await election.campaign(Self.standing(), asked: HandClock().now, hasClaimed: false)
        == .free)
  }

  /// Another controller is waited for as long as it shows life, and followed after a silent lease.
  @Test func aSilentOwnerIsFollowed() async throws {
    let owner = try Self.epoch(3, life: "other")
    let (disk, clock) = (ElectionDisk(owner, ours: []), HandClock())
    let election = Self.election(disk, clock)
    for life in ["1", "2", "3"] {
      clock.advance(by: .seconds(59))
      let candidacy = try await election.campaign(
        Self.standing(life: life), asked: clock.now, hasClaimed: false)
      #expect(candidacy == .waiting(owner: owner))
    }
    clock.advance(by: .seconds(60))
    let candidacy = try await election.campaign(
      Self.standing(life: "3"), asked: clock.now, hasClaimed: false)
    #expect(candidacy == .succeeding(owner: owner, quiet: .seconds(60)))
    let back = try await election.campaign(
      Self.standing(life: "4"), asked: clock.now, hasClaimed: false)
    #expect(back == .waiting(owner: owner), "it lives after all")
  }

  /// No sign of life is the last one of the life before.
  @Test func signsOfLifeDiffer() async throws {
    let (disk, clock) = (ElectionDisk(nil, ours: []), HandClock())
    let election = Self.election(disk, clock)
    for _ in 0..<3 { try await election.showLife() }
    #expect(Set(disk.signs).count == 3)
    #expect(disk.signs.first == Int(clock.now.milliseconds / 1000))
  }

  /// Another election stands behind the same port: a controller that it lets wait claims and raises nothing.
  @Test func anElectionIsObeyed() async throws {
    let owner = try Self.epoch(3, life: "other")
    let (disk, clock, election) = (ElectionDisk(nil, ours: []), HandClock(), SetElection())
    let publisher = Publisher(
      store: disk, checkpoints: disk, election: election, clock: clock,
      identity: ControllerIdentity(instance: "me", version: "1", life: "me"),
      maxLag: .seconds(60), logger: CapturedLog().logger)
    election.say(.waiting(owner: owner))
    try await publisher.exchange()
    #expect(await publisher.isWaiting)
    #expect(await publisher.owner == owner)
    #expect(await publisher.restrictions == [.notOwner])
    #expect(await !publisher.isTakingOver)
    election.say(.succeeding(owner: owner, quiet: .seconds(300)))
    try await publisher.exchange()
    #expect(await publisher.isTakingOver)
    disk.publish(try Self.epoch(4, life: "me"))
    try await publisher.exchange()
    #expect(await publisher.quietUntil == clock.now.advanced(by: .seconds(310)))
    #expect(await publisher.restrictions == [.notOwner], "the one before may not know yet")
    for _ in 0..<32 {
      clock.advance(by: .seconds(10))
      try await publisher.exchange()
    }
    #expect(await publisher.restrictions == [])
    #expect(election.signs > 0, "it shows that it lives")
  }
}

/// An election that says what the test wants.
private final class SetElection: Election {
  private let state = Lock((candidacy: Candidacy.free, signs: 0))

  var signs: Int { state.withLock { $0.signs } }
  func say(_ candidacy: Candidacy) { state.withLock { $0.candidacy = candidacy } }
  func campaign(_ standing: Standing, asked began: Instant, hasClaimed: Bool) -> Candidacy {
    state.withLock { hasClaimed ? .free : $0.candidacy }
  }
  func showLife() { state.withLock { $0.signs += 1 } }
}
