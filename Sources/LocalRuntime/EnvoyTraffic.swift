import Rollouts
import Manifests

// The part of Envoy's configuration that changes: which servers there are, and who answers.
extension EnvoyConfiguration {
  /// One cluster for each model server.
  package func clusters(_ clusters: [EnvoyCluster]) -> EnvoyDocument {
    let sorted = clusters.sorted { $0.key < $1.key }
    return EnvoyDocument(.clusters, resources: sorted.map(cluster))
  }

  /// Limits far beyond what one model server answers: Envoy's default of 1024 would turn a burst
  /// into errors that the model did not make.
  private func cluster(_ cluster: EnvoyCluster) -> JSONValue {
    let name = JSONValue.string(cluster.key.description)
    let endpoint: JSONValue = ["endpoint": ["address": Self.address("127.0.0.1", cluster.port)]]
    return [
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": name,
      "type": "STATIC",
      "connect_timeout": "1s",
      "typed_extension_protocol_options": .object([Self.httpOptions: connectionOptions]),
      "load_assignment": ["cluster_name": name, "endpoints": [["lb_endpoints": [endpoint]]]],
      "circuit_breakers": [
        "thresholds": [
          [
            "max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000,
          ]
        ]
      ],
    ]
  }

  private static let httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

  /// One request for each connection, or connections that end before the server ends them: uvicorn
  /// does after five idle seconds.
  private var connectionOptions: JSONValue {
    let limit: JSONValue =
      settings.keepsServerConnections
      ? ["idle_timeout": "3s"] : ["max_requests_per_connection": 1]
    return [
      "@type": .string("type.googleapis.com/\(Self.httpOptions)"),
      "common_http_protocol_options": limit,
      "explicit_http_config": ["http_protocol_options": [:]],
    ]
  }

  /// The routes of every deployment, and an answer for everybody else; nothing is captured without
  /// a lease.
  package func routes(_ routes: [EnvoyRoute], lease: CaptureLease? = nil) -> EnvoyDocument {
    let sorted = routes.sorted { $0.deployment < $1.deployment }
    var host: [String: JSONValue] = ["name": .string(Self.routeTable), "domains": ["*"]]
    if let lease, let matcher = sampling(sorted, lease) {
      host["matcher"] = matcher
    } else {
      host["routes"] = list(sorted) { _ in nil }
    }
    let table: JSONValue = [
      "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
      "name": .string(Self.routeTable),
      "validate_clusters": true,
      "virtual_hosts": [.object(host)],
    ]
    return EnvoyDocument(.routes, resources: [table])
  }

  /// Returns every route in the order in which Envoy tries them.
  ///
  /// - Parameters:
  ///   - routes: Of the deployments, sorted.
  ///   - lease: Returns by which lease a route captures; nil when it does not.
  /// - Returns: Them, and the answer for everybody else.
  func list(_ routes: [EnvoyRoute], lease: (EnvoyRoute) -> CaptureLease?) -> JSONValue {
    .array(routes.flatMap { entries(of: $0, lease($0)) } + [Self.notFound])
  }

  /// A deployment answers under its namespace; one of the default namespace also without it, as
  /// clients of a single model server ask.
  private func entries(of route: EnvoyRoute, _ lease: CaptureLease?) -> [JSONValue] {
    let own = "/v2/models/\(route.deployment.name)"
    let prefix = "/\(route.deployment.namespace)\(own)"
    var entries = [entry(route, prefix: prefix, rewrite: own)]
    if route.deployment.namespace == "default" {
      entries.append(entry(route, prefix: own, rewrite: nil))
    }
    guard let lease else { return entries.map { .object($0) } }
    let capture = ["typed_per_filter_config": Self.capture(lease)]
    return entries.map { .object($0.merging(capture) { $1 }) }
  }

  private func entry(
    _ route: EnvoyRoute, prefix: String, rewrite: String?
  ) -> [String: JSONValue] {
    var members: [String: JSONValue] = ["match": ["path_separated_prefix": .string(prefix)]]
    let shares = route.shares.filter { $0.weight > .none }
    guard !shares.isEmpty else {
      members.merge(
        Self.answer(503, "no revision of \(route.deployment) is ready"), uniquingKeysWith: { $1 })
      return members
    }
    // No retries: the second server's answer would hide the first one's error.
    var action: [String: JSONValue] = ["timeout": Self.seconds(settings.requestTimeout)]
    if let rewrite { action["prefix_rewrite"] = .string(rewrite) }
    if shares.count == 1 {
      action["cluster"] = Self.name(route, shares[0])
      members["response_headers_to_add"] = Self.headers(shares[0])
    } else {
      action["weighted_clusters"] = ["clusters": .array(shares.map { Self.weighted(route, $0) })]
    }
    members["route"] = .object(action)
    return members
  }

  private static func weighted(_ route: EnvoyRoute, _ share: EnvoyRoute.Share) -> JSONValue {
    [
      "name": name(route, share),
      "weight": .number(share.weight.value),
      "response_headers_to_add": headers(share),
    ]
  }

  private static func name(_ route: EnvoyRoute, _ share: EnvoyRoute.Share) -> JSONValue {
    .string(ServerKey(route.deployment, share.revision).description)
  }

  /// Which revision answered; a version that no header can carry is left out.
  private static func headers(_ share: EnvoyRoute.Share) -> JSONValue {
    let revision = header("serin-revision", share.revision.description)
    guard share.version.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return [revision] }
    return [revision, header("serin-model-version", share.version)]
  }

  private static func header(_ name: String, _ value: String) -> JSONValue {
    // Envoy expands %…% in a value.
    let value = value.split(separator: "%", omittingEmptySubsequences: false).joined(
      separator: "%%")
    return [
      "header": ["key": .string(name), "value": .string(value)],
      "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    ]
  }

  private static var notFound: JSONValue {
    .object(
      answer(404, "no such model").merging(["match": ["prefix": "/"]], uniquingKeysWith: { $1 }))
  }

  /// An answer of Envoy's own, in the words of the V2 protocol.
  private static func answer(_ status: Int, _ message: String) -> [String: JSONValue] {
    let body = JSONValue.object(["error": .string(message)]).canonical + "\n"
    return [
      "direct_response": ["status": .number(status), "body": ["inline_string": .string(body)]],
      "response_headers_to_add": [header("content-type", "application/json")],
    ]
  }
}
