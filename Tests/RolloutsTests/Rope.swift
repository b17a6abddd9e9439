import Analysis
import Testing

@testable import Rollouts

/// Rollouts of one group that look at the world one after the other, as a fleet has them do.
///
/// Nothing is promised, so that a step is passed as soon as it is in force, and a revision fails when its server does.
/// What may never happen is noted at each decision.
struct Rope {
  private(set) var rollouts: [Rollout]
  private(set) var wanted: [Deployment]
  private(set) var decisions: [[Decision]]
  private(set) var violations: [String] = []
  /// The versions whose servers have failed, by member.
  var failed: [Set<Int>]
  /// Members whose manifests cannot be followed, and those whose runtimes say nothing.
  var unclear: Set<Int> = []
  var unseen: Set<Int> = []
  /// Versions that do not get ready yet.
  var loading: [Set<Int>]
  var restrictions: Set<Restriction> = []
  private var now = Instant(milliseconds: 0)
  /// The rollouts on whose word another member has ended.
  private var promised: Set<[Int]> = []

  /// The versions of which every request fails, by member; with promises alone that is found.
  var erring: [Set<Int>]
  private let promises: [Objective]
  /// How many of a thousand requests of a member fail in its next look, whoever answers them.
  var slips: [Int: Int] = [:]

  /// Makes a group of which nobody serves yet.
  ///
  /// - Parameters:
  ///   - steps: The shares of each member's steps, in percent.
  ///   - isPromising: Whether errors are counted.
  ///   - policy: What becomes of a candidate of which nothing is proven.
  init(
    steps: [[Int]], isPromising: Bool = false,
    onInconclusive policy: AnalysisSettings.OnInconclusive = .hold
  ) {
    let promises = isPromising ? [Objective.errors(below: Ratio(perMillion: 10_000))] : []
    self.promises = promises
    erring = steps.map { _ in [] }
    rollouts = steps.indices.map { Rollout(name: Self.name($0)) }
    wanted = steps.indices.map { Self.deployment($0, steps[$0], promises, policy) }
    decisions = steps.map { _ in [] }
    failed = steps.map { _ in [] }
    loading = steps.map { _ in [] }
  }

  private static func name(_ index: Int) -> DeploymentName {
    DeploymentName(namespace: "default", name: "m\(index)")
  }

  private static func deployment(
    _ index: Int, _ steps: [Int], _ promises: [Objective], _ policy: AnalysisSettings.OnInconclusive
  ) -> Deployment {
    Deployment(
      name: name(index), runtime: "local", revision: revision(index, 1),
      strategy: Strategy(
        kind: steps.isEmpty ? .blueGreen : .canary,
        steps: steps.map {
          Step(route: .split(weight: PerMille($0 * 10)), atLeast: .zero, atMost: .seconds(600))
        }), objectives: promises,
      analysis: AnalysisSettings(
        confidence: Ratio(perMillion: 990_000), interval: .seconds(5), minRequests: 1,
        onNoData: .hold, onInconclusive: policy, noDataAfter: .seconds(60)),
      bake: .seconds(2), prepareWithin: .seconds(60), suspended: false, group: "rope")
  }

  static func revision(_ index: Int, _ version: Int) -> Revision {
    Revision(
      id: Revision.ID("m\(index)-v\(version)"),
      model: Model(
        version: "\(version)", uri: "file:///m/\(version)", digest: nil, format: "sklearn",
        smoke: nil, retry: 0))
  }

  var indices: Range<Int> { rollouts.indices }

  /// Asks for another version of a member.
  mutating func ask(_ index: Int, for version: Int) {
    wanted[index].revision = Self.revision(index, version)
  }

  mutating func suspend(_ index: Int, _ isSuspended: Bool) { wanted[index].suspended = isSuspended }

  mutating func regroup(_ index: Int, _ group: String?) { wanted[index].group = group }

  mutating func edit(_ index: Int, _ change: (inout Deployment) -> Void) { change(&wanted[index]) }

  private func desired(_ index: Int) -> Desired {
    unclear.contains(index) ? .unchanged : .deployment(wanted[index])
  }

