import ClusterKit
import ClusterNode
import Control
import Encoding
import HTTP
import Manifests
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

/// Clients that stay with a revision, behind a real Envoy that is told what Envoy Gateway tells one since 1.9.
@Suite(.timeLimit(.minutes(4))) struct AffinityTests {
  private static let iris = ClusterBench.iris
  private static let user = Affinity.header(name: "x-user")

  private static func run(
    _ body: (ClusterBench, ClusterRuntime) async throws -> Void
  ) async throws {
    try await ClusterBench.run(.kserve, { $0.hashPolicy = .envoyGateway }) { bench in
      try await bench.withRuntime { try await body(bench, $0) }
    }
  }

  private static func plan(
    _ generation: Int, _ shares: [(Revision, Int)], by affinity: Affinity? = user
  ) -> Plan { ClusterBench.plan(generation, shares, affinity: affinity) }

  /// The share grows in two rollouts, one after the other: in the first the candidate stands behind stable, in the second
  /// before it.
  @Test(.temporaryFolder, arguments: [user, .cookie(name: "session")])
  func whoHasMetTheCandidateMeetsItAgain(affinity: Affinity) async throws {
    try await Self.run { bench, runtime in
      let all = try ["1", "2", "3"].map { try ClusterBench.revision($0) }
      try await bench.put(Self.plan(1, [(all[0], 1000)], by: affinity), on: runtime)
      for round in [0, 1] {
        let (stable, candidate) = (all[round], all[round + 1])
        var met: Set<Int> = []
        for (index, weight) in [20, 100, 300, 700, 1000].enumerated() {
          let shares = [(stable, 1000 - weight), (candidate, weight)]
          try await bench.put(
            Self.plan(2 + 10 * round + index, shares, by: affinity), on: runtime)
          let now = try await bench.clients(of: candidate, known: affinity)
          #expect(met.isSubset(of: now), "\(met.subtracting(now)) were taken back at \(weight)")
          bench.expectShare(weight, now.count)
          met = now
        }
        #expect(try bench.place(of: candidate) == (round == 0 ? 1 : 0))
        try await bench.put(
          Self.plan(8 + 10 * round, [(candidate, 1000)], by: affinity), on: runtime)
        try await eventually {
          try await runtime.observe()[Self.iris]?.readiness == [candidate.id: .ready]
        }
      }
    }
  }

  /// Nobody is split before the gateway keeps clients, and a way back waits for no policy.
  @Test(.temporaryFolder) func aSplitWaitsForThePolicy() async throws {
    try await Self.run { bench, runtime in
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      await bench.node.takePolicies(false)
      try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
      try await bench.expectNoSplit(Self.plan(2, [(first, 900), (second, 100)]), on: runtime)
      try await bench.put(Self.plan(3, [(first, 1000), (second, 0)]), on: runtime)
    }
  }

  /// What may be wrong with a policy that was accepted.
  enum Trouble: CaseIterable {
    /// The gateway does not accept it any more.
    case refused
    /// Somebody has changed it, and it is to stay so.
    case changed
    /// It is gone, and no other one can be written.
    case forbidden
    /// It is gone, and the write of another one hangs.
    case hanging
  }

  /// From a split whose policy is in trouble the way back is as short as any, and what stable answers counts.
  @Test(.temporaryFolder, arguments: Trouble.allCases)
  func aWayBackWaitsForNoPolicy(trouble: Trouble) async throws {
    let change = { (settings: inout KubernetesSettings) in
      (settings.hashPolicy, settings.foreignChanges) = (.envoyGateway, .hold)
    }
    try await ClusterBench.run(.kserve, change) { bench in
      try await bench.withRuntime { runtime in
        let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
        try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
        try await bench.put(Self.plan(2, [(first, 900), (second, 100)]), on: runtime)
        try await bench.trouble(trouble)
        try await eventually {
          try await runtime.observe()[Self.iris]?.generationInForce == nil
        }
        let start = ContinuousClock.now
        try await bench.put(Self.plan(3, [(first, 1000)]), on: runtime)
        #expect(.now - start < .seconds(10))
        #expect(await !runtime.countedPlaces.isEmpty)
      }
    }
  }

  /// Where policies cannot be read a split waits, and whatever else there is goes on.
  @Test(.temporaryFolder) func withoutPoliciesNothingElseWaits() async throws {
    try await ClusterBench.run(.kserve, { $0.hashPolicy = .envoyGateway }) { bench in
      bench.server.fail(percent: 100, with: .internalError) {
        $0.path.contains("backendtrafficpolicies")
      }
      try await bench.withRuntime { runtime in
        let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
        try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
        try await bench.expectNoSplit(Self.plan(2, [(first, 900), (second, 100)]), on: runtime)
        try await bench.put(Self.plan(3, [(second, 1000)], by: nil), on: runtime)
      }
    }
  }

  /// Of two policies for one route the gateway takes the older.
  @Test(.temporaryFolder) func anothersPolicyIsInTheWay() async throws {
    try await Self.run { bench, runtime in
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      let target: JSONValue = [
        "group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "iris",
      ]
      let theirs = bench.server.write([
        "apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "BackendTrafficPolicy",
        "metadata": ["name": "a-theirs", "namespace": "default"],
        "spec": ["targetRefs": [target], "loadBalancer": ["type": "Random"]],
      ])
      #expect(theirs != nil)
      try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
      try await bench.expectNoSplit(Self.plan(2, [(first, 900), (second, 100)]), on: runtime)
      bench.server.delete(.backendTrafficPolicies, "default", "a-theirs")
      try await bench.put(Self.plan(2, [(first, 900), (second, 100)]), on: runtime)
    }
  }

  /// A cluster that was lost is filled again in the middle of a rollout.
  @Test(.temporaryFolder) func aFirstRouteMayBeASplit() async throws {
    try await Self.run { bench, runtime in
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      try await bench.put(Self.plan(7, [(first, 500), (second, 500)]), on: runtime)
      bench.expectShare(500, try await bench.clients(of: second, known: Self.user).count)
    }
  }

  /// The policy is set right when others change it, follows the manifest, and goes with it.
  @Test(.temporaryFolder) func thePolicyIsAsItIsAskedFor() async throws {
    try await Self.run { bench, runtime in
      let (first, second) = (try ClusterBench.revision("1"), try ClusterBench.revision("2"))
      let shares = [(first, 900), (second, 100)]
      try await bench.put(Self.plan(1, [(first, 1000)]), on: runtime)
      try await bench.put(Self.plan(2, shares), on: runtime)
      let drawn = try #require(bench.hashed)
      bench.server.edit(
        .backendTrafficPolicies, "default", "iris",
        ["spec": ["loadBalancer": ["consistentHash": ["headers": [["name": "x-theirs"]]]]]])
      #expect(bench.hashed != drawn)
      try await eventually { bench.hashed == drawn }
      bench.server.delete(.backendTrafficPolicies, "default", "iris")
      try await eventually { bench.hashed == drawn }
      try await bench.put(Self.plan(2, shares, by: .cookie(name: "session")), on: runtime)
      try await eventually { bench.hashed?["cookie"]?["name"] == "session" }
      try await bench.put(Self.plan(2, shares, by: nil), on: runtime)
      try await eventually { bench.hashed == nil }
      try await bench.put(Self.plan(2, shares), on: runtime)
      try await eventually { bench.hashed == drawn }
      try await bench.put(Self.plan(3, []), on: runtime)
      #expect(bench.hashed == nil && bench.server.object(.httpRoutes, "default", "iris") == nil)
    }
  }

  /// What a gateway cannot keep is said of the candidate.
  @Test(
    .temporaryFolder,
    arguments: [
      (Affinity.json(path: ["user"]), false, false, ClusterLimit.fields),
      (user, true, false, .baseline), (user, false, true, .entities),
    ])
  func whatIsNotKeptIsSaid(
    affinity: Affinity, hasBaseline: Bool, countsEntities: Bool, limit: ClusterLimit
  ) async throws {
    try await Self.run { bench, runtime in
      let all = try ["1", "2", "3"].map { try ClusterBench.revision($0) }
      try await bench.put(Self.plan(1, [(all[0], 1000)]), on: runtime)
      let shares = hasBaseline ? zip(all, [800, 100, 100]) : zip(all, [900, 100])
      try await runtime.apply(
        ClusterBench.plan(
          2, Array(shares), affinity: affinity, countsEntities: countsEntities), to: Self.iris)
      let state = try await runtime.observe()[Self.iris]
      #expect(state?.readiness[all[1].id] == .failed(limit.rawValue))
      #expect(state?.readiness[all[0].id] == .ready)
      try await bench.put(Self.plan(3, [(all[0], 1000)]), on: runtime)
      #expect(bench.server.object(.inferenceServices, "default", "iris-rev2") == nil)
    }
  }
}

