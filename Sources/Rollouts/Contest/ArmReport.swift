/// How one candidate of an A/B test of several does, for every decision on it.
package struct ArmReport: Equatable, Sendable, Codable {
  package let revision: Revision
  /// Its requests since the decision before.
  package let requests: Int
  /// The evidence against it, of all that may take it back: a natural logarithm, in thousandths.
  package let logE: Int
  /// What its entities do, beside stable's; nil while nothing is compared.
  package let goal: GoalReport?
}

extension Rollout {
  /// How each candidate does, in the order of their parts; nil where there is one alone.
  func armReports(at now: Instant, _ engine: Engine) -> [ArmReport]? {
    guard contest?.rivals.isEmpty == false else { return nil }
    var copy = self
    let reports = copy.armPlaces.map { place in
      copy.exchange(with: place)
      defer { copy.exchange(with: place) }
      return copy.armReport(at: now, engine)
    }
    return reports.compactMap(\.self).sorted { first, second in
      (contest?.place(of: first.revision.id) ?? 0) < (contest?.place(of: second.revision.id) ?? 0)
    }
  }

  private func armReport(at now: Instant, _ engine: Engine) -> ArmReport? {
    candidate.map {
      ArmReport(
        revision: $0, requests: exposure.candidate, logE: CheckReport.LogE.thousandths(logE),
        goal: comparisons(at: now, engine).goal)
    }
  }
}
