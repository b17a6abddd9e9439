import Rollouts
import Testing

/// What the controller relies on, whatever serves: each runtime has to pass all of it.
package enum RuntimeLaw: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case applyingAgainChangesNothing
  case olderGenerationsAreRefused
  case trafficWaitsForReadiness
  case unloadingWaitsForWhatWasAsked
  case anEndIsCalledOff
  case anEmptyPlanUnloadsEverything
  case theNextLifeFindsEverything
  case countsAddUp
  case copiesAreAnsweredToNobody
  case aHeaderChoosesTheCandidate
  case clientsStayWithTheCandidate
  case failuresAreReported

  /// Those of a runtime whose models are read by jobs: the others are about requests beside a change.
  package static let ofBatch: [RuntimeLaw] = [
    .applyingAgainChangesNothing, .olderGenerationsAreRefused, .trafficWaitsForReadiness,
    .anEmptyPlanUnloadsEverything, .theNextLifeFindsEverything, .countsAddUp, .failuresAreReported,
  ]

  package var testDescription: String { rawValue }

  /// Tries it on a runtime that has served nothing yet.
  package func check(_ subject: some Subject) async throws {
    switch self {
    case .applyingAgainChangesNothing: try await subject.checkIdempotence()
    case .olderGenerationsAreRefused: try await subject.checkGenerations()
    case .trafficWaitsForReadiness: try await subject.checkReadiness()
    case .unloadingWaitsForWhatWasAsked: try await subject.checkDraining()
    case .anEndIsCalledOff: try await subject.checkRecall()
    case .anEmptyPlanUnloadsEverything: try await subject.checkEmptyPlan()
    case .theNextLifeFindsEverything: try await subject.checkAdoption()
    case .countsAddUp: try await subject.checkCounts()
    case .copiesAreAnsweredToNobody: try await subject.checkMirror()
    case .aHeaderChoosesTheCandidate: try await subject.checkMatch()
    case .clientsStayWithTheCandidate: try await subject.checkAffinity()
    case .failuresAreReported: try await subject.checkFailures()
    }
  }

  /// Returns a plan by which one revision answers everything, and another gets copies.
  static func plan(
    _ generation: Int, _ stable: Revision, mirroredTo candidate: Revision, weight: Int
  ) -> Plan {
    Plan(
      generation: generation, loaded: [stable, candidate],
      routes: [
        .split([Plan.Share(revision: stable.id, weight: .all)]),
        .mirror(Plan.Share(revision: candidate.id, weight: PerMille(weight))),
      ])
  }

  /// Returns a plan by which one revision answers the requests with a header, and another all the rest.
  static func plan(
    _ generation: Int, _ stable: Revision, and candidate: Revision, when match: HeaderMatch
  ) -> Plan {
    Plan(
      generation: generation, loaded: [stable, candidate],
      routes: [
        .split([Plan.Share(revision: stable.id, weight: .all)]),
        .match(Plan.Match(revision: candidate.id, when: match)),
      ])
  }

  /// Returns a plan by which two revisions share the clients, who are known by a header.
  static func plan(
    _ generation: Int, _ stable: Revision, beside candidate: Revision, weight: Int,
    keeping header: String
  ) -> Plan {
    let shares = [(stable, 1000 - weight), (candidate, weight)].filter { $0.1 > 0 }
    return Plan(
      generation: generation, loaded: [stable, candidate],
      routes: [
        .split(shares.map { Plan.Share(revision: $0.0.id, weight: PerMille($0.1)) })
      ], affinity: .header(name: header))
  }

  /// Returns a plan by which two revisions share the traffic; where nothing is split, the second has all of it.
  static func plan(
    _ generation: Int, _ first: Revision, beside second: Revision, weight: Int,
    _ serving: ServingMode
  ) -> Plan {
    switch serving {
    case .online: plan(generation, [(first, 1000 - weight), (second, weight)])
    case .batch: plan(generation, [(second, 1000)], loaded: [first])
    }
  }

  /// Returns a plan that gives each revision its share of the traffic.
  static func plan(
    _ generation: Int, _ shares: [(revision: Revision, weight: Int)], loaded: [Revision] = []
  ) -> Plan {
    Plan(
      generation: generation, loaded: shares.map(\.revision) + loaded,
      shares: shares.map { Plan.Share(revision: $0.revision.id, weight: PerMille($0.weight)) })
  }
}