  func peers(of index: Int) -> [Peer] {
    guard let group = wanted[index].group else { return [] }
    return indices.filter { $0 != index && wanted[$0].group == group }.map { other in
      rollouts[other].peer(
        toldTo: Self.name(index),
        Outlook(
          desired: desired(other), isUnclear: unclear.contains(other),
          isSeen: !unseen.contains(other), record: decisions[other].count))
    }
  }

  /// Looks at a member; nobody does while its runtime says nothing.
  mutating func look(_ index: Int) {
    now = now.advanced(by: .seconds(1))
    guard !unseen.contains(index) else { return }
    let before = rollouts[index]
    var readiness: [Revision.ID: Readiness] = [:]
    for revision in before.plan.loaded {
      let version = Int(revision.model.version) ?? 0
      readiness[revision.id] =
        failed[index].contains(version)
        ? .failed("it broke") : loading[index].contains(version) ? .preparing("loading") : .ready
    }
    let decision = rollouts[index].advance(
      Observation(
        now: now, desired: desired(index), readiness: readiness,
        generationInForce: before.generation, counts: counts(of: index, before),
        restrictions: restrictions, peers: peers(of: index)))
    slips[index] = nil
    guard let decision else { return }
    decisions[index].append(decision)
    check(decision, of: index, before)
  }

  private func counts(of index: Int, _ rollout: Rollout) -> [Revision.ID: Counts] {
    guard !promises.isEmpty else { return [:] }
    let bad = erring[index].map { Self.revision(index, $0).id }
    return Dictionary(
      uniqueKeysWithValues: rollout.plan.shares.map { share in
        let requests = share.weight.value
        let slipped = requests * (slips[index] ?? 0) / 1000
        let errors = bad.contains(share.revision) ? requests : slipped
        return (share.revision, Counts(requests: requests, errors: errors, latency: .empty))
      })
  }

  /// Lets time pass in which nobody looks.
  mutating func pass(_ duration: Duration) { now = now.advanced(by: duration) }

  /// Looks at all members so many times, in their order.
  mutating func looks(_ times: Int) {
    for _ in 0..<times { for index in indices { look(index) } }
  }

  private mutating func check(_ decision: Decision, of index: Int, _ before: Rollout) {
    let (old, new) = (before.phase.stage, rollouts[index].phase.stage)
    let others = peers(of: index).compactMap { peer in
      indices.first { Self.name($0).name == peer.name }
    }
    if let old, var new, new > old {
      // The first to serve has no client to lose, and goes with the first step of others.
      if before.stable == nil { new = .step(place: 1) }
      for other in others {
        guard let stage = rollouts[other].phase.stage else { continue }
        if stage < new, next(after: stage, of: other) < new {
          violations.append("m\(index) enters \(new), m\(other) is \(stage)")
        }
      }
    }
    // On its word a member ends late, if it must; those that it gave its word to may be elsewhere.
    if decision.verdict == .complete, decision.from.isBaking, !decision.isOnItsWord {
      for other in others where rollouts[other].candidate != nil {
        if rollouts[other].phase.stage != .baking { violations.append("m\(index) ended alone") }
        promised.insert([other, rollouts[other].number])
      }
    }
    if decision.verdict == .rollback, promised.contains([index, before.number]) {
      violations.append("m\(index) goes back after another one ended")
    }
  }

  /// The stage that a member enters next, by its own steps.
  private func next(after stage: Stage, of index: Int) -> Stage {
    let count = wanted[index].strategy.steps.count
    return switch stage {
    case .preparing:
      count == 0 || rollouts[index].stable == nil ? .baking : .step(place: 1)
    case .step(let place): place < count ? .step(place: place + 1) : .baking
    case .baking, .ended: .ended
    }
  }

  /// The version that serves each member.
  var serving: [String?] { rollouts.map { $0.stable?.model.version } }

  var isQuiet: Bool { rollouts.allSatisfy { $0.candidate == nil } }

  /// The verdicts of a member since its first version, with what became of each.
  func verdicts(of index: Int, about version: Int) -> [Decision.Verdict] {
    decisions[index].filter { $0.revision?.model.version == "\(version)" }.map(\.verdict)
  }
}

extension Decision {
  fileprivate var isOnItsWord: Bool { if case .groupEnded = reason { true } else { false } }
}
