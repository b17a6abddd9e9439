import Encoding
import Manifests
import Rollouts

/// What a route says of a copy, in headers that no server sees.
///
/// Whatever a client puts into one of them is replaced or removed in the copy.
enum CopyHeader: String, CaseIterable {
  /// The cluster of the server that gets it.
  case server = "serin-copy-server"
  /// By which lease it is captured, as the request is.
  case capture = "serin-copy-capture"
  /// That there is another server to ask when one takes no connection.
  case replicas = "serin-copy-replicas"
}

// Copies of inferences for a candidate, whose answers reach no client.
//
//   client ──► Envoy ──► stable
//                └─copy─► second Envoy ──► candidate
//
// What Envoy mirrors passes no filter, and a candidate that reads nothing more holds up the request that is copied
// to it. So a copy goes to a second Envoy, which takes it in as a whole and sends it on as any request: it is
// captured and counted there, by threads on which no client waits. How many copies may be on that way is bounded for
// each candidate. A copy beyond that is dropped before its candidate is asked, and counts for nothing.
extension EnvoyConfiguration {
  private static let copyTable = "copies"

  /// How many copies a candidate may have under way.
  ///
  /// Enough for a thousand a second that take a tenth of one each; and when all are as large as they may be, Envoy
  /// keeps 128 MiB of them.
  package static let mostCopies = 128
  /// The largest request that is copied, in bytes.
  package static let largestCopy = 1 << 20
  /// How many bytes of copies each of Envoy's threads keeps for a second Envoy that reads nothing.
  ///
  /// As many as all copies of a candidate may have together, for each candidate. Clients whose requests are beyond it
  /// wait until that Envoy reads again, or has been replaced some seconds later.
  private static let mostBytes = mostCopies * largestCopy
  /// The status of a copy that was too large: none that a model server gives, so that it can be counted.
  static let tooLargeCopy = 599

  /// Returns what the route of inferences says of copies; nothing when there are none.
  static func mirrors(of route: EnvoyRoute, _ lease: CaptureLease?) -> [JSONValue] {
    guard let mirror = route.mirror else { return [] }
    let server = ServerKey(route.deployment, mirror.revision)
    var headers: [CopyHeader: String] = [.server: server.description]
    headers[.capture] = lease.map { "\($0.endSeconds) \($0.bytesPerThread)" }
    headers[.replicas] = route.isReplicated ? "true" : nil
    return [
      [
        "cluster": .string(server.copyCluster),
        "runtime_fraction": [
          "default_value": [
            "numerator": .number(route.copied.perMillion), "denominator": "MILLION",
          ]
        ],
        "disable_shadow_host_suffix_append": true,
        "request_headers_mutations": .array(
          CopyHeader.allCases.map { mutation(of: $0, to: headers[$0]) }),
      ]
    ]
  }

  private static func mutation(of header: CopyHeader, to value: String?) -> JSONValue {
    guard let value else { return ["remove": .string(header.rawValue)] }
    return ["append": Self.header(header.rawValue, value)]
  }

  /// The way of copies to the second Envoy: they are dropped where it is full, instead of waiting.
  func copyCluster(_ key: ServerKey) -> JSONValue {
    let name = JSONValue.string(key.copyCluster)
    let address: JSONValue = ["pipe": ["path": .string(folder.copySocket)]]
    let options: JSONValue = [
      "@type": .string("type.googleapis.com/\(Self.httpOptions)"),
      // One connection of each thread takes all of them, so that no thread can take another one's.
      "explicit_http_config": ["http2_protocol_options": .object(Self.window)],
    ]
    return [
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      "name": name,
      "type": "STATIC",
      "connect_timeout": "1s",
      "per_connection_buffer_limit_bytes": .number(Self.mostBytes),
      "typed_extension_protocol_options": .object([Self.httpOptions: options]),
      "load_assignment": [
        "cluster_name": name,
        "endpoints": [["lb_endpoints": [["endpoint": ["address": address]]]]],
      ],
      "circuit_breakers": [
        "thresholds": [
          [
            "max_pending_requests": .number(Self.mostCopies),
            "max_requests": .number(Self.mostCopies),
          ]
        ]
      ],
    ]
  }

  /// What may be on its way before anything of it is read: as much as is kept, so that the sender alone decides.
  private static let window: [String: JSONValue] = [
    "initial_stream_window_size": .number(mostBytes),
    "initial_connection_window_size": .number(mostBytes),
  ]

  /// The listener of copies, on a socket that is this user's alone: what arrives there was sent by a route.
  var copyListener: JSONValue {
    [
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
      "name": .string(Self.copyTable),
      "address": ["pipe": ["path": .string(folder.copySocket), "mode": 0o600]],
      "filter_chains": [Self.filterChain(copySettings)],
    ]
  }

  private var copySettings: [String: JSONValue] {
    let filters = [Self.wholeCopy, Self.copyCaptureFilter] + errorFilters + [Self.router]
    return [
      "stat_prefix": .string(Self.copyTable),
      "codec_type": "HTTP2",
      "http2_protocol_options": .object(Self.window),
      "stream_idle_timeout": idleTimeout,
      // A copy has the id of its request.
      "generate_request_id": false,
      "access_log": .array(accessLogs),
      "http_filters": .array(filters),
      "local_reply_config": Self.tooLargeReply,
      "route_config": copyRoutes,
    ]
  }

  /// Of what Envoy itself answers to a copy, 413 alone says that it was too large.
  private static let tooLargeReply: JSONValue = [
    "mappers": [
      [
        "filter": [
          "status_code_filter": [
            "comparison": [
              "op": "EQ", "value": ["default_value": 413, "runtime_key": "serin.too_large_copy"],
            ]
          ]
        ],
        "status_code": .number(tooLargeCopy),
      ]
    ]
  ]

  /// Takes a copy in as a whole before anybody is asked: a candidate that reads nothing keeps no client waiting.
  private static let wholeCopy: JSONValue = [
    "name": "envoy.filters.http.buffer",
    "typed_config": [
      "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
      "max_request_bytes": .number(largestCopy),
    ],
  ]

  /// The one way onwards: to the server that the copy names, with a second try where that has replicas.
  private var copyRoutes: JSONValue {
    let onwards: [String: JSONValue] = [
      "cluster_header": .string(CopyHeader.server.rawValue), "timeout": Self.seconds(copyTimeout),
    ]
    let isReplicated: JSONValue = [
      ["name": .string(CopyHeader.replicas.rawValue), "present_match": true]
    ]
    let routes: [JSONValue] = [
      [
        "match": ["prefix": "/", "headers": isReplicated],
        "route": .object(onwards.with("retry_policy", Self.retries)),
      ],
      ["match": ["prefix": "/"], "route": .object(onwards)],
    ]
    return [
      "name": .string(Self.copyTable),
      "request_headers_to_remove": .array(CopyHeader.allCases.map { .string($0.rawValue) }),
      // What the filter of errors tells revisions apart by.
      "response_headers_to_add": [
        ["header": ["key": "serin-revision", "value": "%UPSTREAM_CLUSTER%"]]
      ],
      "virtual_hosts": [
        ["name": .string(Self.copyTable), "domains": ["*"], "routes": .array(routes)]
      ],
    ]
  }

  /// A little less than a request has, which the way to the second Envoy has, too: were that to end first, nothing
  /// would be counted of a candidate that hangs.
  private var copyTimeout: Duration {
    local.requestTimeout - min(.seconds(1), local.requestTimeout / 10)
  }
}
