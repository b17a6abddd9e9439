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
      (.json(path: ["parameters", "user_id"]), nil, ""),
    ] as [(Affinity, String?, String)])
  func clientsStay(affinity: Affinity, header: String?, prefix: String) async throws {
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

  /// Three candidates, of which one after the other leaves: whoever met one that stays meets it again, and whoever met
  /// one that left meets stable.
  @Test(.temporaryFolder) func whoStaysKeepsItsClients() async throws {
    try await Workbench.run { bench in
      let all = try (1...4).map { try Workbench.revision("\($0)") }
      let names = all.map(\.id.description)
      // Stable has the beginning of each third, and what a candidate leaves.
      let layouts = [
        [(0, 83), (1, 250), (0, 83), (2, 250), (0, 84), (3, 250)],
        [(0, 83), (1, 250), (0, 417), (3, 250)], [(0, 83), (1, 250), (0, 667)],
      ]
      var met: [Int: String] = [:]
      for (index, layout) in layouts.enumerated() {
        let used = Set(layout.map(\.0)).sorted()
        try await bench.put(
          Plan(
            generation: index + 1, loaded: used.map { all[$0] },
            routes: [
              .split(layout.map { .init(revision: all[$0.0].id, weight: PerMille($0.1)) })
            ], affinity: .header(name: "x-user-id"), drawnBy: all.dropFirst().map(\.id)))
        for user in 0..<100 {
          let answer = try #require(
            try await bench.answer(to: "user-\(user)", in: "x-user-id"))
          let living = used.map { names[$0] }
          let before = met[user].map { living.contains($0) ? $0 : names[0] }
          #expect(before == nil || before == answer, "user \(user) went from \(met) to \(answer)")
          met[user] = answer
        }
        if index == 0 { #expect(Set(met.values) == Set(names)) }
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

  /// Requests whose body names nobody, or cannot be read as a whole, go anywhere, and none fails; a client that sets
  /// the header by which Envoy draws them chooses nothing.
  @Test(.temporaryFolder) func bodiesThatNameNobodyGoAnywhere() async throws {
    let long = String(repeating: "x", count: 257)
    let values = [#""""#, "null", #"{"a": 1}"#, "[1]", "true", #""\#(long)""#]
    let bodies =
      ["", "hello", "[1]", #"{"inputs": []}"#, "{", #"{"parameters": "user_id"}"#]
      + values.map { #"{"parameters": {"user_id": \#($0)}}"# } + [
        Workbench.named("a", size: EnvoyConfiguration.longestRead + 1),
        Workbench.named("a", size: 8 << 20),
        #"{"parameters": {"user_id": "a"}, "inputs": [18446744073709551615]}"#,
        String(repeating: "[", count: EnvoyConfiguration.longestRead),
        String(repeating: #"{"a":"#, count: EnvoyConfiguration.longestRead / 5),
      ]
    try await Workbench.run { bench in
      try await bench.halve(by: .json(path: ["parameters", "user_id"]))
      for body in bodies {
        var met: Set<String> = []
        for _ in 0..<40 where met.count < 2 {
          let answer = try await bench.client.send(bench.asking(body, [("serin-entity", "YQ==")]))
          #expect(answer.status == 200, "\(body.prefix(40))")
          met.insert(try #require(answer.value("serin-revision")))
        }
        #expect(met.count == 2, "\(body.prefix(40)) went to \(met)")
      }
    }
  }

  /// What stands elsewhere in a body, how long it is, what the request calls it, and how a number is written, make no
  /// other client.
  @Test(.temporaryFolder) func oneClientIsOneClient() async throws {
    try await Workbench.run { bench in
      try await bench.halve(by: .json(path: ["parameters", "user_id"]))
      for user in 0..<12 {
        let bodies = [
          Workbench.named("\(user)"), #"{"parameters": {"user_id": \#(user)}}"#,
          #"{"inputs": [{"user_id": 7}], "parameters": {"user_id": \#(user).0, "x": [1]}}"#,
          Workbench.named("\(user)", size: EnvoyConfiguration.longestRead),
        ]
        var met: Set<String> = []
        for body in bodies {
          for type in ["application/json", "application/octet-stream", nil] {
            let headers = type.map { [("content-type", $0)] } ?? []
            let answer = try await bench.client.send(bench.asking(body, headers))
            #expect(answer.status == 200 && answer.body == Array(body.utf8))
            met.insert(try #require(answer.value("serin-revision")))
          }
        }
        #expect(met.count == 1, "user \(user) went to \(met)")
      }
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
  /// Returns which revision answered a client that is known by a header, or by its body without one.
  fileprivate func answer(to client: String, in header: String?) async throws -> String? {
    let request =
      header.map { asking(Workbench.good, [($0, client)]) } ?? asking(Workbench.named(client), [])
    return try await self.client.send(request).value("serin-revision")
  }

  fileprivate func asking(_ body: String, _ headers: [(String, String)]) -> HTTPRequest {
    var request = echo(Array(body.utf8), id: nil)
    request.headers = headers.map { (name: $0.0, value: $0.1) }
    return request
  }

  /// The body of a client's request, filled up with spaces to so many bytes.
  fileprivate static func named(_ client: String, size: Int = 0) -> String {
    let body = #"{"parameters": {"user_id": "\#(client)"}, "inputs": []}"#
    return body + String(repeating: " ", count: max(0, size - body.utf8.count))
  }

  /// Gives two revisions half of the clients each.
  fileprivate func halve(by affinity: Affinity) async throws {
    let revisions = [try Workbench.revision("1"), try Workbench.revision("2")]
    try await put(
      Plan(
        generation: 1, loaded: revisions,
        routes: [.split(revisions.map { .init(revision: $0.id, weight: .half) })],
        affinity: affinity))
  }
}
