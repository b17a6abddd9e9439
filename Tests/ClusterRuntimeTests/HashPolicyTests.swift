import Encoding
import Golden
import Manifests
import Rollouts
import Testing

@testable import ClusterRuntime

/// The policy by which a gateway hashes clients, as it is written and as it is read back.
@Suite struct HashPolicyTests {
  private static let settings = Drawings.settings(.kserve)

  private static func drawn(_ affinity: Affinity) -> DrawnObject? {
    HashPolicyDrawing(names: Drawings.names(Drawings.fraud, settings), affinity: affinity).object
  }

  @Test(arguments: [
    ("header", Affinity.header(name: "x-user")), ("cookie", .cookie(name: "session")),
  ])
  func aPolicy(name: String, affinity: Affinity) throws {
    let drawn = try #require(Self.drawn(affinity))
    try expectGolden(drawn.json.indented + "\n", "policy-\(name).json")
  }

  @Test func aFieldOfTheBodyIsHashedByNoGateway() {
    #expect(Self.drawn(.json(path: ["user"])) == nil)
  }

  /// What gateways say: which one, of which listener, of which version of the policy, and what.
  private struct Said: Sendable {
    var gateway = "models"
    var listener: String?
    var generation = 1
    var condition = "Accepted"
    var status = "True"

    var json: JSONValue {
      var reference: [String: JSONValue] = [
        "name": .string(gateway), "namespace": "gateways", "kind": "Gateway",
      ]
      reference["sectionName"] = listener.map(JSONValue.string)
      return [
        "ancestorRef": .object(reference),
        "conditions": [
          [
            "type": .string(condition), "status": .string(status), "reason": "Conflicted",
            "message": "another one has attached to it", "observedGeneration": .number(generation),
          ]
        ],
      ]
    }
  }

  private static let statuses: [(said: [Said], refusal: String?)] = [
    ([], "has not looked at the policy yet"),
    ([Said()], nil),
    ([Said(generation: 0)], "has not looked at the policy yet"),
    ([Said(gateway: "others")], "has not looked at the policy yet"),
    ([Said(listener: "https")], "has not looked at the policy yet"),
    ([Said(status: "False")], "models says Conflicted: another one has attached to it"),
    // With the operator's policy it is merged for each listener, and one of them may not bear it.
    ([Said(), Said(listener: "https", condition: "Merged")], nil),
    ([Said(), Said(listener: "https", status: "False")], "models says Conflicted"),
    ([Said(), Said(condition: "Overridden")], "models says Conflicted"),
    ([Said(), Said(generation: 0, condition: "Overridden")], nil),
    ([Said(), Said(gateway: "others", status: "False")], nil),
  ]

  @Test(arguments: statuses.indices) func aPolicyIsTakenWhenItsGatewaysSaySo(index: Int) throws {
    let (said, refusal) = Self.statuses[index]
    let drawn = try #require(Self.drawn(.header(name: "x-user")))
    let entry = try Drawings.entry(
      drawn, ["status": ["ancestors": .array(said.map(\.json))]])
    let reading = HashPolicyReading(entry: entry, settings: Self.settings)
    guard let refusal else { return #expect(reading.refusal == nil) }
    #expect(reading.refusal?.contains(refusal) == true, "\(String(describing: reading.refusal))")
    #expect(reading.isRefused == refusal.contains("says"))
  }
}
