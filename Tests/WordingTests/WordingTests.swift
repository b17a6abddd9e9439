import Analysis
import Foundation
import Golden
@testable import Rollouts
import Testing
import Wording

/// Every sentence about a decision, once: the golden file is where the words are reviewed.
@Suite struct WordingTests {
  @Test func everyReasonIsListed() throws {
    let lines = Self.reasons.map { reason in
      let decision = Self.decision(.advance, reason)
      let brief = reason.brief == "rejected" ? "" : "  in short: \(reason.brief)\n"
      return "\(Self.name(of: reason)) (\(reason.cause.rawValue))\n  \(decision.sentence)\n" + brief
    }
    try expectGolden(lines.joined(separator: "\n"), "reasons.txt")
  }

  /// The list has every case, so that a reason without words cannot be added.
  @Test func noReasonIsMissing() throws {
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Rollouts/Reasons/Reason.swift")
    let text = try String(contentsOf: source, encoding: .utf8)
    let body = try #require(text.split(separator: "\n}\n").first)
    let cases = body.matches(of: /\n  case (\w+)/).map { String($0.output.1) }
    #expect(cases.count > 30)
    #expect(Set(Self.reasons.map(Self.name)) == Set(cases))
  }

  @Test func positions() throws {
    let step = Position.step(place: 2, of: 4, route: .split(weight: PerMille(55)))
    let mirror = Position.step(place: 1, of: 4, route: .mirror(weight: PerMille(200)))
    let match = Position.step(place: 2, of: 4, route: .match(.preview))
    let baking = Position.baking(route: .split(weight: PerMille(950)))
    let all: [Position] = [
      .idle, .vacating, .preparing, mirror, match, step, baking, .healthy, .restoring, .retiring,
      .retired,
    ]
    let lines = all.map { "\($0.words) | \($0.label)" } + Restriction.allCases.map(\.words)
    try expectGolden(lines.joined(separator: "\n") + "\n", "positions.txt")
  }

  /// What surrounds a reason: remarks, and that it was recorded late.
  @Test func whatIsAddedIsTold() {
    var decision = Self.decision(.hold, .suspended)
    decision.late = Lateness(detail: Detail("no space left"))
    #expect(decision.sentence == "suspended in the manifest (recorded late: no space left)")
    decision.late = Lateness(detail: nil)
    #expect(decision.sentence == "suspended in the manifest (recorded late)")
  }

  /// Outside text can claim to be late; only the field says so.
  @Test func outsideTextIsNoFact() {
    let decision = Self.decision(
      .reject, .notLoaded(obstacle: .failed), detail: "x (recorded late: y)")
    #expect(decision.sentence == "it cannot be loaded: x (recorded late: y)")
    #expect(decision.late == nil)
  }

  /// Where another process told the end, both that a signal came and that none did is possible.
  @Test(
    arguments: [
      (nil, nil, "ended"), (3, nil, "ended (exit code 3)"),
      (nil, 9, "was killed (signal 9, out of memory?)"),
      (137, 9, "ended (exit code 137, as after signal 9, out of memory?)"),
    ] as [(Int?, Int?, String)])
  func noMoreIsClaimedOfACrashThanIsKnown(code: Int?, signal: Int?, words: String) {
    let crash = Crash(
      count: 1, at: Instant(milliseconds: 0), exitCode: code, signal: signal,
      isOutOfMemory: signal == 9, detail: nil)
    #expect(crash.summary == "the model server \(words)")
  }

  // MARK: Samples

  private static let stable = RevisionName(version: "1", id: Revision.ID("r-1"))
  private static let errors = Objective.errors(below: Ratio(perMillion: 10_000))
  private static let share = Ratio(perMillion: 52_000)
  private static let shift = Reason.Shift(
    column: "class", bin: "yes", share: Ratio(perMillion: 620_000),
    expected: Ratio(perMillion: 100_000))

  private static func breach(also: [String] = [], isOfServer: Bool, hasWayBack: Bool) -> Reason {
    .broken(
      breach: Reason.Breach(
        objective: errors, share: share, also: also, isOfServer: isOfServer, hasWayBack: hasWayBack)
    )
  }

  private static func slice(
    _ name: String?, others: Int, by key: SliceKey = .header(name: "x-tenant")
  ) -> Reason {
    .sliceBroken(
      breach: Reason.SliceBreach(
        by: key, name: name, objective: errors, share: share, others: others))
  }

  private static let broken = breach(isOfServer: false, hasWayBack: true)

  private static let reasons: [Reason] =
    [
      .firstToServe, .replaces(stable: stable, withBaseline: false),
      .replaces(stable: stable, withBaseline: true), .comesBack(insteadOf: stable),
      .triedAgain(rejectedFor: broken), .supersedes(candidate: stable, atOnce: false),
      .supersedes(candidate: stable, atOnce: true), .noLongerAskedFor(backTo: stable),
      .noLongerAskedFor(backTo: nil), .removed, .suspended, .noLongerSuspended,
      .refused(rejectedFor: broken, serving: stable),
      .refused(rejectedFor: .notLoaded(obstacle: .failed), serving: nil), .stableAskedForAgain,
      .hurriedBack(insteadOf: stable),
      .outsideHours(hours: night), .withinHours(hours: night), .withinHours(hours: nil),
      .unloaded, .loaded, .servesAgain, .drained, .readyAgain, .notLoaded(obstacle: .failed),
      .notLoaded(obstacle: .notReady(withinMilliseconds: 600_000)),
      .notRestored(obstacle: .failed),
      .notRestored(obstacle: .notReady(withinMilliseconds: 600_000)),
      .baselineNotLoaded(baseline: stable, obstacle: .failed),
      .baselineNotLoaded(baseline: stable, obstacle: .notReady(withinMilliseconds: 600_000)),
      .baselineFailed(baseline: stable), .failed,
      .splitWrong(candidate: 90, of: 1000, asked: PerMille(50)),
      .entitiesSplitWrong(candidate: 900, of: 1000, asked: .half), .ledgerBehind,
    ] + judged + drifted + grouped

