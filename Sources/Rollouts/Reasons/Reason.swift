/// Why a decision was made: which case of which rule, with the values that no other field of the
/// decision has.
///
/// It holds no sentence. `Wording` makes one of it at the edge, so that another choice of words is no
/// other rule, and a replay compares values.
package indirect enum Reason: Equatable, Sendable, Codable {
  // What the manifest asks for.

  case firstToServe
  case replaces(stable: RevisionName, withBaseline: Bool)
  /// It was stable before what is stable now, and comes back with all traffic.
  case comesBack(insteadOf: RevisionName)
  /// Nothing serves, and it was stable once.
  case triedAgain(rejectedFor: Reason)
  case supersedes(candidate: RevisionName, atOnce: Bool)
  case noLongerAskedFor(backTo: RevisionName?)
  case removed
  case suspended
  case noLongerSuspended
  /// The manifest asks for what was rejected.
  case refused(rejectedFor: Reason, serving: RevisionName?)
  case stableAskedForAgain
  /// In the middle of its steps it is to come back with all traffic.
  case hurriedBack(insteadOf: RevisionName)
  /// It asks for more than the steps, after which a rollout stood still.
  case moreAskedFor
  /// The step copies requests at certain hours, and it is outside them.
  case outsideHours(hours: Hours)
  /// It is within them; nil when it asks for none by now.
  case withinHours(hours: Hours?)

  // What the runtime says.

  case unloaded
  case loaded
  case servesAgain
  case drained
  case readyAgain
  case notLoaded(obstacle: Obstacle)
  case notRestored(obstacle: Obstacle)
  case baselineNotLoaded(baseline: RevisionName, obstacle: Obstacle)
  case baselineFailed(baseline: RevisionName)
  /// What has traffic will not become ready without a change.
  case failed
  case splitWrong(candidate: Int, of: Int, asked: PerMille)
  /// A decision took effect that could not be recorded, and was lost.
  case ledgerBehind

  // What the checks say.

  case broken(breach: Breach)
  /// An objective fails for some of the requests, whatever all of them together say.
  case sliceBroken(breach: SliceBreach)
  case keptAgain
  case noLongerPromised
  case evidenceMounts(ground: Ground)
  case inconclusive(ground: Ground)
  case noData(of: Missing, milliseconds: Int64)
  case dataAgain
  case goesOn(warrant: Warrant)
  case noBake
  /// Every step is passed, and the manifest asks for no more.
  case stepsDone
  /// Fewer of its entities reach the goal of an A/B test, or more where fewer are better.
  case lost(goal: Goal)
  /// Another candidate of the same A/B test takes over.
  case outdone(by: RevisionName)
  /// One revision answered more of the entities than was asked, so that they cannot be compared.
  case entitiesSplitWrong(candidate: Int, of: Int, asked: PerMille)

  // What drift is found.

  case predictionsMoved(shift: Shift?)
  /// Of the traffic; the days since that was said first, when it was.
  case inputsMoved(days: Int?)
  /// The inputs moved, and the candidate declares to expect others than stable does.
  case contractMoved
  /// A candidate could go on, and the inputs are still not what it was trained on.
  case inputsUnlikeProfile
  case inputsLikeProfile
  case outputsMoved(days: Int?)
  case outputsLikeProfile

  // What the other members of its group do.

  /// It could go on alone, and waits for those that are named.
  case waitsForGroup(peers: [String])
  /// One of them asks for a revision that failed: all go back, and nothing is tried.
  case peerFailed(peer: FailedPeer)
  /// One of them ended its bake on the word that this one would.
  case groupEnded(peer: String)
}

extension Reason {
  /// What keeps a revision from being ready; what the runtime says of it stands in the detail.
  package enum Obstacle: Equatable, Sendable, Codable {
    case failed
    case notReady(withinMilliseconds: Int64)
  }

  /// An objective that failed, and how badly.
  package struct Breach: Equatable, Sendable, Codable {
    /// The objective with the most evidence against it.
    package let objective: Objective
    /// The share of bad requests at that moment.
    package let share: Ratio
    /// The names of the others that failed.
    package let also: [String]
    /// Whether the requests are bad because the server of the revision ended.
    package let isOfServer: Bool
    /// Whether there is an earlier revision to go back to, or none is needed.
    package let hasWayBack: Bool
  }

