import Encoding
import Foundation
import HTTP
import TestKit

/// A gateway: a real Envoy that answers by HTTPRoutes, and names what it counts as Envoy Gateway does.
///
/// Each backend that has a filter of its own is a cluster of its own, "httproute/NAMESPACE/ROUTE/rule/I/backend/J", and
/// the copies of a rule are "httproute/NAMESPACE/ROUTE/rule/I-mirror-K".
final class Gateway {
  let port: Int
  let admin: Int
  private let folder: URL
  private var process: BackgroundProcess
  private var version = 0
  private var last: (clusters: [JSONValue], routes: [JSONValue])?

  init(in root: URL) throws {
    folder = root.appending(path: "gateway")
    (port, admin) = (try freePort(), try freePort())
    for kind in ["cds", "lds", "rds"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: kind), withIntermediateDirectories: true)
    }
    let bootstrap = folder.appending(path: "bootstrap.json")
    try Data(Self.bootstrap(folder, admin: admin).canonical.utf8).write(to: bootstrap)
    try Self.write([], "cds", version: 0, in: folder)
    try Self.write([Self.table([])], "rds", version: 0, in: folder)
    try Self.write([Self.listener(folder, port)], "lds", version: 0, in: folder)
    process = try Self.envoy(in: folder)
  }

  private static func envoy(in folder: URL) throws -> BackgroundProcess {
    try BackgroundProcess(
      [
        try NodeTools.envoy(), "-c", folder.appending(path: "bootstrap.json").path,
        "--disable-hot-restart", "--concurrency", "1", "--log-level", "error",
      ], output: folder.appending(path: "envoy.log"))
  }

  func stop() { process.stop() }

  /// Starts Envoy anew, with what it was told last and nothing counted.
  func restart() throws {
    process.stop()
    process = try Self.envoy(in: folder)
  }

  /// Tells Envoy clusters and routes; it takes them a moment later.
  func publish(_ clusters: [JSONValue], _ routes: [JSONValue]) throws {
    if let last, last == (clusters, routes) { return }
    version += 1
    last = (clusters, routes)
    // What a route refers to is there before it, and goes after it.
    try Self.write(clusters, "cds", version: version, in: folder)
    try Self.write([Self.table(routes)], "rds", version: version, in: folder)
  }

  /// Whether Envoy answers by what it was told last.
  func isCurrent() async -> Bool {
    let request = HTTPRequest("http://127.0.0.1:\(admin)/stats?filter=version_text")
    guard let response = try? await HTTPClient().send(request) else { return false }
    let text = String(decoding: response.body, as: UTF8.self)
    return ["cluster_manager.cds.version_text", "http.ingress.rds.models.version_text"]
      .allSatisfy { text.contains("\($0): \"\(version)\"") }
  }

  // MARK: Files

  private static func write(
    _ resources: [JSONValue], _ kind: String, version: Int, in folder: URL
  ) throws {
    let document: JSONValue = [
      "version_info": .string(String(version)), "resources": .array(resources),
    ]
    let stage = folder.appending(path: "\(kind).stage")
    try Data(document.canonical.utf8).write(to: stage)
    let place = folder.appending(path: "\(kind)/\(kind).json")
    guard rename(stage.path, place.path) == 0 else {
      throw ProcessFailure(description: "cannot rename \(stage.path)")
    }
  }

  private static func source(_ kind: String, _ folder: URL) -> JSONValue {
    [
      "resource_api_version": "V3",
      "path_config_source": [
        "path": .string(folder.appending(path: "\(kind)/\(kind).json").path),
        "watched_directory": ["path": .string(folder.appending(path: kind).path)],
      ],
    ]
  }

  private static func bootstrap(_ folder: URL, admin: Int) -> JSONValue {
    [
      "node": ["id": "gateway", "cluster": "gateway"],
      "admin": ["address": address(admin)], "stats_flush_interval": "0.1s",
      "dynamic_resources": [
        "cds_config": source("cds", folder), "lds_config": source("lds", folder),
      ],
    ]
  }

  static func address(_ port: Int) -> JSONValue {
    ["socket_address": ["address": "127.0.0.1", "port_value": .number(port)]]
  }

  private static func listener(_ folder: URL, _ port: Int) -> JSONValue {
    let type = "type.googleapis.com/envoy.extensions.filters"
    return [
      "@type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": "ingress",
      "address": address(port),
      "filter_chains": [
        [
          "filters": [
            [
              "name": "http",
              "typed_config": [
                "@type": .string(
                  "\(type).network.http_connection_manager.v3.HttpConnectionManager"),
                "stat_prefix": "ingress", "normalize_path": true,
                "rds": [
                  "route_config_name": "models", "config_source": source("rds", folder),
                ],
                "http_filters": [
                  [
                    "name": "router",
                    "typed_config": ["@type": .string("\(type).http.router.v3.Router")],
                  ]
                ],
              ],
            ]
          ]
        ]
      ],
    ]
  }

  private static func table(_ routes: [JSONValue]) -> JSONValue {
    [
      "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "models",
      "virtual_hosts": [["name": "all", "domains": ["*"], "routes": .array(routes)]],
    ]
  }
}
