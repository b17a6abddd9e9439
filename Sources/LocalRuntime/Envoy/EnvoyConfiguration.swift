import Crypto
import Foundation
import Manifests
package import Rollouts
package import Encoding

/// A document that Envoy reads, and the name by which it says that it has taken it.
package struct EnvoyDocument: Equatable, Sendable {
  /// What Envoy calls discovery services: listeners, clusters, routes.
  package enum Kind: String, CaseIterable, Sendable, CustomStringConvertible {
    case clusters = "cds"
    case listeners = "lds"
    case routes = "rds"

    package var description: String { rawValue }

    /// The prefix of the statistics that tell what became of a document.
    package var statistics: String {
      switch self {
      case .clusters: "cluster_manager.cds"
      case .listeners: "listener_manager.lds"
      case .routes: "http.ingress.rds.\(EnvoyConfiguration.routeTable)"
      }
    }
  }

  package let kind: Kind
  package let version: String
  package let text: String

  package init(_ kind: Kind, resources: [JSONValue]) {
    let hash = SHA256.hash(data: Data(JSONValue.array(resources).indentedFile.utf8))
    self.kind = kind
    // Sixty-four bits tell apart what one Envoy ever reads, and fit a line of a log.
    version = hash.prefix(8).map(\.hexadecimal).joined()
    text =
      JSONValue.object(["version_info": .string(version), "resources": .array(resources)])
      .indentedFile
  }
}

/// The model servers of one revision as Envoy sees them.
package struct EnvoyCluster: Equatable, Sendable {
  package let key: ServerKey
  /// One for each replica.
  package let addresses: [ServerAddress]
  /// Whether it gets copies of requests.
  package let isMirrored: Bool

  package init(key: ServerKey, addresses: [ServerAddress], isMirrored: Bool = false) {
    self.key = key
    self.addresses = addresses
    self.isMirrored = isMirrored
  }
}

/// Who answers the requests of one deployment.
package struct EnvoyRoute: Equatable, Sendable {
  /// One revision's part.
  package struct Share: Equatable, Sendable, Codable {
    package let revision: Revision.ID
    package let version: String
    package let weight: PerMille

    package init(revision: Revision.ID, version: String, weight: PerMille) {
      self.revision = revision
      self.version = version
      self.weight = weight
    }
  }

  /// Who answers the requests that carry a header.
  package struct Match: Equatable, Sendable, Codable {
    package let revision: Revision.ID
    package let version: String
    package let when: HeaderMatch

    package init(revision: Revision.ID, version: String, when: HeaderMatch) {
      self.revision = revision
      self.version = version
      self.when = when
    }
  }

  /// What a client of the whole namespace is told of a deployment.
  package enum Presence: Equatable, Sendable {
    case answering, silent
    /// It was removed, and is missed by nobody.
    case gone
  }

  package let deployment: DeploymentName
  /// None when no revision may answer.
  package let shares: [Share]
  /// Who gets copies of inferences.
  package let mirror: Share?
  /// Of which share of the inferences.
  package let copied: Ratio
  /// Who answers the requests that carry a header, before any share of them is drawn.
  package let match: Match?
  /// How many requests are captured, of every share alike.
  package let sampling: PerMille
  package let presence: Presence
  /// By what clients stay with one of the shares; nil when each request goes anywhere.
  package let affinity: Affinity?
  /// Beside whose names a client is hashed; empty for the last share's.
  package let drawnBy: [Revision.ID]
  /// What holds the value that names a captured request's slice; nil when there are none.
  package let slices: SliceKey?
  /// Whether there is another server to ask when one takes no connection.
  package let isReplicated: Bool

  package init(
    deployment: DeploymentName, shares: [Share], mirror: Share? = nil, copied: Ratio? = nil,
    match: Match? = nil, sampling: PerMille = .none, presence: Presence = .answering,
    affinity: Affinity? = nil, drawnBy: [Revision.ID] = [], slices: SliceKey? = nil,
    isReplicated: Bool = false
  ) {
    self.deployment = deployment
    self.shares = shares
    self.mirror = mirror
    self.copied = copied ?? Ratio(perMillion: (mirror?.weight ?? .none).value * 1000)
    self.match = match
    self.sampling = sampling
    self.presence = presence
    self.affinity = affinity
    self.drawnBy = drawnBy
    self.slices = slices
    self.isReplicated = isReplicated
  }
}

