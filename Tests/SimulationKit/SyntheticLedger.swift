package import Ledger
import Encoding
import Manifests
import Randomness
import Rollouts
import Simulation

/// A ledger of any length: the decisions of many deployments that release one version after the other.
///
/// The very functions that decide and record in production, without a controller around them, so that
/// tens of thousands of decisions take a minute. One seed gives the same ledger on every machine.
package struct SyntheticLedger: Sendable {
  private var releases: [Releases]
  private var head = LedgerHead()
  private let controller: ControllerIdentity

  /// Creates a ledger without a record.
  ///
  /// - Parameters:
  ///   - deployments: How many there are; each has its own rate of requests.
  ///   - controller: Who decides.
  ///   - seed: What the counts are drawn from.
  package init(deployments: Int, controller: ControllerIdentity, seed: UInt64) {
    let random = SplitMix64(seed: seed)
    self.controller = controller
    releases = (1...deployments).map { number in
      Releases(number: number, random: random.child(UInt64(number)))
    }
  }

  /// Returns the next commit; the first claims the epoch, and some seal a day.
  package mutating func next() throws -> LedgerChange {
    guard head.ledgerSeq > 0 else { return try head.claim(by: controller, at: Releases.began) }
    while true {
      // The one that has waited longest, so that decisions come in the order of their time.
      let index = releases.indices.min { releases[$0].now < releases[$1].now } ?? 0
      let now = releases[index].now
      if head.isSealDue(at: now), let seal = try head.seal(by: controller, at: now) { return seal }
      guard let (decision, appliedAt) = releases[index].look() else { continue }
      let change = try head.append(
        decision, of: releases[index].rollout, source: releases[index].source,
        appliedAt: appliedAt, by: controller, from: releases[index].journal)
      releases[index].isRecorded()
      return change
    }
  }
}

/// One deployment that releases a new version some time after the last one came to its end.
private struct Releases: Sendable {
  /// 2026-09-24T10:00:00Z.
  static let began = Instant(milliseconds: 1_790_244_000_000)

  private(set) var rollout: Rollout
  private(set) var journal: Journal
  private(set) var now: Instant
  private let number: Int
  private let requestsPerSecond: Double
  private var random: SplitMix64
  private var version = 0
  private var deployment: Deployment?
  private var traffic: SyntheticCounts?
  /// When the next version comes.
  private var release: Instant
  /// Since when the plan is asked for.
  private var asked: Instant
  private var appliedAt: Instant?

  init(number: Int, random: SplitMix64) {
    self.number = number
    self.random = random
    requestsPerSecond = Self.rates[number % Self.rates.count]
    let name = DeploymentName(namespace: "team-\(number % 3)", name: "model-\(number)")
    rollout = Rollout(name: name)
    journal = Journal(after: rollout)
    now = Self.began.advanced(by: .seconds(number))
    (release, asked) = (now, now)
  }

  private static let rates = [5.0, 20, 50, 200]
  /// Long enough that the journal forgets its first looks, as it does in a healthy life.
  private static let rest = Duration.seconds(720)
  private static let loading = Duration.seconds(4)
  /// One version in so many fails more often than it may.
  private static let badVersionEvery = 8

  /// Looks once, and moves on to the time of the next look.
  ///
  /// - Returns: The decision, and when the one before it was seen in force.
  mutating func look() -> (Decision, appliedAt: Instant?)? {
    if rollout.candidate == nil, now >= release { releaseNext() }
    let world = world().reduced(for: rollout)
    if world.generationInForce == rollout.generation { appliedAt = appliedAt ?? now }
    journal.note(.observation(world))
    let decision = rollout.advance(world)
    guard let decision else {
      now = now.advanced(by: rollout.lookAgain ?? .seconds(5))
      return nil
    }
    defer { appliedAt = nil }
    if rollout.candidate == nil { release = now.advanced(by: Self.rest) }
    asked = now
    now = now.advanced(by: .milliseconds(500))
    return (decision, appliedAt)
  }

  mutating func isRecorded() { journal = Journal(after: rollout) }

  private mutating func releaseNext() {
    version += 1
    let file = decodeManifests(Array(manifest.utf8), path: path)
    guard let deployment = file.deployments.first?.deployment else {
      preconditionFailure(file.rendering)
    }
    self.deployment = deployment
    let isBad = version % Self.badVersionEvery == 0
    let metrics = [
      Traffic.Metric(stable: 0.002, candidate: isBad ? 0.05 : 0.002),
      Traffic.Metric(stable: 0.004, candidate: 0.004),
    ]
    traffic = SyntheticCounts(
      Traffic(requestsPerSecond: requestsPerSecond, metrics: metrics),
      objectives: deployment.objectives, seed: random.next())
  }

  private mutating func world() -> Observation {
    let isLoaded = now.since(asked) >= Self.loading || rollout.candidate == nil
    let ready = rollout.plan.loaded.map { revision in
      (revision.id, isLoaded || revision.id == rollout.stable?.id ? .ready : Self.isLoading)
    }
    return Observation(
      now: now, desired: deployment.map { .deployment($0) } ?? .unchanged,
      readiness: Dictionary(uniqueKeysWithValues: ready),
      generationInForce: rollout.generation, counts: counts())
  }

  private static let isLoading = Readiness.preparing("loading")

  /// Returns what was answered since the last look; nothing before the first revision serves.
  private mutating func counts() -> [Revision.ID: Counts] {
    let shares = rollout.plan.shares + [rollout.plan.mirror].compactMap(\.self)
    guard let main = shares.first, let last = shares.last else { return [:] }
    let isAlone = shares.count == 1
    let isCandidate = rollout.candidate?.id == last.revision
    let route = isCandidate ? rollout.plan.route(to: last.revision) : .split(weight: .none)
    guard let look = traffic?.next(route: route) else { return [:] }
    guard !isAlone else { return [main.revision: isCandidate ? look.candidate : look.stable] }
    return [main.revision: look.stable, last.revision: look.candidate]
  }

  private var path: String { "models/model-\(number).yaml" }

  /// The manifest at some commit of its own.
  var source: SourceReference {
    let name = sha256Hex("\(number) \(version)".utf8)
    return SourceReference(
      repository: "https://git.example.org/ml/models", commit: String(name.prefix(40)), path: path,
      blob: String(name.suffix(40)), rewrittenFrom: nil,
      changes: SourceChanges(
        listed: [
          SourceChange(
            commit: String(name.prefix(40)), author: "Ada Lovelace <ada@example.org>",
            paths: [path])
        ], more: 0))
  }

  /// The default strategy and analysis, and two promises.
  private var manifest: String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: model-\(number), namespace: team-\(number % 3)}
    spec:
      model:
        version: "\(version)"
        uri: file:///models/model-\(number)/\(version)
        digest: sha256:\(sha256Hex("\(number)/\(version)".utf8))
        format: sklearn
      slos:
        - errors: {below: 1%}
        - latency: {percentile: 99, below: 250ms}
    """
  }
}
