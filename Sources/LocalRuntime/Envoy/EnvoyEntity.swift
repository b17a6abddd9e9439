import Control
import Encoding
import Rollouts

// Clients that stay with a revision by a field of what they ask.
//
// Envoy draws a share by headers alone. So the body of such a request is read before it is sent on, what the field
// holds becomes a header that no client can set and no server sees, and the revision is drawn anew.
extension EnvoyConfiguration {
  /// The header of the field's value, as base64: a text of JSON may hold what no header can.
  private static let entityHeader = "serin-entity"
  private static let fieldName = "serin.field"
  private static let entityName = "serin.entity"
  private static let filters = "type.googleapis.com/envoy.extensions.filters.http"

  /// The longest body that is read, in bytes.
  ///
  /// Less than Envoy keeps of a connection, or it would refuse the request; and little, since one connection may hold a
  /// hundred that never end.
  package static let longestRead = connectionBuffer / 4

  /// In the way of those requests alone whose body is read.
  static let entityFilters: [JSONValue] = [
    [
      "name": .string(fieldName), "disabled": true,
      // What is looked for, each route says: without any rule Envoy takes no filter.
      "typed_config": field(of: ["parameters"]),
    ],
    [
      "name": .string(entityName), "disabled": true,
      "typed_config": [
        "@type": .string("\(luaType).Lua"), "stat_prefix": "entity",
        "default_source_code": ["inline_string": .string(script)],
      ],
    ],
  ]

  /// Removes what a client calls so, before anything is drawn by it.
  static let noEntityOfClients: JSONValue = {
    let mutation = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    return [
      "name": "envoy.http.early_header_mutation.header_mutation",
      "typed_config": [
        "@type": .string("type.googleapis.com/\(mutation)"),
        "mutations": [["remove": .string(entityHeader)]],
      ],
    ]
  }()

  /// By which header a share is drawn.
  static func drawnBy(_ affinity: Affinity) -> String? {
    switch affinity {
    case .header(let name): name
    case .json: entityHeader
    case .cookie: nil
    }
  }

  /// Returns the same route for requests whose body is read first; nothing where none is to be.
  ///
  /// A body that is too long, or of which nobody knows how long it is, is not read, and such a request goes anywhere:
  /// Envoy would refuse what outgrows its buffer, which it passes on otherwise.
  static func read(
    _ inference: [String: JSONValue], of route: EnvoyRoute, isCaptured: Bool
  ) -> [JSONValue] {
    // Where a header chooses, whose requests these are is asked of those alone that are captured.
    guard case .json(let path)? = route.affinity,
      isCaptured && route.match != nil || route.shares.count(where: { $0.weight > .none }) > 1,
      case .object(let match)? = inference["match"], case .array(let headers)? = match["headers"]
    else { return [] }
    let isShort: JSONValue = [
      "name": "content-length", "range_match": ["start": 1, "end": .number(longestRead + 1)],
    ]
    var filters: [String: JSONValue] = [
      fieldName: field(of: path),
      entityName: ["@type": .string("\(luaType).LuaPerRoute"), "filter_context": [:]],
    ]
    if case .object(let others)? = inference["typed_per_filter_config"] {
      filters.merge(others) { $1 }
    }
    let entry = inference.with("match", .object(match.with("headers", .array(headers + [isShort]))))
      .with("typed_per_filter_config", .object(filters))
      .with("request_headers_to_remove", [.string(entityHeader)])
    return [.object(entry)]
  }

  /// Keeps what a field of a JSON object holds, whatever the request calls its body: so do the servers.
  private static func field(of path: [String]) -> JSONValue {
    [
      "@type": .string("\(filters).json_to_metadata.v3.JsonToMetadata"),
      "request_rules": [
        "rules": [
          [
            "selectors": .array(path.map { ["key": .string($0)] }),
            "on_present": ["metadata_namespace": .string(fieldName), "key": "value"],
          ]
        ],
        "allow_content_types_regex": ["regex": ".*"],
        "allow_empty_content_type": true,
      ],
    ]
  }

  /// Texts and numbers name an entity, and nothing else does.
  ///
  /// A number is written as people write it, so that feedback can name the same entity; one beyond 2^53 has lost
  /// digits when it comes here.
  private static let script = """
    function envoy_on_request(handle)
      local metadata = handle:streamInfo():dynamicMetadata()
      local found = metadata:get("\(fieldName)")
      local value = found and found["value"]
      if type(value) == "number" then
        local isWhole = value % 1 == 0 and math.abs(value) < 2 ^ 53
        value = string.format(isWhole and "%.0f" or "%.17g", value)
      end
      if type(value) ~= "string" or #value == 0 then return end
      if #value > \(PayloadEvent.longestEntity) then return end
      metadata:set("\(entityName)", "value", value)
      handle:headers():replace("\(entityHeader)", handle:base64Escape(value))
      handle:clearRouteCache()
    end
    """

  /// Of a captured request, in the language of the filter that captures.
  static let entityOfBody = """
    local function entityOfBody(handle)
      local found = handle:streamInfo():dynamicMetadata():get("\(entityName)")
      return found and found["value"] or ""
    end


    """
}