extension ClusterBench {
  fileprivate static let clients = 250

  /// Those of the clients whom a revision answers, each time that they ask.
  fileprivate func clients(of revision: Revision, known affinity: Affinity) async throws -> Set<Int>
  {
    var met: Set<Int> = []
    for client in 0..<Self.clients {
      let answered = [
        try await infer(as: client, known: affinity), try await infer(as: client, known: affinity),
      ]
      #expect(answered[0] != nil && answered[0] == answered[1], "client \(client)")
      if answered[0] == revision.id { met.insert(client) }
    }
    return met
  }

  private func infer(as client: Int, known affinity: Affinity) async throws -> Revision.ID? {
    var request = HTTPRequest("http://127.0.0.1:\(port)/v2/models/iris/infer")
    (request.method, request.body) = ("POST", Array(Self.good.utf8))
    request.headers = [("Content-Type", "application/json")]
    switch affinity {
    case .header(let name): request.headers.append((name, "user-\(client)"))
    case .cookie(let name): request.headers.append(("cookie", "other=1; \(name)=user-\(client)"))
    case .json: break
    }
    let response = try await self.client.send(request)
    guard response.status == 200 else { return nil }
    return response.headers.first { $0.name == "serin-revision" }.map { Revision.ID($0.value) }
  }

