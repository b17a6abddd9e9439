import Audit
import Control
import Encoding
import Ledger
import Manifests
import Rollouts
import SimulationKit
import Testing

/// Somebody trains models, and is asked when the inputs have moved.
@Suite struct RetrainingStoryTests {
  /// Whatever dies: the trainer hears of the drift, of one decision alone, and not again when the
  /// controller comes back; the ledger says so, and the audit agrees.
  @Test(arguments: UInt64(0)..<12)
  func driftIsToldToTheTrainerWhateverDies(seed: UInt64) async throws {
    let faults = seed == 0 ? World.Faults(crash: 0, hiccup: 0) : World.Faults(crash: 60, hiccup: 40)
    let scenario = Scenario(seed: seed, faults: faults, coolDown: .seconds(86_400))
    scenario.run(for: .seconds(2400)) { world, clock in
      await Self.shift(world, clock)
      world.pauseFaults(true)
      await clock.sleep(for: .seconds(300))
      for _ in 0..<3 {
        world.kill()
        await clock.sleep(for: .seconds(200))
      }
    }
    let world = scenario.world
    #expect(world.violations == [], "seed \(seed): \(world.story)")
    let history = try await world.reader().history(of: CrashTests.name)
    let asking = history.filter(\.asksForRetraining)
    #expect(asking.count == 1, "seed \(seed): \(world.story)")
    #expect(Set(world.asked.map(\.seq)) == Set(asking.map(\.seq)), "seed \(seed)")
    // More often only when it died between the answer and noting it down, or the answer was lost.
    #expect(
      seed == 0 ? world.asked.count == 1 : world.asked.count < world.lives,
      "seed \(seed): asked \(world.asked.count) times in \(world.lives) lives")
    #expect(Set(world.asked.map(\.digest)).count == 1)
    #expect(world.ledger.count { $0.message.contains("\nRetraining: asked\n") } == 1)
    #expect(try Self.firstFinding(in: Self.drafts(of: world)) == nil)
  }

  private static func shift(_ world: World, _ clock: SimulatedClock) async {
    world.commit(DriftLedger.files("1"))
    await clock.sleep(for: .seconds(400))
    world.shiftInputs(true)
    await clock.sleep(for: .seconds(600))
  }

  /// A trainer that is away is asked until it is back, also by the next life of the controller, and
  /// never when the cool-down was over before.
  @Test(arguments: [(86_400, 1), (60, 0)] as [(Int, Int)])
  func trainerThatIsAwayIsAskedAgain(coolDown: Int, asked: Int) async throws {
    let scenario = Scenario(
      seed: 1, faults: World.Faults(crash: 0, hiccup: 0), coolDown: .seconds(coolDown))
    scenario.run(for: .seconds(3600)) { world, clock in
      world.takeTrainerAway(true)
      await Self.shift(world, clock)
      world.kill()
      await clock.sleep(for: .seconds(300))
      world.takeTrainerAway(false)
    }
    let world = scenario.world
    let history = try await world.reader().history(of: CrashTests.name)
    #expect(history.count(where: \.asksForRetraining) == 1, "\(world.story)")
    #expect(world.asked.count == asked)
  }

  /// Drift that comes again is told again, but not before the cool-down is over.
  @Test(arguments: [(60, [true, true]), (86_400, [true, false])] as [(Int, [Bool])])
  func coolDownIsKept(seconds: Int, asks: [Bool]) async throws {
    let world = Self.twice(coolDown: .seconds(seconds))
    let alerts = try await world.reader().history(of: CrashTests.name)
      .filter { $0.verdict == .alert && $0.cause == .drift }
    #expect(alerts.map(\.asksForRetraining) == asks, "\(world.story)")
    #expect(world.asked.map(\.seq) == alerts.filter(\.asksForRetraining).map(\.seq))
    #expect(try Self.firstFinding(in: Self.drafts(of: world)) == nil)
  }

  private static func twice(coolDown: Duration?) -> World {
    let scenario = Scenario(
      seed: 3, faults: World.Faults(crash: 0, hiccup: 0), coolDown: coolDown)
    scenario.run(for: .seconds(7200)) { world, clock in
      await shift(world, clock)
      world.shiftInputs(false)
      await clock.sleep(for: .seconds(3600))
      world.shiftInputs(true)
    }
    return scenario.world
  }

  /// Drift that lasts is told again a day later, and asks again when the cool-down is over by then,
  /// also in another life of the controller; every decision can be made again.
  @Test(arguments: [(3600, [true, true]), (129_600, [true, false])] as [(Int, [Bool])])
  func lastingDriftIsToldAgain(coolDown: Int, asks: [Bool]) async throws {
    let scenario = Scenario(
      seed: 5, faults: World.Faults(crash: 0, hiccup: 0), coolDown: .seconds(coolDown))
    scenario.run(for: .seconds(96_000), tick: .seconds(20)) { world, clock in
      world.commit(
        DriftLedger.files("1").mapValues {
          $0.replacing("interval: 5s", with: "interval: 1m")
            .replacing("sample: 50%", with: "sample: 2%")
        })
      await clock.sleep(for: .seconds(2400))
      world.shiftInputs(true)
      await clock.sleep(for: .seconds(60_000))
      world.kill()
    }
    let world = scenario.world
    #expect(world.violations == [], "\(world.story)")
    let alerts = try await world.reader().history(of: CrashTests.name)
      .filter { $0.verdict == .alert && $0.cause == .drift }
    #expect(alerts.map(\.asksForRetraining) == asks, "\(world.story)")
    #expect(world.asked.map(\.seq) == alerts.filter(\.asksForRetraining).map(\.seq))
    #expect(alerts.map(\.reason) == [.inputsMoved(days: nil), .inputsMoved(days: 1)])
    #expect(alerts.allSatisfy { $0.drift.first?.moved.first?.column == "amount" })
    #expect(try Self.firstFinding(in: Self.drafts(of: world)) == nil)
  }

  /// Without a trainer nothing of it is recorded.
  @Test func withoutATrainerNothingIsAsked() throws {
    let world = Self.twice(coolDown: nil)
    #expect(world.story.contains { $0.hasPrefix("alert") })
    for change in world.ledger {
      for (path, bytes) in change.files where LedgerPaths.parseRecord(path) != nil {
        #expect(!String(decoding: bytes, as: UTF8.self).contains("\"retraining\""))
      }
      #expect(!change.message.contains("Retraining"))
    }
  }

  /// Whoever has the key and leaves a cool-down out, ends it early, or asks without a reason, is found.
  @Test func forgedStampsAreFound() throws {
    let drafts = Self.drafts(of: Self.twice(coolDown: .seconds(86_400)))
    let asking = try #require(drafts.firstIndex { $0.message.contains("Retraining: asked") })
    let seq = try #require(try drafts[asking].record()?.seq)
    let until = try #require(try drafts[asking].record()?.retraining?.until.milliseconds)
    let forgeries: [(Int, JSONValue?)] = [
      (asking + 1, nil), (asking + 1, ["decision": .number(seq), "until": .int(until - 1)]),
      (asking - 1, ["decision": .number(seq - 1), "until": .int(until)]),
      (asking, ["decision": .number(seq), "until": 0]),
      (asking, ["decision": .number(seq - 1), "until": .int(until)]),
    ]
    for (index, stamp) in forgeries {
      var forged = drafts
      forged[index] = try forged[index].stamped(stamp)
      let finding = try Self.firstFinding(in: forged)
      #expect(finding?.kind == .chain && finding?.ledgerSeq == index + 1, "\(stamp as Any)")
      #expect(finding?.expected.contains("retraining") == true)
    }
  }

  private static let key = SigningKey(comment: "")

  private static func drafts(of world: World) -> [LedgerDraft] {
    LedgerDraft.drafts(of: world.ledger, key: key)
  }

  private static func firstFinding(in drafts: [LedgerDraft]) throws -> Finding? {
    var audit = LedgerAudit(
      signers: try AllowedSigners(AllowedSigners.line(for: key.publicKey, of: "simulation")))
    let commits = try LedgerDraft.commits(of: drafts)
    do throws(Finding) {
      for commit in commits { try audit.check(commit) }
      return nil
    } catch {
      return error
    }
  }
}

extension LedgerDraft {
  private var place: Int? { changes.firstIndex { LedgerPaths.parseRecord($0.path) != nil } }

  fileprivate func record() throws -> Record? {
    try place.map { try Self.record(JSONValue(file: changes[$0].contents)) }
  }

  private static func record(_ value: JSONValue) throws -> Record {
    guard case .object(var members) = value else { throw LedgerDraftError() }
    members["replay"] = nil
    return try JSONValue.object(members).decoded(as: Record.self)
  }

  /// Returns the draft with another stamp in its record, and a message that fits.
  fileprivate func stamped(_ stamp: JSONValue?) throws -> LedgerDraft {
    guard let place, case .object(var members) = try JSONValue(file: changes[place].contents)
    else { throw LedgerDraftError() }
    members["retraining"] = stamp
    let value = JSONValue.object(members)
    var draft = self
    draft.changes[place] = FileChange(
      path: changes[place].path, kind: .added, isPlain: true, contents: value.file)
    draft.message =
      CommitMessage(
        try Self.record(value), digest: Digest(of: value.file).description
      ).description
    return draft
  }
}

private struct LedgerDraftError: Error {}
