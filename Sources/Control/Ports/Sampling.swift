package import Profiles
package import Rollouts

/// One request and what was answered, as they were captured.
package struct PayloadEvent: Sendable {
  package let deployment: DeploymentName
  package let revision: Revision.ID
  /// Made by the data plane: labels name it later.
  package let requestID: String
  package let at: Instant
  /// The bytes as they were sent; nil when they were too many to keep.
  package let request: [UInt8]?
  package let response: [UInt8]?
  /// The HTTP status of the answer.
  package let status: Int
  /// Whom it was for, by the header, cookie or field of the affinity; nil when that is not known.
  package let entity: String?
  /// How it was answered, where slices of the requests are counted.
  package let sliced: Sliced?

  /// The longest name of an entity, in bytes.
  package static let longestEntity = 256

  /// Creates an event; an entity whose name is empty or too long is none.
  package init(
    deployment: DeploymentName, revision: Revision.ID, requestID: String, at: Instant,
    request: [UInt8]?, response: [UInt8]?, status: Int, entity: String? = nil,
    sliced: Sliced? = nil
  ) {
    self.deployment = deployment
    self.revision = revision
    self.requestID = requestID
    self.at = at
    self.request = request
    self.response = response
    self.status = status
    self.entity = entity.flatMap {
      (1...Self.longestEntity).contains($0.utf8.count) ? $0 : nil
    }
    self.sliced = sliced
  }

  /// What is counted of a request of a slice.
  package struct Sliced: Equatable, Sendable {
    /// What the header or cookie holds: a client's text, empty when it holds none, or when the body of the request does.
    package let value: String
    /// Whether it ended in a 5xx, a reset or a timeout.
    package let isError: Bool
    /// From its last byte to the last byte of the answer; `Int.max` for a timeout, nil when it broke off.
    package let milliseconds: Int?

    package init(value: String, isError: Bool, milliseconds: Int?) {
      self.value = value
      self.isError = isError
      self.milliseconds = milliseconds
    }
  }
}

/// What later turned out to be right.
package struct Label: Sendable {
  package enum Value: Equatable, Sendable {
    case number(Double)
    case text(String)
  }

  package let deployment: DeploymentName
  package let requestID: String
  package let value: Value

  package init(deployment: DeploymentName, requestID: String, value: Value) {
    self.deployment = deployment
    self.requestID = requestID
    self.value = value
  }
}

/// What an entity did later: it reached what a metric counts.
package struct Conversion: Equatable, Sendable {
  package let deployment: DeploymentName
  /// As the header or cookie of its requests names it.
  package let entity: String
  package let metric: String

  package init(deployment: DeploymentName, entity: String, metric: String) {
    self.deployment = deployment
    self.entity = entity
    self.metric = metric
  }
}

/// Takes in what was captured, and never makes anybody wait: what does not fit is dropped and counted.
package protocol PayloadIntake: Sendable {
  func take(_ event: PayloadEvent)
  func take(_ label: Label)
  func take(_ conversion: Conversion)
  /// Says that so many events of a deployment were lost before they got here; of all of them when
  /// it is nil.
  func noteLost(_ count: Int, of deployment: DeploymentName?)
}

/// What was sampled, in counts.
package protocol Sampling: Sendable {
  /// Counts from now on what these ask for, and forgets every other deployment.
  func follow(_ plans: [DeploymentName: SamplePlan]) async
  /// Returns every count as it stands.
  func samples() async -> [DeploymentName: Samples]
}

