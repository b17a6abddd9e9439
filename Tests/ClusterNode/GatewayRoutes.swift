import Encoding

/// What an HTTPRoute makes of Envoy's configuration.
struct GatewayRoutes {
  let route: JSONValue
  /// By what its clients are hashed: `consistentHash` of a policy; nil when they are not.
  var hashed: JSONValue?
  /// The ports of what is ready behind a Service.
  let endpoints: (_ service: String) -> [Int]

  private var name: String {
    let metadata = route["metadata"]
    return "httproute/\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? "")"
  }

  private var rules: [(index: Int, rule: JSONValue)] {
    (route["spec"]?["rules"]?.items ?? []).enumerated().map { ($0.offset, $0.element) }
  }

  private func mirrors(_ rule: JSONValue) -> [(index: Int, mirror: JSONValue)] {
    (rule["filters"]?.items ?? []).enumerated().compactMap { place, filter in
      filter["requestMirror"].map { (place, $0) }
    }
  }

  // MARK: Clusters

  var clusters: [JSONValue] {
    rules.flatMap { index, rule in
      (rule["backendRefs"]?.items ?? []).enumerated().map { place, backend in
        cluster("\(name)/rule/\(index)/backend/\(place)", backend)
      }
        + mirrors(rule).map { place, mirror in
          cluster("\(name)/rule/\(index)-mirror-\(place)", mirror["backendRef"] ?? .null)
        }
    }
  }

  private func cluster(_ name: String, _ backend: JSONValue) -> JSONValue {
    let ports = endpoints(backend["name"]?.string ?? "")
    return [
      "lb_policy": hashed == nil ? "ROUND_ROBIN" : "MAGLEV",
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": .string(name),
      "connect_timeout": "1s", "type": "STATIC",
      "typed_extension_protocol_options": [
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": [
          "@type":
            "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          "common_http_protocol_options": ["max_requests_per_connection": 1],
          "explicit_http_config": ["http_protocol_options": [:]],
        ]
      ],
      "load_assignment": [
        "cluster_name": .string(name),
        "endpoints": [
          [
            "lb_endpoints": .array(
              ports.map { ["endpoint": ["address": Gateway.address($0)]] })
          ]
        ],
      ],
    ]
  }

  // MARK: Routes

  /// The routes, each with how much it demands: of two that match, a gateway takes the one that demands more.
  var routes: [(demands: Int, route: JSONValue)] {
    rules.flatMap { index, rule in
      (rule["matches"]?.items ?? []).map { (demands($0), self.route(index, rule, $0)) }
    }
  }

  private func demands(_ match: JSONValue) -> Int {
    let path = match["path"]?["value"]?.string ?? ""
    let isExact = match["path"]?["type"]?.string == "Exact"
    let headers = match["headers"]?.items.count ?? 0
    return (isExact ? 1_000_000 : 0) + path.utf8.count * 1000 + (match["method"] == nil ? 0 : 100)
      + headers
  }

  private func route(_ index: Int, _ rule: JSONValue, _ match: JSONValue) -> JSONValue {
    var split: [String: JSONValue] = ["clusters": .array(weighted(index, rule))]
    var action: [String: JSONValue] = ["timeout": "60s"]
    if !hashes.isEmpty {
      // As Envoy Gateway does since 1.9: before, a hash chose a server of a backend, and no backend.
      split["use_hash_policy"] = true
      action["hash_policy"] = .array(hashes)
    }
    action["weighted_clusters"] = .object(split)
    let mirrors = mirrors(rule)
    if !mirrors.isEmpty {
      action["request_mirror_policies"] = .array(mirrors.map { policy(index, $0.index, $0.mirror) })
    }
    if let path = (rule["filters"]?.items ?? []).compactMap({ $0["urlRewrite"]?["path"] }).first {
      action["prefix_rewrite"] = path["replaceFullPath"] ?? path["replacePrefixMatch"]
    }
    return ["match": .object(matcher(match)), "route": .object(action)]
  }

  private var hashes: [JSONValue] {
    switch hashed?["type"] {
    case "Headers":
      (hashed?["headers"]?.items ?? []).map { ["header": ["header_name": $0["name"] ?? .null]] }
    case "Cookie": [["cookie": ["name": hashed?["cookie"]?["name"] ?? .null]]]
    default: []
    }
  }

  private func matcher(_ match: JSONValue) -> [String: JSONValue] {
    let isExact = match["path"]?["type"]?.string == "Exact"
    var headers = (match["headers"]?.items ?? []).map { header -> JSONValue in
      ["name": header["name"] ?? .null, "string_match": ["exact": header["value"] ?? .null]]
    }
    if let method = match["method"] {
      headers.append(["name": ":method", "string_match": ["exact": method]])
    }
    return [
      isExact ? "path" : "path_separated_prefix": match["path"]?["value"] ?? .null,
      "headers": .array(headers),
    ]
  }

  private func weighted(_ index: Int, _ rule: JSONValue) -> [JSONValue] {
    (rule["backendRefs"]?.items ?? []).enumerated().compactMap { place, backend in
      let headers = (backend["filters"]?.items ?? []).flatMap {
        $0["responseHeaderModifier"]?["set"]?.items ?? []
      }
      return [
        "name": .string("\(name)/rule/\(index)/backend/\(place)"),
        "weight": backend["weight"] ?? 1,
        "response_headers_to_add": .array(
          headers.map {
            ["header": ["key": $0["name"] ?? .null, "value": $0["value"] ?? .null]]
          }),
      ]
    }
  }

  private func policy(_ index: Int, _ place: Int, _ mirror: JSONValue) -> JSONValue {
    let numerator = mirror["fraction"]?["numerator"]?.integer ?? 100
    let denominator = mirror["fraction"]?["denominator"]?.integer ?? 100
    return [
      "cluster": .string("\(name)/rule/\(index)-mirror-\(place)"),
      "runtime_fraction": [
        "default_value": [
          "numerator": .number(numerator * 1_000_000 / denominator), "denominator": "MILLION",
        ]
      ],
    ]
  }
}
