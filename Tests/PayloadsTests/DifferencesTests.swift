import Control
import Payloads
import Profiles
import Rollouts
import Testing

/// Pairs that differ are counted by the bins of what was asked.
@Suite struct DifferencesTests {
  private static let other = #"{"predictions": [0.75]}"#

  private static func desk() async -> Desk {
    let desk = await Desk()
    await desk.intake.follow([Desk.deployment: Desk.comparing()])
    return desk
  }

  /// Lets both revisions answer requests with these rows.
  private static func ask(
    _ desk: Desk, _ name: String, _ rows: String?, count: Int, isDifferent: Bool,
    first: Arm = .stable
  ) {
    let body = rows.map { Array(Desk.v1($0).utf8) }
    for index in 0..<count {
      for arm in [first, first == .stable ? .candidate : .stable] {
        let answer = arm == .candidate && isDifferent ? other : Desk.answer
        desk.take(
          bytes: body, answer, id: "\(name)-\(index)",
          revision: arm == .stable ? Desk.revision : Desk.candidate)
      }
    }
  }

  private static func report(_ desk: Desk) async -> DifferencesReport? {
    await desk.samples?.differences[Desk.candidate]
  }

  /// Whoever answers first, a pair is in the bins of its request, and in each of them once.
  @Test(arguments: [Arm.stable, .candidate])
  func pairsLieWhereTheirRequestsDo(first: Arm) async throws {
    let desk = await Self.desk()
    let (young, old) = (#"{"age": 10, "color": "red"}"#, #"{"age": 50, "color": "red"}"#)
    Self.ask(desk, "a", young, count: 40, isDifferent: false, first: first)
    Self.ask(desk, "b", old, count: 6, isDifferent: true, first: first)
    Self.ask(desk, "c", "\(old), \(young), \(old)", count: 2, isDifferent: true, first: first)
    let report = try #require(await Self.report(desk))
    #expect(report.pairs == 48 && report.differing == 8)
    #expect(
      report.bins == [.init(column: "age", bin: "40 or more", pairs: 8, differing: 8)],
      "\(report)")
    #expect(await desk.samples?.differences[Desk.revision] == nil)
  }

  /// Requests that were not kept or cannot be read are pairs, and in no bin.
  @Test func whatCannotBeReadIsInNoBin() async throws {
    let desk = await Self.desk()
    Self.ask(desk, "a", #"{"age": 10, "color": "7"}"#, count: 40, isDifferent: false)
    Self.ask(desk, "b", #"{"age": 50}"#, count: 4, isDifferent: true)
    let before = try #require(await Self.report(desk))
    Self.ask(desk, "c", nil, count: 30, isDifferent: true)
    Self.ask(desk, "d", "[1, 2, 3, 4]", count: 30, isDifferent: true)
    #expect(await Self.report(desk) == before && before.pairs == 44)
    #expect(before.bins.map(\.column) == ["age", "color"])
    #expect(before.bins.map(\.bin) == ["40 or more", "missing"])
    #expect(await desk.pairs() == .init(compared: 104, differing: 64))
  }

  /// Another candidate has pairs of its own, and without a profile no bin has any.
  @Test func noProfileNoBins() async {
    let desk = await Desk(features: [], outputs: [])
    let plan = SamplePlan(
      profile: DataProfile(rows: 0, source: "", features: [], outputs: []), maturity: .zero,
      arms: Desk.arms, agreement: .standard)
    await desk.intake.follow([Desk.deployment: plan])
    Self.ask(desk, "a", #"{"age": 10}"#, count: 40, isDifferent: false)
    Self.ask(desk, "b", #"{"age": 50}"#, count: 10, isDifferent: true)
    #expect(await Self.report(desk) == nil)
    #expect(await desk.pairs() == .init(compared: 50, differing: 10))
  }
}