/// What is counted of one deployment's payloads.
package struct SamplePlan: Equatable, Sendable {
  package let profile: DataProfile
  /// How old a prediction is when its label counts as known or missing, for all versions alike.
  package let maturity: Duration
  /// Who answers, for events that do not name a revision, and whose answers are compared.
  package let arms: [Arm: Revision]
  /// How the answers of stable and the candidate to one request are compared; nil when they are not.
  package let agreement: Agreement?
  /// What entities are to reach, of which each counts once; nil when none is counted.
  package let goal: Goal?
  /// From when on the split is seen in force by which entities are drawn; nil while it is not.
  ///
  /// Who is answered before meets stable, whichever revision is drawn for it: it is seen when it comes again.
  package let goalSince: Instant?
  /// The candidate's share of the entities: with another one they are drawn anew.
  package let goalShare: PerMille
  /// Whose entities are told apart, stable first; those that have left an A/B test of several stay among them.
  package let entityArms: [Revision.ID]
  /// Which of stable's entities count; nil when all do.
  package let thinning: Plan.Thinning?
  /// Which slices of the requests are counted by themselves; nil when none are.
  package let slices: SlicePlan?

  package init(
    profile: DataProfile, maturity: Duration, arms: [Arm: Revision] = [:],
    agreement: Agreement? = nil, goal: Goal? = nil, goalSince: Instant? = nil,
    goalShare: PerMille = .none, entityArms: [Revision.ID]? = nil, thinning: Plan.Thinning? = nil,
    slices: SlicePlan? = nil
  ) {
    self.profile = profile
    self.maturity = maturity
    self.arms = arms
    self.agreement = agreement
    self.goal = goal
    self.goalSince = goalSince
    self.goalShare = goalShare
    self.entityArms =
      entityArms ?? [arms[.stable], arms[.candidate]].compactMap { $0?.id }
    self.thinning = thinning
    self.slices = slices
  }

  /// Whether what was counted by the other goes on to count.
  ///
  /// Pairs that were compared by other rules are evidence of another promise, and entities that reached something
  /// else are evidence of another test. A mirror, a test or slices that begin or end take nothing from what else is
  /// counted.
  package func continues(_ other: SamplePlan?) -> Bool {
    guard let other, profile == other.profile, maturity == other.maturity else { return false }
    return goesOn(agreement, other.agreement) && goesOn(goal?.metric, other.goal?.metric)
  }

  /// Whether what is asked for is the same, as far as both plans ask for it.
  private func goesOn<Asked: Equatable>(_ asked: Asked?, _ before: Asked?) -> Bool {
    asked == nil || before == nil || asked == before
  }
}

extension Rollout {
  /// What is counted of its payloads; nil when drift is not watched, no answers are compared, no A/B test runs and
  /// no slices are judged.
  var samplePlan: SamplePlan? {
    guard drift != nil || agreement != nil || goal != nil || slices != nil else { return nil }
    var arms: [Arm: Revision] = [:]
    arms[.stable] = stable
    arms[.candidate] = candidate
    return SamplePlan(
      profile: drift?.profile ?? .none, maturity: drift?.maturity ?? .zero, arms: arms,
      agreement: agreement, goal: goal, goalSince: goal == nil ? nil : checks.countingSince,
      goalShare: goal == nil ? .none : phase.route?.share ?? .none,
      entityArms: goal == nil ? nil : entityArms, thinning: goal == nil ? nil : thinning,
      slices: slicePlan)
  }

  private var slicePlan: SlicePlan? {
    guard let slices, let deployment else { return nil }
    let limits = deployment.objectives.compactMap { objective in
      if case .latency(_, let below) = objective.promise { below } else { nil }
    }
    return SlicePlan(slices: slices, edges: Set(limits).sorted())
  }
}

/// Which slices of the requests are counted.
package struct SlicePlan: Equatable, Sendable {
  package let slices: Slices
  /// The edges of the latencies in milliseconds, ascending: what is promised.
  package let edges: [Int]

  package init(slices: Slices, edges: [Int]) {
    self.slices = slices
    self.edges = edges
  }
}

extension DataProfile {
  /// Of no column: what is in a payload is not counted.
  fileprivate static let none = DataProfile(rows: 0, source: "", features: [], outputs: [])
}

/// The counts of one deployment at one moment.
package struct Samples: Equatable, Sendable {
  /// Changes when the counts started again from zero.
  package let epoch: String
  package let revisions: [Revision.ID: SampleCounts]
  /// Where the pairs of a candidate lie that differ; nothing where none stand out.
  package let differences: [Revision.ID: DifferencesReport]

  package init(
    epoch: String, revisions: [Revision.ID: SampleCounts],
    differences: [Revision.ID: DifferencesReport] = [:]
  ) {
    self.epoch = epoch
    self.revisions = revisions
    self.differences = differences
  }
}
