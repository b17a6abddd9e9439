import HTTP
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// Clients that stay with a revision, by a real Envoy.
@Suite(.timeLimit(.minutes(3))) struct AffinityTests {
  private static let shares = [10, 20, 50, 100, 150, 250, 400, 550, 750, 900]

  /// Over ten raises of the share every client that met the candidate meets it again, none drifts back, and about
  /// as many are with it as was asked for.
  @Test(
    .temporaryFolder,
    arguments: [
      (Affinity.header(name: "x-user-id"), "x-user-id", ""),
      (.cookie(name: "sid"), "cookie", "a=b; sid="),
    ])
  func clientsStay(affinity: Affinity, header: String, prefix: String) async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = (try Workbench.revision("1"), try Workbench.revision("2"))
      var met: Set<Int> = []
      for (index, share) in Self.shares.enumerated() {
        let weights = [(stable, 1000 - share), (candidate, share)]
        try await bench.put(Self.plan(index + 1, weights, affinity))
        var now: Set<Int> = []
        for user in 0..<100 {
          let client = "\(prefix)user-\(user)"
          let answer = try await bench.answer(to: client, in: header)
          #expect(try await bench.answer(to: client, in: header) == answer)
          if answer == "\(candidate.id)" { now.insert(user) }
        }
        #expect(now.isSuperset(of: met), "at \(share) per mille \(met.subtracting(now)) went back")
        // Six standard deviations of 100 clients, where they are largest.
        #expect(abs(now.count - share / 10) <= 30, "\(now.count) of 100 at \(share) per mille")
        met = now
      }
    }
  }

  /// Requests without the header go anywhere, and none fails.
  @Test(.temporaryFolder) func othersGoAnywhere() async throws {
    try await Workbench.run { bench in
      let (stable, candidate) = (try Workbench.revision("1"), try Workbench.revision("2"))
      let plan = Self.plan(1, [(stable, 500), (candidate, 500)], .header(name: "x-user-id"))
      try await bench.put(plan)
      let answers = try await bench.inferMany(200)
      #expect(answers.values.reduce(0, +) == 200)
      #expect(answers.keys.sorted() == ["200 rev1", "200 rev2"])
    }
  }

  private static func plan(
    _ generation: Int, _ shares: [(Revision, Int)], _ affinity: Affinity
  ) -> Plan {
    Plan(
      generation: generation, loaded: shares.map(\.0),
      routes: [.split(shares.map { .init(revision: $0.0.id, weight: PerMille($0.1)) })],
      affinity: affinity)
  }
}

extension Workbench {
  /// Returns which revision answered a client that is known by a header.
  fileprivate func answer(to client: String, in header: String) async throws -> String? {
    var request = echo(Array(Workbench.good.utf8), id: nil)
    request.headers = [(name: header, value: client)]
    return try await self.client.send(request).value("serin-revision")
  }
}