  /// A slice of the requests of which an objective failed, and how badly.
  package struct SliceBreach: Equatable, Sendable, Codable {
    /// What holds the value that names the slice.
    package let by: SliceKey
    /// A client's text, which people read and no code does; nil for all values that are not told apart.
    package let name: String?
    /// The objective with the most evidence against it.
    package let objective: Objective
    /// The share of bad requests of the slice at that moment.
    package let share: Ratio
    /// How many other slices failed.
    package let others: Int

    package init(by: SliceKey, name: String?, objective: Objective, share: Ratio, others: Int) {
      self.by = by
      self.name = name
      self.objective = objective
      self.share = share
      self.others = others
    }
  }

  /// A member of the group that asks for a revision that failed.
  package struct FailedPeer: Equatable, Sendable, Codable {
    package let name: String
    package let revision: RevisionName
    /// The number of its newest decision; nil while that waits to be recorded.
    package let record: Int?
  }

  /// Which of a decision's reports is meant.
  package enum Ground: Equatable, Sendable, Codable {
    /// By its name.
    case objective(name: String)
    case predictions
    case goal
    case slices
  }

  /// What there is none of.
  package enum Missing: String, Equatable, Sendable, Codable, CaseIterable {
    case requests
    case samples
    /// Answers of both revisions to one request.
    case pairs
    /// Requests with the header, cookie or field that names an entity.
    case entities
    /// The traffic that was asked for is not in force, or cannot be counted.
    case traffic
  }

  /// What lets a candidate go on.
  package enum Warrant: String, Equatable, Sendable, Codable, CaseIterable {
    case proven
    /// Nothing is promised.
    case noObjectives
    case noRequests
    /// There is nothing to compare the first to serve with.
    case first
    /// Nothing speaks against it.
    case clean
    /// It is the better one in an A/B test.
    case won
    /// `onInconclusive` is promote.
    case policy
    /// The manifest asks for the switch, and no longer for the preview before it.
    case asked
  }

  /// The bin of a column that moved most clearly, in what numbers a person needs.
  package struct Shift: Equatable, Sendable, Codable {
    package let column: String
    package let bin: String
    package let share: Ratio
    package let expected: Ratio
  }
}

/// What a person calls a revision: its version and its id.
package struct RevisionName: Equatable, Sendable, Codable, CustomStringConvertible {
  package let version: String
  package let id: Revision.ID

  /// "v8 (3f9c2a71d0)".
  package var description: String { "v\(version) (\(id))" }
}

extension Revision {
  package var name: RevisionName { RevisionName(version: model.version, id: id) }
}

extension Reason {
  /// What led to it, as a reader sorts decisions.
  package var cause: Decision.Cause {
    switch self {
    case .firstToServe, .replaces, .comesBack, .triedAgain, .supersedes, .noLongerAskedFor,
      .removed,
      .refused, .stableAskedForAgain, .hurriedBack, .moreAskedFor, .outsideHours, .withinHours:
      .manifest
    case .suspended, .noLongerSuspended: .operator
    case .unloaded, .loaded, .servesAgain, .drained, .readyAgain, .notLoaded, .notRestored,
      .baselineNotLoaded, .baselineFailed, .failed, .splitWrong, .entitiesSplitWrong,
      .ledgerBehind:
      .runtime
    case .broken(let breach): breach.isOfServer ? .runtime : .slo
    case .sliceBroken, .keptAgain, .noLongerPromised: .slo
    case .evidenceMounts, .goesOn, .noBake, .stepsDone, .lost, .outdone: .evidence
    case .inconclusive: .inconclusive
    case .noData, .dataAgain: .noData
    case .predictionsMoved, .inputsMoved, .contractMoved, .inputsUnlikeProfile, .inputsLikeProfile,
      .outputsMoved, .outputsLikeProfile:
      .drift
    case .waitsForGroup, .peerFailed, .groupEnded: .group
    }
  }
}
