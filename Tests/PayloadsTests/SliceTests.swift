import Control
import Payloads
import Profiles
import Rollouts
import Testing

/// What the requests of each slice came to: told apart by a value, up to a bound.
@Suite struct SliceTests {
  /// Whose a request was, once the value came often enough; what it came to; how long it took.
  @Test func eachRequestIsInOneSlice() async throws {
    let desk = await Desk.slicing()
    for _ in 0..<4 { desk.serve("acme", by: Desk.revision) }
    desk.serve("acme", by: Desk.revision, isError: true, took: 250)
    desk.serve("acme", by: Desk.candidate, took: .max)
    desk.serve("acme", by: Desk.candidate, isError: true, took: nil)
    desk.serve("", by: Desk.candidate, took: 100)
    let stable = try #require(await desk.slices(of: Desk.revision))
    #expect(stable.shape == SlicedCounts.Shape(names: ["acme"], edges: [100, 250]))
    // Two that came before the value was told apart, then two, and one that failed and was slow.
    #expect(stable.integers == [2, 0, 2, 0, 0, 3, 1, 2, 0, 1])
    let candidate = try #require(await desk.slices(of: Desk.candidate))
    #expect(candidate.integers == [1, 0, 0, 1, 0, 2, 1, 0, 0, 1])
  }

  /// As many values as were asked for, in the order in which they came often enough; all others together.
  @Test func valuesAreBounded() async throws {
    let desk = await Desk.slicing()
    for name in ["b", "a", "b", "a", "a", "b", "c", "c", "c", "c"] {
      desk.serve(name, by: Desk.candidate)
    }
    let counts = try #require(await desk.slices(of: Desk.candidate))
    #expect(counts.shape.names == ["a", "b"])
    #expect(counts.integers.count == 15 && counts.integers[0] == 8)
  }

  /// A million values that come once each open no slice, and leave room for one that comes again.
  @Test func aFloodOfValuesOpensNothing() async throws {
    let desk = await Desk.slicing(limits: IntakeLimits(values: 100))
    for index in 0..<20_000 {
      desk.serve("user-\(index)", by: Desk.candidate)
      if index % 50 == 0 { desk.serve("acme", by: Desk.candidate) }
      if index % 1000 == 0 { _ = await desk.samples }
    }
    let counts = try #require(await desk.slices(of: Desk.candidate))
    #expect(counts.shape.names == ["acme"])
  }

  /// What a person could not read, or could mistake for something else, names no slice.
  @Test(
    arguments: [
      "", "a\"b", #"a\b"#, "a\nb", "grün", "\u{1B}[2J", "\u{202E}x",
      String(repeating: "x", count: 65),
    ])
  func otherTextsNameNothing(value: String) async throws {
    let desk = await Desk.slicing()
    for _ in 0..<9 { desk.serve(value, by: Desk.candidate) }
    #expect(await desk.slices(of: Desk.candidate)?.integers == [9, 0, 9, 0, 0])
  }

  /// Another candidate's slices begin again, and what else is counted goes on.
  @Test func anotherCandidateBeginsAgain() async throws {
    let desk = await Desk.slicing()
    for _ in 0..<4 { desk.serve("acme", by: Desk.revision) }
    let before = try #require(await desk.counts.slices)
    #expect(before.shape.names == ["acme"])
    let epoch = await desk.samples?.epoch
    let others = [
      Arm.stable: Desk.arms[.stable], .candidate: Desk.served(.init("other"), version: "3"),
    ]
    await desk.intake.follow([
      Desk.deployment: Desk.slicedPlan(arms: others.compactMapValues { $0 })
    ])
    let after = await desk.counts
    #expect(after.slices?.integers == [0, 0, 0, 0, 0] && after.requests == 4)
    #expect(await desk.samples?.epoch == epoch)
    // The difference of both has no request, of whatever slice.
    let sum = SampleCounts(requests: 4, slices: before, features: [], outputs: [])
    let none = SampleCounts(requests: 4, slices: after.slices, features: [], outputs: [])
    #expect(none.since(sum).requests == 0 && none.since(sum).slices == after.slices)
    await desk.intake.follow([Desk.deployment: Desk.plan()])
    #expect(await desk.counts.slices == nil)
  }

  /// A slice that came since the last look began from nothing; a count that went back is a new count.
  @Test func growth() throws {
    let one = try #require(SlicedCounts.Shape(names: ["a"], edges: []))
    let two = try #require(SlicedCounts.Shape(names: ["a", "b"], edges: []))
    let other = try #require(SlicedCounts.Shape(names: ["b"], edges: []))
    let earlier = try #require(SlicedCounts(shape: one, integers: [5, 1, 5, 3, 0, 3]))
    let later = try #require(SlicedCounts(shape: two, integers: [6, 1, 6, 5, 1, 5, 2, 0, 2]))
    #expect(later.since(earlier).integers == [1, 0, 1, 2, 1, 2, 2, 0, 2])
    #expect(earlier.since(later) == earlier && later.since(nil) == later)
    let lower = try #require(SlicedCounts(shape: two, integers: [4, 1, 4, 5, 1, 5, 2, 0, 2]))
    #expect(lower.since(earlier) == lower)
    let renamed = try #require(SlicedCounts(shape: other, integers: [9, 1, 9, 9, 0, 9]))
    #expect(renamed.since(earlier) == renamed)
    #expect(SlicedCounts.Shape(names: ["a", "a"], edges: []) == nil)
    #expect(SlicedCounts.Shape(names: ["a\"b"], edges: []) == nil)
    #expect(SlicedCounts.Shape(names: [], edges: [2, 1]) == nil)
    #expect(SlicedCounts(shape: one, integers: [1]) == nil)
  }

  /// What is kept of values is in the bound of the memory.
  @Test func valuesAreInTheBound() {
    let (some, more) = (IntakeLimits(values: 1000), IntakeLimits(values: 2000))
    #expect(more.memory - some.memory >= 1000 * 2 * Slices.longestName)
  }
}

extension Desk {
  static func slicedPlan(arms: [Arm: Revision] = arms) -> SamplePlan {
    SamplePlan(
      profile: plan([], []).profile, maturity: .seconds(60), arms: arms,
      slices: SlicePlan(
        slices: Slices(by: .header(name: "x-tenant"), worst: 2), edges: [100, 250]))
  }

  /// A desk whose deployment tells two tenants apart.
  static func slicing(limits: IntakeLimits = IntakeLimits()) async -> Desk {
    let desk = await Desk(limits: limits)
    await desk.intake.follow([deployment: slicedPlan()])
    return desk
  }

  func serve(
    _ value: String, by revision: Revision.ID, isError: Bool = false, took: Int? = 20
  ) {
    intake.take(
      PayloadEvent(
        deployment: Self.deployment, revision: revision, requestID: "", at: clock.now,
        request: [], response: [], status: isError ? 500 : 200,
        sliced: .init(value: value, isError: isError, milliseconds: took)))
  }

  func slices(of revision: Revision.ID) async -> SlicedCounts? {
    await samples?.revisions[revision]?.slices
  }
}
