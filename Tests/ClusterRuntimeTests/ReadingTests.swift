import Delivery
import Encoding
import Kubernetes
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// What is read back from objects: the next controller has nothing else.
@Suite struct ReadingTests {
  private static let routings: [Routing] = {
    let (one, two) = (Drawings.seven, Drawings.eight)
    let mirror = Plan.Share(revision: two.id, weight: PerMille(25))
    return [
      Routing(generation: 1, shares: Drawings.shares([(one, 1000)]), sampling: .none),
      Routing(generation: 9, shares: Drawings.shares([(one, 999), (two, 1)]), sampling: .none),
      Routing(
        generation: 2, shares: Drawings.shares([(one, 1000)]), mirror: mirror, sampling: .none),
      Routing(
        generation: 3, shares: Drawings.shares([(one, 1000)]),
        match: Plan.Match(revision: two.id, when: .preview), sampling: .none),
      Routing(
        generation: 4, shares: Drawings.shares([(one, 500), (two, 500)]), mirror: mirror,
        match: Plan.Match(revision: two.id, when: .preview), sampling: .none),
    ]
  }()

  @Test(arguments: [ClusterServing.kserve, .container(port: 8080)], [0, 1, 2, 3, 4])
  func aRouteSaysWhoAnswers(server: ClusterServing, index: Int) throws {
    let (settings, routing) = (Drawings.settings(server), Self.routings[index])
    for deployment in [Drawings.fraud, Drawings.iris] {
      let drawing = Drawings.route(deployment, settings, routing)
      let reading = RouteReading(entry: try Drawings.entry(drawing.object), settings: settings)
      let known = [Drawings.seven.id, Drawings.eight.id]
      let names = Drawings.names(deployment, settings)
      #expect(reading.routing(names, of: server, known: known) == routing)
      #expect(reading.slots == drawing.slots)
    }
  }

  private static func status(_ conditions: [(String, String, Int)]) -> JSONValue {
    let all = conditions.map { type, status, generation -> JSONValue in
      [
        "type": .string(type), "status": .string(status), "reason": "NotAllowedByListeners",
        "message": "no listener takes it", "observedGeneration": .number(generation),
      ]
    }
    let parent: JSONValue = ["name": "models", "namespace": "gateways"]
    return ["status": ["parents": [["parentRef": parent, "conditions": .array(all)]]]]
  }

  /// A route is in force once each gateway has said so of this version of it.
  @Test(
    arguments: [
      ([("Accepted", "True", 1), ("ResolvedRefs", "True", 1)], nil),
      ([("Accepted", "True", 0), ("ResolvedRefs", "True", 1)], "has not looked at the route yet"),
      ([("Accepted", "True", 1)], "has not looked at the route yet"),
      (
        [("Accepted", "False", 1), ("ResolvedRefs", "True", 1)],
        "says NotAllowedByListeners: no listener takes it"
      ),
      ([("Accepted", "True", 1), ("ResolvedRefs", "False", 1)], "says NotAllowedByListeners"),
      (
        [("Accepted", "True", 1), ("ResolvedRefs", "True", 1), ("PartiallyInvalid", "True", 1)],
        "says NotAllowedByListeners"
      ),
      (
        [("Accepted", "True", 1), ("ResolvedRefs", "True", 1), ("BackendsAvailable", "False", 1)],
        "says NotAllowedByListeners"
      ),
    ] as [([(String, String, Int)], String?)])
  func gatewaysAnswer(conditions: [(String, String, Int)], refusal: String?) throws {
    let settings = Drawings.settings(.kserve)
    let drawn = Drawings.route(Drawings.fraud, settings, Self.routings[0]).object
    let entry = try Drawings.entry(drawn, Self.status(conditions))
    let reading = RouteReading(entry: entry, settings: settings)
    #expect((reading.refusal == nil) == (refusal == nil))
    if let refusal {
      #expect(reading.refusal?.contains(refusal) == true, "\(reading.refusal ?? "")")
    }
    let other = RouteReading(entry: try Drawings.entry(drawn), settings: settings)
    #expect(other.refusal == "the gateway models has not answered for the route yet")
  }

  private static func readiness(
    _ server: ClusterServing, _ status: JSONValue, pods: [JSONValue] = [],
    scaling: ServerScaling = .serin
  ) throws -> Readiness {
    let settings = Drawings.settings(server)
    let drawing = RevisionDrawing(
      names: Drawings.names(Drawings.fraud, settings), settings: settings,
      revision: Drawings.eight, replicas: 2)
    let entry = try Drawings.entry(drawing.server, ["status": status])
    let pods = try pods.map { try pod($0) }
    return ServerReading(server: entry, pods: pods, kind: server, scaling: scaling).readiness
  }

  private static func pod(_ status: JSONValue) throws -> ClusterEntry {
    try Drawings.entry(
      DrawnObject(.pods, ObjectName("models", "p"), metadata: ["name": "p"], spec: [:]),
      ["status": status])
  }

