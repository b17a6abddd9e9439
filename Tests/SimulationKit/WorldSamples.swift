import Analysis
package import Control
import Encoding
import Manifests
import Profiles
import Randomness
package import Rollouts
import Threads

// What clients ask and models predict, as a sample of it is counted.

extension World {
  /// What is unlike the training data.
  struct Drifts {
    /// Whether clients ask most what was rarest in training.
    var ofInputs = false
    /// The versions that predict the last class, whatever they are asked.
    var ofPredictions: Set<String> = []
    /// How many of a hundred answers are unlike stable's to the same request, by version.
    var ofAnswers: [String: Int] = [:]
    /// How many of a hundred entities reach the goal, by version; ten of the others.
    var ofGoals: [String: Int] = [:]
    /// Whose requests fail, and with which version; nil while no request has a tenant.
    var ofTenants: World.TenantFault?
  }

  /// The intake of one life of the controller, and what it has counted.
  struct SampleIntake {
    var life = 0
    var plans: [DeploymentName: SamplePlan] = [:]
    var counts: [DeploymentName: [Revision.ID: SampleCounts]] = [:]
  }

  /// From now on clients ask what was rarest in training, or what was usual again.
  package func shiftInputs(_ isShifted: Bool) {
    serve()
    state.withLock { $0.drifts.ofInputs = isShifted }
  }

  /// From now on a version predicts the last class, whatever it is asked.
  package func collapsePredictions(of version: String) {
    serve()
    state.withLock { _ = $0.drifts.ofPredictions.insert(version) }
  }

  /// From now on so many of a version's answers are unlike stable's to the same request.
  package func differ(_ percent: Int, inAnswersOf version: String) {
    serve()
    state.withLock { $0.drifts.ofAnswers[version] = percent }
  }
}

extension World {
  /// From now on so many of a hundred entities that a version answers reach the goal.
  package func reachGoal(_ percent: Int, with version: String) {
    serve()
    state.withLock { $0.drifts.ofGoals[version] = percent }
  }
}

// Tenants: each request is one's, when there are any.

extension World {
  package static let tenants = "abcdefghij".map { "tenant-\($0)" }

  /// From now on each request is a tenant's, and with a version so many of a hundred of this one's fail, and no other
  /// one's: of all together as many as with every other version, which treats its tenants alike.
  package func fail(_ percent: Int, requestsOf tenant: String, with version: String) {
    serve()
    state.withLock {
      $0.drifts.ofTenants = TenantFault(version: version, tenant: tenant, percent: percent)
    }
  }

  struct TenantFault {
    let version: String
    let tenant: String
    let percent: Int

    func percent(of tenant: String, with version: String?) -> Int {
      guard version == self.version else { return percent / World.tenants.count }
      return tenant == self.tenant ? percent : 0
    }
  }

  /// What a tenant's requests came to.
  struct TenantCounts {
    var requests = 0
    var errors = 0
  }
}

extension World.State {
  /// Draws whose requests they are, and which of them fail; nothing without tenants.
  mutating func answerTenants(_ requests: Int, by revision: Revision.ID) -> [World.TenantCounts] {
    guard let fault = drifts.ofTenants else { return [] }
    let percents = World.tenants.map { fault.percent(of: $0, with: versions[revision]) }
    var counts = World.tenants.map { _ in World.TenantCounts() }
    for _ in 0..<requests {
      let tenant = Int(random.next() % UInt64(counts.count))
      counts[tenant].requests += 1
      if Int(random.next() % 100) < percents[tenant] { counts[tenant].errors += 1 }
    }
    return counts
  }

  /// Counts them slice by slice, as far as anybody wants to know.
  mutating func count(
    _ tenants: [World.TenantCounts], of name: DeploymentName, by revision: Revision.ID
  ) {
    guard let plan = intake.plans[name]?.slices, !tenants.isEmpty,
      let samples = intake.counts[name]?[revision],
      let shape = SlicedCounts.Shape(names: World.tenants, edges: plan.edges)
    else { return }
    let rows = tenants.flatMap { tenant in
      [tenant.requests, tenant.errors, tenant.requests]
        + Array(repeating: 0, count: plan.edges.count)
    }
    let empty = Array(repeating: 0, count: shape.rowWidth)
    let before = samples.slices?.integers ?? Array(repeating: 0, count: shape.width)
    let sums = zip(before, empty + rows).map { $0 + $1 }
    intake.counts[name]?[revision] = samples.with(SlicedCounts(shape: shape, integers: sums))
  }

  /// Slices begin again with every candidate.
  mutating func beginSlices(_ plans: [DeploymentName: SamplePlan]) {
    for (name, plan) in plans {
      let before = intake.plans[name]
      let isSame =
        before?.slices == plan.slices
        && before?.arms.mapValues(\.id) == plan.arms.mapValues(\.id)
      if !isSame { intake.counts[name] = intake.counts[name]?.mapValues { $0.with(nil) } }
    }
  }
}

