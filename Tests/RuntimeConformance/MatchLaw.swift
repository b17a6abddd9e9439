import Analysis
import Control
import Rollouts
import Testing

extension Subject {
  /// Requests with the header reach the candidate, letter for letter, and no others do.
  ///
  /// So it is also in the controller's next life. Each answer counts for the revision that gave it, and after a rollback the
  /// header chooses none.
  func checkMatch() async throws {
    let (stable, candidate) = (try revision("1", fails: false), try revision("2", fails: false))
    let match = try #require(HeaderMatch(header: "x-beta", value: "true"))
    let plan = RuntimeLaw.plan(1, stable, and: candidate, when: match)
    try await put(plan)
    #expect(try await readiness(of: candidate) == .ready)
    try await checkChoice(of: candidate, over: stable, by: match)
    try await restart()
    try await put(plan)
    try await checkChoice(of: candidate, over: stable, by: match)
    try await put(RuntimeLaw.plan(2, [(stable, 1000)], loaded: [candidate]))
    #expect(try await ask(50, with: match) == Answers(byRevision: [stable.id: 50]))
    try await eventually("each answer counts for its revision") {
      let answered = await answers(of: deployment).byRevision
      let counted = try await counted()
      return counted.mapValues(\.requests) == answered
        && counted.values.allSatisfy { $0.latency.total == $0.requests && $0.errors == 0 }
    }
  }

  private func checkChoice(
    of candidate: Revision, over stable: Revision, by match: HeaderMatch
  ) async throws {
    #expect(try await ask(50, with: match) == Answers(byRevision: [candidate.id: 50]))
    let others = [
      nil, HeaderMatch(header: match.header, value: "True"),
      HeaderMatch(header: match.header, value: "true,true"),
      HeaderMatch(header: "x-beta2", value: match.value),
    ]
    for other in others {
      #expect(
        try await ask(50, with: other) == Answers(byRevision: [stable.id: 50]),
        "\(String(describing: other))")
    }
  }
}