  private static func conditions(_ all: [(String, String)]) -> JSONValue {
    .array(all.map { ["type": .string($0.0), "status": .string($0.1), "message": "why"] })
  }

  @Test func inferenceServices() throws {
    let ready = Self.conditions([("Ready", "True"), ("PredictorReady", "True")])
    let loaded: JSONValue = [
      "transitionStatus": "UpToDate", "states": ["activeModelState": "Loaded"],
    ]
    #expect(try Self.readiness(.kserve, ["conditions": ready, "modelStatus": loaded]) == .ready)
    #expect(try Self.readiness(.kserve, [:]) == .preparing("loading"))
    let loading: JSONValue = ["transitionStatus": "InProgress"]
    #expect(
      try Self.readiness(.kserve, ["conditions": ready, "modelStatus": loading])
        == .preparing("loading"))
    let failed: JSONValue = [
      "transitionStatus": "BlockedByFailedLoad",
      "lastFailureInfo": ["reason": "ModelLoadFailed", "message": "no\u{1B}[2J such\ntensor"],
    ]
    #expect(
      try Self.readiness(.kserve, ["modelStatus": failed])
        == .failed("ModelLoadFailed: no [2J such tensor"))
    let unready = Self.conditions([("Ready", "False"), ("PredictorReady", "False")])
    #expect(
      try Self.readiness(.kserve, ["conditions": unready])
        == .preparing("PredictorReady is false: why"))
  }

  @Test func containers() throws {
    let kind = ClusterServing.container(port: 8080)
    let ready: JSONValue = ["observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 2]
    #expect(try Self.readiness(kind, ready) == .ready)
    #expect(
      try Self.readiness(kind, ready.with("observedGeneration", 0))
        == .preparing("2 of 2 replicas are ready"))
    #expect(
      try Self.readiness(kind, ready.with("readyReplicas", 1))
        == .preparing("1 of 2 replicas are ready"))
    #expect(try Self.readiness(kind, ready.with("readyReplicas", 1), scaling: .others) == .ready)
    #expect(
      try Self.readiness(kind, ready.with("readyReplicas", 0), scaling: .others)
        == .preparing("0 of 1 replicas are ready"))
    let stuck: JSONValue = [
      "conditions": [
        [
          "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
          "message": "timed out progressing",
        ]
      ]
    ]
    #expect(try Self.readiness(kind, stuck) == .failed("timed out progressing"))
  }

  /// Whoever may write in the namespace writes what it likes: numbers after it must fit, too.
  @Test(
    arguments: [
      ("9", 9), ("9223372036854775807", nil), ("-1", nil),
      ("9007199254740992", 9_007_199_254_740_992),
      ("9007199254740993", nil), ("x", nil),
    ] as [(String, Int?)])
  func generationsAreBounded(text: String, generation: Int?) {
    #expect(RouteReading.generation(text) == generation)
  }

  /// A wrong digest is final and has its reason; what may still come is waited for, in the cluster's words.
  @Test func podsSayWhy() throws {
    func fetch(_ code: Int) -> JSONValue {
      [
        "initContainerStatuses": [
          [
            "name": "serin-fetch", "restartCount": 1,
            "state": ["waiting": ["reason": "CrashLoopBackOff", "message": "back-off"]],
            "lastState": [
              "terminated": [
                "exitCode": .number(code), "reason": "Error",
                "message": """
                09:05:46 warning: an artifact is not what its manifest names  digest=sha256:ca3d
                error: verify the artifact: it has another digest
                """,
              ]
            ],
          ]
        ]
      ]
    }
    let kind = ClusterServing.container(port: 8080)
    #expect(
      try Self.readiness(kind, [:], pods: [fetch(65)])
        == .failed("verify the artifact: it has another digest"))
    #expect(
      try Self.readiness(kind, [:], pods: [fetch(69)])
        == .preparing("CrashLoopBackOff: verify the artifact: it has another digest"))
    func server(_ restarts: Int, isReady: Bool = false) -> JSONValue {
      [
        "containerStatuses": [
          [
            "name": "server", "ready": .bool(isReady), "restartCount": .number(restarts),
            "state": ["running": [:]],
            "lastState": [
              "terminated": [
                "exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-11-30T04:05:06Z",
              ]
            ],
          ]
        ]
      ]
    }
    #expect(
      try Self.readiness(kind, [:], pods: [server(2)]) == .preparing("0 of 2 replicas are ready"))
    #expect(
      try Self.readiness(kind, [:], pods: [server(3)])
        == .failed("the server ended 3 times, OOMKilled (exit code 137)"))
    #expect(
      try Self.readiness(kind, [:], pods: [server(3, isReady: true)])
        == .preparing("0 of 2 replicas are ready"), "it has overcome that")
    let full: JSONValue = [
      "conditions": [
        ["type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"]
      ]
    ]
    #expect(
      try Self.readiness(kind, [:], pods: [full])
        == .preparing("no place: 0/3 nodes are available"))
    let crash = try #require(PodReading(try Self.pod(server(2))).ends)
    #expect(crash.count == 2)
  }
}
