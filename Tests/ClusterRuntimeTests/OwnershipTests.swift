import Control
import Encoding
import Kubernetes
import Manifests
import Rollouts
import TestKit
import Testing

@testable import ClusterRuntime

extension AnyClusterTests {
  /// Objects that others write to, too.
  @Suite(.timeLimit(.minutes(4))) struct OwnershipTests {
    /// Runs `body` with a first revision that has all traffic.
    private static func run(
      _ change: (inout KubernetesSettings) -> Void = { _ in },
      _ body: (AnyCluster, ClusterRuntime, Revision) async throws -> Void
    ) async throws {
      try await AnyCluster.run { cluster in
        let first = try ClusterBench.revision("1")
        try await cluster.withRuntime(change) { runtime in
          try await cluster.put(ClusterBench.plan(1, [(first, 1000)]), on: runtime)
          try await body(cluster, runtime, first)
        }
      }
    }

    /// What a person may do to the rules of a route.
    enum Edit: CaseIterable {
      case fewerRules, otherWeights, anotherServer

      func of(_ rules: [JSONValue]) -> JSONValue {
        guard let first = rules.first, let server = first["backendRefs"]?.items.first else {
          return .null
        }
        let changed =
          switch self {
          case .fewerRules: [first]
          case .otherWeights: rules.map { Self.with(server.with("weight", 7), in: $0) }
          case .anotherServer: rules.map { Self.with(server.with("name", "theirs"), in: $0) }
          }
        return ["spec": ["rules": .array(changed)]]
      }

      private static func with(_ server: JSONValue, in rule: JSONValue) -> JSONValue {
        rule.with("backendRefs", .array([server]))
      }
    }

    /// What a person changes in a route is undone.
    @Test(.temporaryFolder, arguments: Edit.allCases) func aPersonsEditIsUndone(edit: Edit)
      async throws
    {
      try await Self.run { cluster, _, _ in
        let rules = try await cluster.rules()
        let edited = try await cluster.edit(.httpRoutes, edit.of(rules))
        #expect(edited[["spec", "rules"]]?.items != rules)
        try await eventually { try await cluster.rules() == rules }
      }
    }

    /// What is none of Serin's stays, through an edit that is undone and through the next plan: in its own route, and the
    /// rules of another one.
    @Test(.temporaryFolder) func whatIsNotOursStays() async throws {
      try await Self.run { cluster, runtime, first in
        let theirs = cluster.objectName("-theirs")
        try await cluster.make(
          ["spec": ["parentRefs": [["name": "models"]], "hostnames": ["theirs.example"]]],
          .httpRoutes, theirs)
        let others = try await cluster.object(.httpRoutes, theirs)?["spec"]
        let rules = try await cluster.rules()
        try await cluster.edit(
          .httpRoutes,
          [
            "metadata": ["labels": ["theirs": "yes"], "annotations": ["theirs": "too"]],
            "spec": ["hostnames": ["iris.example"], "rules": .array([rules[0]])],
          ])
        try await eventually { try await cluster.rules() == rules }
        let second = try ClusterBench.revision("2")
        try await cluster.put(
          ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
        let route = try await cluster.object(.httpRoutes)
        #expect(route?[["metadata", "labels", "theirs"]] == "yes")
        #expect(route?[["metadata", "annotations", "theirs"]] == "too")
        #expect(route?[["spec", "hostnames"]] == ["iris.example"])
        #expect(try await cluster.object(.httpRoutes, theirs)?["spec"] == others)
      }
    }

    /// Two who disagree do not go on for ever.
    @Test(.temporaryFolder) func anEditThatComesAgainIsLeftAlone() async throws {
      try await Self.run { cluster, _, _ in
        let rules = try await cluster.rules()
        for round in 0..<4 {
          try await cluster.edit(.httpRoutes, Edit.fewerRules.of(rules))
          if round < 3 { try await eventually { try await cluster.rules() == rules } }
        }
        try await Task.sleep(for: .milliseconds(500))
        #expect(try await cluster.rules().count == 1)
      }
    }

    @Test(.temporaryFolder) func anEditStaysWhereTheOperatorWantsIt() async throws {
      try await Self.run({ $0.foreignChanges = .hold }) { cluster, runtime, first in
        let rules = try await cluster.rules()
        try await cluster.edit(.httpRoutes, Edit.fewerRules.of(rules))
        try await eventually {
          try await runtime.observe()[cluster.name]?.generationInForce == nil
        }
        #expect(try await cluster.rules().count == 1)
        #expect(await runtime.countedPlaces.isEmpty, "what is so is not what was asked for")
        let second = try ClusterBench.revision("2")
        try await cluster.put(
          ClusterBench.plan(2, [(first, 500), (second, 500)]), on: runtime)
        #expect(try await cluster.rules().count == rules.count, "what is decided waits for nobody")
      }
    }

    /// A controller that has not been told that another one leads overwrites nothing of a higher generation, even when it is
    /// made to look.
    @Test(.temporaryFolder) func aHigherGenerationIsNeverOverwritten() async throws {
      // What the other one loads before its route is there drains in the eyes of this one.
      try await Self.run({ $0.drainTimeout = .seconds(60) }) { cluster, runtime, first in
        let second = try ClusterBench.revision("2")
        try await cluster.withRuntime { next in
          try await cluster.put(ClusterBench.plan(5, [(second, 1000)], loaded: [first]), on: next)
        }
        let rules = try await cluster.rules()
        for round in 0..<3 {
          try await cluster.edit(
            .httpRoutes, ["metadata": ["labels": ["round": .string("\(round)")]]])
          try await Task.sleep(for: .milliseconds(200))
        }
        await #expect(throws: ClusterRuntimeError.self) {
          try await runtime.apply(ClusterBench.plan(4, [(first, 1000)]), to: cluster.name)
        }
        #expect(try await cluster.rules() == rules)
        try await eventually {
          try await runtime.observe()[cluster.name]?.generationInForce == 5
        }
      }
    }

    /// An object with the same name that is somebody else's is left alone, and holds the deployment up.
    @Test(.temporaryFolder, arguments: [ResourceType.inferenceServices, .httpRoutes])
    func anotherOnesObjectIsLeftAlone(type: ResourceType) async throws {
      try await AnyCluster.run { cluster in
        let isRoute = type == .httpRoutes
        let name = cluster.objectName(isRoute ? "" : "-rev1")
        let spec: JSONValue =
          isRoute
          ? ["parentRefs": [["name": "models"]]]
          : ["predictor": ["model": ["modelFormat": ["name": "sklearn"]]]]
        try await cluster.make(["spec": spec], type, name)
        let before = try await cluster.said(of: type, name)
        try await cluster.withRuntime { runtime in
          let first = try ClusterBench.revision("1")
          try await runtime.apply(ClusterBench.plan(1, [(first, 1000)]), to: cluster.name)
          try await Task.sleep(for: .seconds(1))
          #expect(try await cluster.said(of: type, name) == before)
          #expect(try await runtime.observe()[cluster.name]?.generationInForce == nil)
        }
      }
    }
  }
}

extension AnyCluster {
  /// What those who write an object say in it: neither what a controller says of it, nor its version.
  fileprivate func said(of type: ResourceType, _ name: ObjectName) async throws -> [JSONValue?] {
    let object = try await object(type, name)
    let metadata = object?["metadata"]
    return [object?["spec"], metadata?["labels"], metadata?["annotations"], metadata?["uid"]]
  }
}
