import Encoding
import Manifests

// The part of Envoy's configuration that keeps clients from taking what is for all: connections, memory and
// time. Nothing asks clients who they are, so each limit is for whoever it may be.
extension EnvoyConfiguration {
  /// Connections have a limit, and so has Envoy's memory: near its end Envoy keeps no connection open for a next
  /// request, and then takes none, instead of being ended by the system with everything that it serves.
  var overloadManager: JSONValue {
    [
      "refresh_interval": "0.250s",
      "resource_monitors": [connectionLimit, Self.memoryLimit],
      "actions": [
        Self.action("shrink_heap", from: "0.85"),
        Self.action("disable_http_keepalive", from: "0.9"),
        Self.action("stop_accepting_requests", from: "0.95"),
      ],
    ]
  }

  private var connectionLimit: JSONValue {
    Self.monitor(
      "global_downstream_max_connections", "downstream_connections", "DownstreamConnectionsConfig",
      ["max_active_downstream_connections": .number(local.clients.connections)])
  }

  /// In bytes: ten times what an Envoy with three thousand servers takes.
  private static let memory = 2 << 30

  private static var memoryLimit: JSONValue {
    monitor(
      "fixed_heap", "fixed_heap", "FixedHeapConfig", ["max_heap_size_bytes": .number(memory)])
  }

  private static func monitor(
    _ name: String, _ package: String, _ type: String, _ settings: [String: JSONValue]
  ) -> JSONValue {
    let place = "type.googleapis.com/envoy.extensions.resource_monitors.\(package).v3.\(type)"
    return [
      "name": .string("envoy.resource_monitors.\(name)"),
      "typed_config": .object(settings.with("@type", .string(place))),
    ]
  }

  private static func action(_ name: String, from share: String) -> JSONValue {
    [
      "name": .string("envoy.overload_actions.\(name)"),
      "triggers": [
        [
          "name": "envoy.resource_monitors.fixed_heap", "threshold": ["value": .string(share)],
        ]
      ],
    ]
  }

  /// What Envoy keeps of a connection that is read faster than it is answered, in bytes.
  ///
  /// A fourth of Envoy's default: with 10,000 connections that all do so, it is as much as the memory has.
  static let connectionBuffer = 256 << 10

  /// The limits of a connection and of the requests on it.
  var clientLimits: [String: JSONValue] {
    [
      "request_headers_timeout": Self.seconds(local.clients.headersWithin),
      // The whole request, whose body may be large and the line slow; the route's timeout begins after it.
      "request_timeout": Self.seconds(local.requestTimeout + .seconds(60)),
      "common_http_protocol_options": ["idle_timeout": Self.seconds(local.clients.idleFor)],
      "http2_protocol_options": [
        "max_concurrent_streams": 100,
        "initial_stream_window_size": .number(64 << 10),
        "initial_connection_window_size": .number(1 << 20),
      ],
    ]
  }

  /// Counts the bytes of a body while they pass, and answers 413 when they are too many.
  var bodyLimit: JSONValue {
    [
      "name": "envoy.filters.http.body_size_limit",
      "typed_config": [
        "@type":
          "type.googleapis.com/envoy.extensions.filters.http.body_size_limit.v3.BodySizeLimit",
        "max_request_bytes": .number(local.clients.bodyBytes),
      ],
    ]
  }

  /// Keeps the id that a client gave its request, before Envoy gives it one of its own.
  ///
  /// Envoy's decides what is looked at. With an id of their own choice, clients could see to it that nothing of
  /// theirs is ever looked at, or all of it, and label the requests of others.
  static var clientID: JSONValue {
    let mutation = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
    return [
      "name": "envoy.http.early_header_mutation.header_mutation",
      "typed_config": [
        "@type": .string("type.googleapis.com/\(mutation)"),
        "mutations": [["append": clientIDHeader("x-request-id")]],
      ],
    ]
  }

  /// Sets the header of the client's own id from another one; one that is not there sets none.
  static func clientIDHeader(_ source: String) -> JSONValue {
    [
      "header": ["key": "x-client-request-id", "value": .string("%REQ(\(source))%")],
      "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
    ]
  }
}
