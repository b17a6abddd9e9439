import ClusterKit
import Encoding
import Foundation
import TestKit
import Testing

/// Two runtimes of one controller in one cluster, each with a namespace of its own.
@Suite struct TwoNamespacesEndToEndTests {
  /// A new version in one namespace is promoted while one in the other fails and goes back: each is judged by its own
  /// requests, and no object stands in the other's namespace.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func deploymentsMoveApart() async throws {
    try await ClusterTeam.run(namespaces: ["red", "blue"]) { cluster in
      let team = cluster.team
      try Self.deploy(team, iris: (1, "{}"), rose: (1, "{}"))
      async let prometheus = cluster.startPrometheus()
      _ = try cluster.startSerin()
      try await eventually { cluster.isRouted(2) }
      let iris = try team.startTraffic(perSecond: 50)
      let rose = try team.startTraffic(perSecond: 49, to: "rose")
      defer { for traffic in [iris, rose] { traffic.stop(SIGKILL) } }
      for name in ["iris", "rose"] { try await team.waitFor("complete v1", of: name) }
      try Self.deploy(team, iris: (2, "{}"), rose: (3, #"{"infer": 500}"#))
      try await team.waitFor("complete v2", of: "iris")
      try await team.waitFor("rollback v3", of: "rose")
      try Self.expectPlaces(cluster.server)
      let answers = try [team.endTraffic(iris), team.endTraffic(rose, perSecond: 49)]
      #expect(answers.map { Set($0.keys) } == [["v1 200", "v2 200"], ["v1 200", "v3 500"]])
      let texts = try ["iris", "rose"].map { try team.decisions(of: $0).map(\.text) }
      #expect(!texts[0].contains { $0.hasPrefix("rollback") || $0.hasPrefix("hold") }, "\(texts)")
      #expect(try team.decisions(of: "rose").last?.cause == "slo")
      try team.expectRightLedger()
      _ = try await prometheus
    }
  }

  /// Everything of a deployment is in the namespace of its runtime, and everything there is of it.
  private static func expectPlaces(_ server: ClusterServer) throws {
    for type in [TypeID.httpRoutes, .inferenceServices, .modelDeployments] {
      let metadata = server.objects(of: type).map { $0["metadata"] }
      let places = metadata.map {
        [
          $0?["namespace"]?.string,
          $0?["name"]?.string?.split(separator: "-").first.map(String.init),
        ]
      }
      #expect(Set(places) == [["red", "iris"], ["blue", "rose"]], "\(type)")
    }
  }

  /// Commits a version of each, which behaves as its JSON says: iris in one namespace, rose in the other.
  private static func deploy(
    _ team: Team, iris: (Int, String), rose: (Int, String)
  ) throws {
    let both = [("iris", "red", iris), ("rose", "blue", rose)]
    let manifests = try both.map { name, runtime, version in
      """
      apiVersion: serin.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        runtime: \(runtime)
        model: \(try team.model(version.0, behaviour: version.1))
        strategy: {canary: {steps: [50%], atLeast: 3s, atMost: 15s}}
        slos: [{errors: {below: 2%}}]
        analysis: {interval: 1s, minRequests: 10}
        bake: 3s
      """
    }
    try team.push(manifests.joined(separator: "\n---\n"), message: "iris and rose")
  }
}
