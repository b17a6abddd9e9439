import Encoding
import HTTP
import Inferences
import Kubernetes
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// Which pods are asked, and where.
@Suite struct ServingPodTests {
  private static func pod(
    _ containers: JSONValue, status: JSONValue = [:], metadata: JSONValue = [:]
  ) throws -> ClusterEntry {
    let ready: JSONValue = [
      "podIP": "10.244.0.11", "conditions": [["type": "Ready", "status": "True"]],
    ]
    return try Drawings.entry(
      DrawnObject(
        .pods, ObjectName("models", "p"), metadata: ["name": "p"],
        spec: ["containers": containers]),
      ["status": ready.merged(with: status), "metadata": metadata])
  }

  private static let container = ClusterServing.container(port: 9001)

  /// The port is the model server's own, whatever stands beside it in the pod, or before it.
  @Test(
    arguments: [
      (.kserve, [["name": "kserve-container"]], 8080),
      (.kserve, [["name": "kserve-container", "ports": [["containerPort": 8085]]]], 8085),
      (
        .kserve,
        [
          ["name": "agent", "ports": [["containerPort": 9081]]],
          ["name": "kserve-container", "ports": [["containerPort": 8085]]],
        ], 8085
      ),
      (
        .kserve,
        [
          [
            "name": "kserve-container",
            "ports": [
              ["name": "metrics", "containerPort": 8002], ["name": "http1", "containerPort": 8000],
            ],
          ]
        ], 8000
      ),
      (container, [["name": "server"]], 9001),
      (
        container,
        [["name": "istio-proxy", "ports": [["containerPort": 15090]]], ["name": "server"]], 9001
      ),
      (container, [["name": "triton", "ports": [["containerPort": 8000]]]], 8000),
      (
        container,
        [
          [
            "name": "server",
            "ports": [
              ["containerPort": 0], ["containerPort": 70000],
              ["containerPort": 53, "protocol": "UDP"], ["containerPort": "80"],
              ["containerPort": 8081],
            ],
          ]
        ], 8081
      ),
    ] as [(ClusterServing, JSONValue, Int)])
  func ports(kind: ClusterServing, containers: JSONValue, port: Int) throws {
    let pod = try #require(ServingPod(try Self.pod(containers), of: kind))
    #expect(pod.port == port)
    #expect(pod.name == "p" && pod.address == "10.244.0.11")
  }

  /// Only a pod that is ready, and stays, is asked; and again when its server has started anew.
  @Test func whoIsAsked() throws {
    let containers: JSONValue = [["name": "server"]]
    func read(_ status: JSONValue, _ metadata: JSONValue = [:]) throws -> ServingPod? {
      ServingPod(try Self.pod(containers, status: status, metadata: metadata), of: Self.container)
    }
    #expect(try read([:])?.life == ServingPod.Life(pod: "u", restarts: 0))
    let statuses: JSONValue = [
      ["name": "istio-proxy", "restartCount": 7], ["name": "server", "restartCount": 2],
    ]
    #expect(try read(["containerStatuses": statuses])?.life.restarts == 2)
    #expect(try read([:], ["deletionTimestamp": "2026-11-30T04:05:06Z"]) == nil)
    let unready: JSONValue = [["type": "Ready", "status": "False"]]
    let pod = try Drawings.entry(
      DrawnObject(
        .pods, ObjectName("models", "p"), metadata: ["name": "p"],
        spec: ["containers": containers]), ["status": ["conditions": unready]])
    #expect(ServingPod(pod, of: Self.container) == nil)
    #expect(ServingPod(try Self.pod([]), of: Self.container) == nil)
  }

  /// An address is a number that a pod can have: no name, nothing of this machine, no link, no group.
  @Test(
    arguments: [
      ("10.244.0.11", "10.244.0.11"), ("fd00::11", "[fd00::11]"), ("203.0.113.9", "203.0.113.9"),
      ("", nil), ("kubernetes.default.svc", nil), ("localhost", nil), ("10.244.0.11:8080", nil),
      ("10.244.0.11/x", nil), ("1@10.244.0.11", nil), ("010.244.0.11", nil), ("167772161", nil),
      ("0.0.0.0", nil), ("127.0.0.1", nil), ("169.254.169.254", nil), ("224.0.0.1", nil),
      ("255.255.255.255", nil), ("::", nil), ("::1", nil), ("fe80::1", nil), ("fe80::1%eth0", nil),
      ("ff02::1", nil), ("::ffff:127.0.0.1", nil), ("::ffff:10.0.0.1", nil), ("[fd00::11]", nil),
    ] as [(String, String?)])
  func addresses(text: String, host: String?) {
    #expect(PodAddress(text, takesLoopback: false)?.host == host)
  }

  /// Where the cluster is on this machine its pods are, too.
  @Test func loopback() {
    #expect(PodAddress("127.0.0.1", takesLoopback: true)?.host == "127.0.0.1")
    #expect(PodAddress("::1", takesLoopback: true)?.host == "[::1]")
    for text in ["::", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1"] {
      #expect(PodAddress(text, takesLoopback: true) == nil)
    }
  }

  private static func question(_ pod: ServingPod, takesLoopback: Bool) -> PodQuestion {
    PodQuestion(
      request: SmokeRequest(body: "{}", expected: nil),
      model: PodModel(pod: pod, name: "fraud", takesLoopback: takesLoopback), timeout: .seconds(3))
  }

  /// A pod is sent the manifest's request, and nothing of Serin's: no credentials, and it goes by no proxy.
  @Test func aQuestionCarriesNothingElse() throws {
    let pod = try #require(ServingPod(try Self.pod([["name": "server"]]), of: Self.container))
    let request = try Self.question(pod, takesLoopback: false).httpRequest()
    #expect(request.url == "http://10.244.0.11:9001/v2/models/fraud/infer")
    #expect(request.method == "POST" && request.body == Array("{}".utf8))
    #expect(request.headers.map(\.name) == ["content-type"])
    #expect(request.proxy == "" && request.timeout == .seconds(3))
  }

  /// An address that no pod has is not asked, and said as it is written, on one line.
  @Test func aStrangeAddressIsSaid() async throws {
    let entry = try Self.pod([["name": "server"]], status: ["podIP": "metadata\n\u{1B}[2J"])
    let pod = try #require(ServingPod(entry, of: Self.container))
    #expect(
      await Self.question(pod, takesLoopback: true).ask(by: HTTPClient())
        == .unanswered(
          "pod p at metadata  [2J:9001 has not answered a smoke inference: its address is none that a"
            + " pod has; see whether a NetworkPolicy or a mesh keeps Serin from it"))
  }
}
