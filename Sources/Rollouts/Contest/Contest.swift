import Analysis

/// An A/B test of several candidates: which they are, and what is known of all but the one in the candidate's place.
///
/// The state machine knows one candidate. The others, its rivals, have checks of their own and no phase: each of them
/// is judged in the candidate's place, in turn, by the rules for one.
package struct Contest: Equatable, Sendable, Codable {
  /// All candidates that the test began with, in the order of their parts of the entities.
  ///
  /// It stays as it is while they leave: so the others keep their parts, and alpha is divided as it was.
  package internal(set) var drawn: [Revision.ID]
  /// The candidates that are left, but for the one in the candidate's place.
  package internal(set) var rivals: [Rival]
  /// How long the step had been counted before a candidate left.
  @InMilliseconds var counted: Duration

  /// One more candidate, with the memory that the rollout has of its own.
  package struct Rival: Equatable, Sendable, Codable {
    package let revision: Revision
    package internal(set) var checks: Checks
    /// Its requests since the decision before.
    var requests = 0
  }

  /// Creates a test of these, of which the first is in the candidate's place.
  init(of arms: [Revision], _ checks: Checks) {
    precondition(arms.count > 1, "\(arms.count) candidates are no contest")
    drawn = arms.map(\.id)
    rivals = arms.dropFirst().map { Rival(revision: $0, checks: checks) }
    counted = .zero
  }

  /// Counts the requests of the rivals.
  mutating func noteRequests(_ counts: RevisionCounts) {
    for index in rivals.indices {
      let requests = max(0, counts[rivals[index].revision.id]?.requests ?? 0)
      rivals[index].requests = rivals[index].requests.adding(saturating: requests)
    }
  }

  /// Begins to count requests anew, after a decision that told them.
  mutating func forgetRequests() {
    for index in rivals.indices { rivals[index].requests = 0 }
  }

  /// The place of a candidate's part of the entities.
  func place(of revision: Revision.ID) -> Int { drawn.firstIndex(of: revision) ?? drawn.count }

  /// The share of one candidate among its own entities and those of stable's own part.
  ///
  /// The part of a candidate that has left is no part of it, although stable answers there: of stable's new entities
  /// so many fewer count.
  func share(of weight: PerMille) -> Double {
    Double(weight.value) / Double(control(beside: weight) + weight.value)
  }

  /// Stable's own part of the entities, which no candidate ever has.
  private func control(beside weight: PerMille) -> Int { 1000 - drawn.count * weight.value }

  /// Which part of stable's entities counts: those of its own part, of those that it answers.
  func thinning(beside weight: PerMille, living: Int) -> Plan.Thinning? {
    let control = control(beside: weight)
    let answered = control + (drawn.count - living) * weight.value
    return answered == control ? nil : Plan.Thinning(counted: control, of: answered)
  }

  /// Returns who answers which part of the entities, in the order in which a hash draws them.
  ///
  /// Think of a clock face that is cut into equal sectors, one for each candidate, which has the end of its own.
  /// Stable has all else. So a larger weight adds entities to every candidate and takes none from another, and who
  /// leaves gives its part to stable alone.
  func shares(of weight: PerMille, living: Set<Revision.ID>, stable: Revision.ID) -> [Plan.Share] {
    var shares: [(revision: Revision.ID, weight: Int)] = []
    func add(_ revision: Revision.ID, _ weight: Int) {
      guard weight > 0 else { return }
      if shares.last?.revision == revision {
        shares[shares.count - 1].weight += weight
      } else {
        shares.append((revision, weight))
      }
    }
    for (place, arm) in drawn.enumerated() {
      let sector = (place + 1) * 1000 / drawn.count - place * 1000 / drawn.count
      let own = min(weight.value, sector)
      add(stable, sector - own)
      add(living.contains(arm) ? arm : stable, own)
    }
    return shares.map { Plan.Share(revision: $0.revision, weight: PerMille($0.weight)) }
  }
}

extension Deployment {
  /// The deployment as each of several candidates meets it: alone, with its part of alpha.
  package var ofOneArm: Deployment {
    guard self.rivals != nil else { return self }
    var one = self
    one.rivals = nil
    one.analysis = one.analysis.divided(among: models.count)
    return one
  }

  /// A candidate's share among its own entities and stable's, while so many are tried.
  package func entityShare(of weight: PerMille) -> Double {
    let others = models.count - 1
    return Double(weight.value) / Double(max(weight.value, 1000 - others * weight.value))
  }
}

extension AnalysisSettings {
  /// Returns the settings for each of so many candidates, which have alpha together (Bonferroni).
  func divided(among candidates: Int) -> AnalysisSettings {
    let alpha = (1_000_000 - confidence.perMillion) / candidates
    return AnalysisSettings(
      confidence: Ratio(perMillion: 1_000_000 - alpha), dependence: dependence,
      tolerance: tolerance, interval: interval, minRequests: minRequests, onNoData: onNoData,
      onInconclusive: onInconclusive, noDataAfter: noDataAfter, warmUp: warmUp)
  }
}
