import Control
import Payloads
import Profiles
import Rollouts
import Testing

/// Bounds, losses, and when counts start again.
@Suite struct IntakeTests {
  @Test func countsGrowUntilTheProfileChanges() async {
    let desk = await Desk()
    desk.take(Desk.request)
    let first = await desk.samples
    await desk.intake.follow([Desk.deployment: Desk.plan()])
    desk.take(Desk.request)
    let second = await desk.samples
    #expect(first?.epoch == second?.epoch)
    #expect(second?.revisions[Desk.revision]?.requests == 2)
    await desk.intake.follow([Desk.deployment: Desk.plan([Desk.age])])
    desk.take(Desk.v1("[41]"))
    let third = await desk.samples
    #expect(third?.epoch != first?.epoch)
    #expect(third?.revisions[Desk.revision]?.features == [[0, 0, 1, 0]])
    await desk.intake.follow([:])
    desk.take(Desk.request)
    #expect(await desk.samples == nil)
    #expect(await desk.intake.statistics().ignored == 1)
    await desk.intake.follow([Desk.deployment: Desk.plan()])
    #expect(await desk.samples?.epoch != first?.epoch)
  }

  @Test func whatDoesNotFitIsDropped() async {
    let desk = await Desk(limits: IntakeLimits(bytes: 1000))
    desk.take(Desk.request)
    #expect(await desk.counts.dropped == 0)
    desk.take(bytes: Array(repeating: 0x20, count: 1001))
    #expect(await desk.counts.dropped == 1)
    desk.take(Desk.request)
    #expect(await desk.counts.integers.prefix(6) == [2, 0, 0, 0, 0, 1])
    #expect(await desk.intake.statistics().dropped == 1)
  }

  /// Whatever the worker manages meanwhile, each event is either counted or dropped.
  @Test func nothingIsCountedTwiceOrLeftOut() async {
    let desk = await Desk(limits: IntakeLimits(messages: 8))
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { for _ in 0..<500 { desk.take(Desk.request) } }
      }
      group.addTask { for _ in 0..<20 { _ = await desk.samples } }
    }
    let counts = await desk.counts
    #expect(counts.requests + counts.dropped == 2000)
    #expect(counts.features[0][2] == counts.requests)
  }

  @Test func lossesConcernEveryRevision() async {
    let desk = await Desk()
    desk.intake.noteLost(3, of: Desk.deployment)
    desk.take(Desk.request)
    #expect(await desk.counts.dropped == 3)
    desk.take(bytes: Array(Desk.request.utf8), revision: Revision.ID("other"))
    desk.intake.noteLost(2, of: nil)
    desk.intake.noteLost(7, of: DeploymentName(namespace: "payments", name: "other"))
    #expect(await desk.counts.dropped == 5)
    #expect(await desk.samples?.revisions[Revision.ID("other")]?.dropped == 2)
  }

  @Test func revisionsAreBounded() async {
    let desk = await Desk(limits: IntakeLimits(revisions: 2))
    for name in ["a", "b", "c"] {
      desk.take(bytes: Array(Desk.request.utf8), revision: Revision.ID(name))
    }
    let samples = await desk.samples
    #expect(samples?.revisions.mapValues(\.dropped) == [Revision.ID("a"): 1, Revision.ID("b"): 1])
    desk.clock.advance(by: .seconds(7200))
    desk.take(bytes: Array(Desk.request.utf8), revision: Revision.ID("c"))
    #expect(await desk.samples?.revisions.count == 2)
    #expect(await desk.samples?.revisions[Revision.ID("c")]?.requests == 1)
  }

  @Test func memoryIsBounded() {
    #expect(IntakeLimits().memory < 256 << 20)
  }
}