  /// To five standard errors.
  fileprivate func expectShare(_ weight: Int, _ clients: Int) {
    let (expected, all) = (Double(weight) / 1000, Double(Self.clients))
    let tolerated = 5 * (all * expected * (1 - expected)).squareRoot()
    #expect(abs(Double(clients) - all * expected) <= tolerated, "\(clients) of \(all)")
  }

  /// The place of a revision in the route.
  fileprivate func place(of revision: Revision) throws -> Int? {
    let rules = server.object(.httpRoutes, "default", "iris")?[path: "spec", "rules"]
    let backends = try #require(rules?.items.first?["backendRefs"]?.items)
    return backends.firstIndex {
      $0["weight"] != 0 && $0["name"]?.string == "iris-\(revision.id)-predictor"
    }
  }

  fileprivate func trouble(_ trouble: AffinityTests.Trouble) async throws {
    let (type, name) = (TypeID.backendTrafficPolicies, "iris")
    switch trouble {
    case .refused:
      await node.takePolicies(false)
      let status = try #require(server.object(type, "default", name)?["status"])
      let text = status.canonical.replacing(#""status":"True""#, with: #""status":"False""#)
      _ = server.writeStatus(type, "default", name, try JSONValue(parsing: Array(text.utf8)))
    case .changed:
      server.edit(
        type, "default", name,
        ["spec": ["loadBalancer": ["consistentHash": ["headers": [["name": "x-theirs"]]]]]])
    case .forbidden, .hanging:
      server.fail(percent: 100, with: trouble == .hanging ? .delay(.seconds(60)) : .internalError) {
        $0.path.contains("backendtrafficpolicies") && $0.method == "PATCH"
      }
      server.delete(type, "default", name)
    }
  }

  /// By what the policy of the deployment says that clients are hashed.
  fileprivate var hashed: JSONValue? {
    server.object(.backendTrafficPolicies, "default", "iris")?[
      path: "spec", "loadBalancer", "consistentHash"]
  }

  /// Applies a plan with a split, and expects that stable answers everybody as before.
  fileprivate func expectNoSplit(_ plan: Plan, on runtime: ClusterRuntime) async throws {
    let before = try await runtime.observe()[Self.iris]?.generationInForce
    let stable = plan.loaded[0]
    try await runtime.apply(plan, to: Self.iris)
    try await eventually {
      try await runtime.observe()[Self.iris]?.readiness[plan.loaded[1].id] == .ready
    }
    try await Task.sleep(for: .milliseconds(500))
    #expect(try await runtime.observe()[Self.iris]?.generationInForce == before)
    for client in 0..<20 {
      #expect(try await infer(as: client, known: .header(name: "x-user")) == stable.id)
    }
  }
}