/// What Envoy is told: values in, text out, the same text for the same values.
package struct EnvoyConfiguration: Sendable {
  package static let routeTable = "models"

  package let folder: RuntimeFolder
  package let setup: LocalRuntimeSetup
  package let role: EnvoyRole

  package init(folder: RuntimeFolder, setup: LocalRuntimeSetup, role: EnvoyRole = .clients) {
    self.folder = folder
    self.setup = setup
    self.role = role
  }

  /// Where the files of this Envoy lie.
  var files: EnvoyFolder { folder.envoy(role) }

  /// The documents that it has; the routes of copies are a part of their listener, and never change.
  var kinds: [EnvoyDocument.Kind] {
    role == .clients ? EnvoyDocument.Kind.allCases : [.clusters, .listeners]
  }

  /// What the operator decides.
  var local: LocalSettings { setup.local }

  /// What Envoy reads once, at its start.
  package func bootstrap(adminSocket: String) -> String {
    let root: JSONValue = [
      "node": ["id": "serin", "cluster": "serin"],
      // Clients that take all connections do not keep the controller from seeing what happens.
      "admin": [
        "address": ["pipe": ["path": .string(adminSocket), "mode": 0o600]],
        "ignore_global_conn_limit": true,
      ],
      "dynamic_resources": [
        "cds_config": source(.clusters),
        "lds_config": source(.listeners),
      ],
      // Counts are read every few seconds; the default of 5 s would hide the latest histogram.
      "stats_flush_interval": "1s",
      "stats_config": ["histogram_bucket_settings": [latencyBuckets]],
      "overload_manager": overloadManager,
    ]
    return root.indentedFile
  }

  /// The edges of the latency buckets, and one beyond every latency.
  ///
  /// Envoy prints no bucket for what lies above the last edge; with an edge of thirty years the
  /// overflow is an ordinary bucket, and the buckets of one scrape always add up.
  private var latencyBuckets: JSONValue {
    [
      "match": ["suffix": "upstream_rq_time"],
      "buckets": .array(
        (setup.latencyEdges + [EnvoyStats.endlessEdge]).map(JSONValue.number)),
    ]
  }

  private func source(_ kind: EnvoyDocument.Kind) -> JSONValue {
    [
      "resource_api_version": "V3",
      "path_config_source": [
        "path": .string(files.file(kind)),
        "watched_directory": ["path": .string(files.folder(kind))],
      ],
    ]
  }

  package func listeners() -> EnvoyDocument {
    EnvoyDocument(.listeners, resources: [role == .clients ? clientListener : copyListener])
  }

  /// Without `enable_reuse_port`, so that two Envoys cannot share a port unnoticed.
  private var clientListener: JSONValue {
    [
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      "name": "ingress",
      "enable_reuse_port": false,
      "per_connection_buffer_limit_bytes": .number(Self.connectionBuffer),
      "address": Self.address(local.listen.host, local.listen.port),
      "filter_chains": [Self.filterChain(connectionSettings.merging(clientLimits) { $1 })],
    ]
  }

  static func filterChain(_ settings: [String: JSONValue]) -> JSONValue {
    let filters = "type.googleapis.com/envoy.extensions.filters"
    let type = "\(filters).network.http_connection_manager.v3.HttpConnectionManager"
    let manager: JSONValue = [
      "name": "envoy.filters.network.http_connection_manager",
      "typed_config": .object(settings.with("@type", .string(type))),
    ]
    return ["filters": [manager]]
  }

  /// No address counts as internal: otherwise a client on this machine could choose its own
  /// timeout and retries by headers, and retries hide what a canary is watched for.
  ///
  /// A path has one spelling before it is matched, and the server gets that one: what is counted as
  /// no inference must not reach the server as one.
  private var connectionSettings: [String: JSONValue] {
    [
      "stat_prefix": "ingress",
      "codec_type": "AUTO",
      "use_remote_address": true,
      "internal_address_config": [
        "cidr_ranges": [["address_prefix": "255.255.255.255", "prefix_len": 32]]
      ],
      "normalize_path": true,
      "merge_slashes": true,
      "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD",
      "server_header_transformation": "PASS_THROUGH",
      "stream_idle_timeout": idleTimeout,
      // A label that comes later names the request by it.
      "always_set_request_id_in_response": true,
      "early_header_mutation_extensions": [Self.clientID, Self.noEntityOfClients],
      "access_log": .array(accessLogs),
      "rds": ["route_config_name": .string(Self.routeTable), "config_source": source(.routes)],
      "http_filters": .array(httpFilters),
    ]
  }

  /// How long an exchange may last in which nothing moves: the route's timeout must come first.
  var idleTimeout: JSONValue { Self.seconds(local.requestTimeout + .seconds(60)) }

  var accessLogs: [JSONValue] {
    local.errorBodies ? [captureLog, errorLog] : [captureLog]
  }

  /// In the order in which a request passes them; an answer comes back the other way.
  private var httpFilters: [JSONValue] {
    [bodyLimit] + Self.entityFilters + [Self.captureFilter] + errorFilters + [Self.router]
  }

  var errorFilters: [JSONValue] { local.errorBodies ? [Self.errorFilter] : [] }

  static let router: JSONValue = [
    "name": "envoy.filters.http.router",
    "typed_config": [
      "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
    ],
  ]

  package static func address(_ host: String, _ port: Int) -> JSONValue {
    ["socket_address": ["address": .string(host), "port_value": .number(port)]]
  }

  package static func seconds(_ duration: Duration) -> JSONValue {
    let milliseconds = duration.inMilliseconds
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return .string("\(milliseconds / 1000).\(fraction)s")
  }
}
