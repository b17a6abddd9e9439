import Rollouts
import Testing

extension Subject {
  /// A client that has met the candidate meets it at every larger share, and always while the share is the same.
  ///
  /// So it is also in the controller's next life. The candidate has as many of the clients as it is to have, and after a
  /// rollback none.
  func checkAffinity() async throws {
    let (stable, candidate) = (try revision("1", fails: false), try revision("2", fails: false))
    var met: Set<Int> = []
    for (index, weight) in [50, 200, 650].enumerated() {
      let plan = RuntimeLaw.plan(
        index + 1, stable, beside: candidate, weight: weight, keeping: Self.clientHeader)
      try await put(plan)
      let now = try await clients(of: candidate)
      #expect(met.isSubset(of: now), "\(met.subtracting(now)) were taken back at \(weight)")
      expectShare(PerMille(weight), now.count)
      met = now
      guard weight == 200 else { continue }
      try await restart()
      try await put(plan)
      #expect(try await clients(of: candidate) == met, "the next life gave them to others")
    }
    try await put(
      RuntimeLaw.plan(
        4, stable, beside: candidate, weight: 0, keeping: Self.clientHeader))
    #expect(try await clients(of: candidate).isEmpty)
  }

  private static var clientHeader: String { "x-user" }
  private static var clients: Int { 120 }

  /// Those of the clients whom a revision answers, each time that they ask.
  private func clients(of revision: Revision) async throws -> Set<Int> {
    var met: Set<Int> = []
    for client in 0..<Self.clients {
      let header = try #require(
        HeaderMatch(header: Self.clientHeader, value: "user-\(client)"))
      let answers = try await ask(2, with: header)
      #expect(answers.revisions.count == 1 && answers.refused == 0, "\(client): \(answers)")
      if answers.revisions == [revision.id] { met.insert(client) }
    }
    return met
  }

  /// To five standard errors.
  private func expectShare(_ share: PerMille, _ clients: Int) {
    let (expected, all) = (Double(share.value) / 1000, Double(Self.clients))
    let tolerated = 5 * (all * expected * (1 - expected)).squareRoot()
    #expect(abs(Double(clients) - all * expected) <= tolerated, "\(clients) of \(all)")
  }
}