  private static var night: Hours {
    guard let from = TimeOfDay("22:00"), let to = TimeOfDay("06:00"),
      let hours = Hours(from: from, to: to, offset: UTCOffset("+02:00"))
    else { preconditionFailure("no hours") }
    return hours
  }

  private static let judged: [Reason] =
    [
      broken, breach(also: ["latency-p99"], isOfServer: false, hasWayBack: true),
      breach(isOfServer: true, hasWayBack: false), .keptAgain, .noLongerPromised,
      .evidenceMounts(ground: .objective(name: "errors")), .evidenceMounts(ground: .predictions),
      .evidenceMounts(ground: .goal),
      .inconclusive(ground: .objective(name: "errors")), .inconclusive(ground: .predictions),
      .inconclusive(ground: .goal), .lost(goal: Goal(metric: "conversion")),
      .evidenceMounts(ground: .slices), slice("acme", others: 0), slice(nil, others: 2),
      slice("acme", others: 0, by: .input(name: "tenant")),
      slice("acme", others: 0, by: .json(path: ["parameters", "tenant"])),
    ]
    + Reason.Missing.allCases.map { .noData(of: $0, milliseconds: 60_000) }
    + [.dataAgain]
    + Reason.Warrant.allCases.map { .goesOn(warrant: $0) } + [.noBake, .stepsDone, .moreAskedFor]
    + [.outdone(by: stable)]

  private static let drifted: [Reason] = [
    .predictionsMoved(shift: shift), .predictionsMoved(shift: nil), .inputsMoved(days: nil),
    .inputsMoved(days: 1), .inputsMoved(days: 2), .contractMoved, .inputsUnlikeProfile,
    .inputsLikeProfile, .outputsMoved(days: nil), .outputsMoved(days: 2), .outputsLikeProfile,
  ]

  private static let grouped: [Reason] = [
    .waitsForGroup(peers: ["scaler", "encoder", "embedder", "reader", "gone"]),
    .peerFailed(peer: .init(name: "reader", revision: stable, record: 12)),
    .peerFailed(peer: .init(name: "reader", revision: stable, record: nil)),
    .groupEnded(peer: "scaler"),
  ]

  private static let group = GroupReport(
    name: "fraud",
    peers: [
      Peer(name: "embedder", state: .unclear),
      Peer(name: "encoder", state: .asked, revision: stable),
      Peer(name: "reader", state: .failed, revision: stable),
      Peer(name: "scaler", state: .underWay, revision: stable, stage: .step(place: 2)),
    ])

  /// Where each member of a group stands, and what is said of one that failed while nothing is tried.
  @Test func membersOfAGroup() throws {
    let peers =
      group(with: [.preparing, .step(place: 1), .baking, .ended])
      + Self.group.peers + [Peer(name: "labels", state: .atRest, revision: Self.stable)]
    let lines =
      peers.map(\.words)
      + [
        Self.decision(
          .hold, .peerFailed(peer: .init(name: "reader", revision: Self.stable, record: 12))
        ).sentence
      ]
    try expectGolden(lines.joined(separator: "\n") + "\n", "groups.txt")
  }

  private func group(with stages: [Stage]) -> [Peer] {
    stages.map { Peer(name: "scaler", state: .underWay, revision: Self.stable, stage: $0) }
  }

  /// The name of the case.
  private static func name(of reason: Reason) -> String {
    "\(reason)".prefix { $0 != "(" }.description
  }

  private static func decision(
    _ verdict: Decision.Verdict, _ reason: Reason, detail: String = "what the runtime says"
  ) -> Decision {
    Decision(
      verdict: verdict, reason: reason, detail: Detail(detail), from: .healthy, to: .healthy,
      revision: revision, checks: [check], drift: DriftReport.Subject.allCases.map(report),
      group: group, exposure: Exposure(), decidedAt: Instant(milliseconds: 0), crash: crash)
  }

  private static let revision = Revision(
    id: Revision.ID("r-2"),
    model: Model(
      version: "2", uri: "file:///m", digest: nil, format: "sklearn", smoke: nil, retry: 0))

  private static let crash = Crash(
    count: 3, at: Instant(milliseconds: 0), exitCode: nil, signal: 9, isOutOfMemory: true,
    detail: "loading the weights")

  private static var check: CheckReport {
    var tally = Tally()
    if let trials = Trials(bad: 11, total: 212) { tally.add(trials) }
    let even = Factor(1)
    return CheckReport(
      objective: errors, verdict: .fail, candidate: tally, stable: tally, baseline: nil,
      possiblyBad: 11,
      range: .init(low: Ratio(perMillion: 26_000), high: Ratio(perMillion: 60_000)),
      effect: .init(low: even, high: even),
      logE: .init(total: 5000, promise: 5000, comparison: 0, proof: 0))
  }

  private static func report(_ subject: DriftReport.Subject) -> DriftReport {
    let moved = DriftReport.Moved(
      column: shift.column, bin: shift.bin, share: shift.share, expected: shift.expected,
      index: Factor(1), criticalIndex: Factor(0.1), distance: Factor(0.5), logE: 5000,
      since: Instant(milliseconds: 0))
    return DriftReport(
      subject: subject, action: .alert, verdict: .fail, samples: 212, reference: 1000, logE: 5000,
      move: nil, moved: [moved])
  }
}
