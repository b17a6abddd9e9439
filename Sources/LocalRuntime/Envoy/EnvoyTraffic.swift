import Rollouts
import Encoding

// The part of Envoy's configuration that changes: which servers there are, and who answers.
extension EnvoyConfiguration {
  /// Two clusters for each model server, so that its inferences are counted apart, and one more on the way of its copies
  /// when it gets any; the Envoy of copies has one cluster for each server that does.
  package func clusters(_ clusters: [EnvoyCluster]) -> EnvoyDocument {
    let sorted = clusters.sorted { $0.key < $1.key }
    return EnvoyDocument(
      .clusters,
      resources: sorted.flatMap { server in
        switch role {
        case .clients:
          RequestKind.allCases.map { cluster(server, $0) }
            + (server.isMirrored ? [copyCluster(server.key)] : [])
        case .copies: server.isMirrored ? [cluster(server, .inferences)] : []
        }
      })
  }

  /// Limits far beyond what one model server answers: Envoy's default of 1024 would turn a burst
  /// into errors that the model did not make, and its default of three retries at once a killed server.
  private func cluster(_ cluster: EnvoyCluster, _ kind: RequestKind) -> JSONValue {
    let name = JSONValue.string(cluster.key.cluster(of: kind))
    let endpoints = cluster.addresses.map { address -> JSONValue in
      ["endpoint": ["address": Self.address(address)]]
    }
    let definition: [String: JSONValue] = [
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": name,
      "type": "STATIC",
      "connect_timeout": "1s",
      "typed_extension_protocol_options": .object([Self.httpOptions: connectionOptions]),
      "load_assignment": [
        "cluster_name": name, "endpoints": [["lb_endpoints": .array(endpoints)]],
      ],
      "circuit_breakers": [
        "thresholds": [
          [
            "max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000,
            "max_retries": 100_000,
          ]
        ]
      ],
    ]
    guard cluster.addresses.count > 1 else { return .object(definition) }
    return .object(definition.merging(replicas(of: cluster.key)) { $1 })
  }

  private static func address(_ address: ServerAddress) -> JSONValue {
    switch address {
    case .port(let port): Self.address("127.0.0.1", port)
    case .socket(let path): ["pipe": ["path": .string(path)]]
    case .closed: ["pipe": ["path": .string(ServerAddress.closedPath)]]
    }
  }

  static let httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

  /// One request for each connection, or connections that end before the server ends them: uvicorn
  /// does after five idle seconds.
  private var connectionOptions: JSONValue {
    let limit: JSONValue =
      setup.keepsServerConnections
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
      "response_headers_to_add": [Self.clientIDHeader("x-client-request-id")],
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
    .array(
      routes.flatMap { entries(of: $0, lease($0)) } + serverEntries(routes) + [Self.notFound])
  }
}