extension World.State {
  /// Counts a share of what was just answered, as far as anybody wants to know.
  mutating func sample(_ requests: Int, of name: DeploymentName, by revision: Revision.ID) {
    // As few requests as these are all looked at when that is left to the runtime.
    guard let plan = intake.plans[name],
      let share = inForce[name]?.sampling.share(atRate: 1).value, share > 0
    else { return }
    let profile = plan.profile
    let old = intake.counts[name]?[revision]
    var features = old?.features ?? profile.features.map { Array(repeating: 0, count: $0.bins) }
    var outputs = old?.outputs ?? profile.outputs.map { Array(repeating: 0, count: $0.bins) }
    let isCollapsed = drifts.ofPredictions.contains(versions[revision] ?? "")
    let sampled = (0..<requests).count { _ in Int(random.next() % 1000) < share }
    for _ in 0..<sampled {
      for (index, column) in profile.features.enumerated() {
        features[index][draw(drifts.ofInputs ? column.counts.turned : column.counts)] += 1
      }
      for (index, column) in profile.outputs.enumerated() {
        let last = column.counts.lastIndex { $0 > 0 } ?? 0
        outputs[index][isCollapsed ? last : draw(column.counts)] += 1
      }
    }
    let isCompared =
      plan.agreement != nil && inForce[name]?.mirror?.revision == revision
    intake.counts[name, default: [:]][revision] = SampleCounts(
      requests: (old?.requests ?? 0) + sampled,
      pairs: isCompared ? pairs(of: sampled, by: revision, after: old?.pairs) : old?.pairs,
      entities: plan.goalSince == nil
        ? old?.entities
        : entities(
          among: sampled, revision, old?.entities,
          revision == plan.entityArms.first ? plan.thinning : nil),
      slices: old?.slices, features: features, outputs: outputs)
  }

  /// Every other request is an entity's first; where a candidate of several has left, a part of stable's counts.
  private mutating func entities(
    among sampled: Int, _ revision: Revision.ID, _ old: SampleCounts.Entities?,
    _ thinning: Plan.Thinning?
  ) -> SampleCounts.Entities {
    let percent = drifts.ofGoals[versions[revision] ?? ""] ?? 10
    let all = (0..<sampled).count { _ in random.next() % 2 == 0 }
    let seen =
      thinning.map { part in
        (0..<all).count { _ in Int(random.next() % UInt64(part.of)) < part.counted }
      } ?? all
    let reached = (0..<seen).count { _ in Int(random.next() % 100) < percent }
    return SampleCounts.Entities(
      seen: (old?.seen ?? 0) + seen, reached: (old?.reached ?? 0) + reached)
  }

  /// Compares as many answers with stable's.
  private mutating func pairs(
    of sampled: Int, by revision: Revision.ID, after old: SampleCounts.Pairs?
  ) -> SampleCounts.Pairs {
    let percent = drifts.ofAnswers[versions[revision] ?? ""] ?? 0
    let differing = (0..<sampled).count { _ in Int(random.next() % 100) < percent }
    return SampleCounts.Pairs(
      compared: (old?.compared ?? 0) + sampled, differing: (old?.differing ?? 0) + differing)
  }

  /// Draws a bin with the chances that the counts give.
  private mutating func draw(_ counts: [Int]) -> Int {
    var rest = Int(random.next() % UInt64(max(1, counts.reduce(0, +))))
    for (bin, count) in counts.enumerated() {
      rest -= count
      if rest < 0 { return bin }
    }
    return 0
  }
}

extension SampleCounts {
  /// Has all pairs that differ, and half of the others, in the first bin of the last feature.
  fileprivate func differences(of profile: DataProfile) -> DifferencesReport? {
    guard let pairs, let column = profile.features.last, column.bins > 1 else { return nil }
    let others = pairs.compared - pairs.differing
    let rest = Array(repeating: 0, count: column.bins - 2)
    return DifferencesReport(
      pairs: pairs.compared, differing: pairs.differing, of: [column],
      compared: [[pairs.differing + others / 2, others - others / 2] + rest],
      different: [[pairs.differing, 0] + rest])
  }
}

extension [Int] {
  /// What was usual becomes rare and the other way round, where there was anything.
  fileprivate var turned: [Int] {
    var rest = filter { $0 > 0 }
    return map { $0 > 0 ? rest.removeLast() : 0 }
  }
}

extension Incarnation: Sampling {
  package func follow(_ plans: [DeploymentName: SamplePlan]) async {
    let life = number
    world.state.withLock { state in
      if state.intake.life != life { state.intake = World.SampleIntake(life: life) }
      for (name, plan) in state.intake.plans where !plan.continues(plans[name]) {
        state.intake.counts[name] = nil
      }
      state.beginSlices(plans)
      state.intake.plans = plans
    }
  }

  package func samples() async -> [DeploymentName: Samples] {
    let life = number
    return world.state.withLock { state in
      guard state.intake.life == life else { return [:] }
      return Dictionary(
        uniqueKeysWithValues: state.intake.plans.map { name, plan in
          let epoch = "\(life) \(plan.profile.digest)"
          let counts = state.intake.counts[name] ?? [:]
          let differences = counts.compactMapValues { $0.differences(of: plan.profile) }
          return (name, Samples(epoch: epoch, revisions: counts, differences: differences))
        })
    }
  }
}
