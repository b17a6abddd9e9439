import Encoding

extension APIType {
  /// Envoy Gateway's BackendTrafficPolicy, as far as it says by what clients are hashed: the names, the words and the default
  /// are its own, and anything else is an unknown field.
  static let hashPolicies = APIType.custom(
    group: "gateway.envoyproxy.io", version: "v1alpha1", kind: "BackendTrafficPolicy",
    plural: "backendtrafficpolicies",
    spec: object([
      "targetRefs": [
        "type": "array",
        "items": object(
          ["group": text, "kind": text, "name": text, "sectionName": text],
          required: ["group", "kind", "name"]),
      ],
      "mergeType": word(["StrategicMerge", "JSONMerge"]), "loadBalancer": loadBalancer,
    ]))

  private static let loadBalancer = object(
    [
      "type": word(["ConsistentHash", "LeastRequest", "Random", "RoundRobin"]),
      "consistentHash": object(
        [
          "type": word(["SourceIP", "Header", "Headers", "Cookie", "QueryParams"]),
          "headers": ["type": "array", "items": object(["name": text], required: ["name"])],
          "cookie": object(["name": text, "ttl": text], required: ["name"]),
          "tableSize": ["type": "integer", "minimum": 2, "maximum": 5_000_011, "default": 65_537],
        ], required: ["type"]),
    ], required: ["type"])

  private static let text: JSONValue = ["type": "string", "minLength": 1]

  private static func word(_ words: [JSONValue]) -> JSONValue {
    ["type": "string", "enum": .array(words)]
  }

  private static func object(
    _ properties: [String: JSONValue], required: [JSONValue] = []
  ) -> JSONValue {
    ["type": "object", "properties": .object(properties), "required": .array(required)]
  }
}
