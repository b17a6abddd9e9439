import ArgumentParser
import ClusterKit
import ClusterNode
import Encoding
import Foundation
import TestKit

/// The cluster of the tests for scripts, as for `hack/demo --cluster`: an API server in memory, a node with real servers behind a
/// real Envoy, and a real Prometheus that scrapes it, all on free ports of loopback.
///
/// It says in one line of JSON where everything is, and stands until its standard input is closed or a signal asks for its end:
/// a script that is killed leaves none of it behind.
@main
struct TestCluster: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serin-test-cluster",
    abstract: "Run the cluster of the tests until standard input is closed.",
    discussion: """
      When it is ready it prints one line of JSON: kubeconfig, server, gateway (NAMESPACE/NAME), url (where the gateway \
      answers), admin (where its Envoy tells what it counts), prometheus, scrapeSeconds.

      With --only-api there are no controllers, and the line says kubeconfig and server: for `SERIN_TEST_KUBECONFIG`.

      SERVER is the command of a model server: {port}, {model}, {name} and {version} are filled in. Without one it is the \
      small server of the tests.
      """)

  @Option(help: "Where it keeps its files; the folder is made.") var folder: String
  @Option(help: "The serin whose `fetch` brings models into pods.") var serin = "serin"
  @Flag(name: .customLong("only-api"), help: "Run the API server alone.") var isBare = false
  @Option(name: .customLong("namespace"), help: "A namespace that is there; as often as needed.")
  var namespaces: [String] = []
  @Argument(help: "The command of a model server.") var server: [String] = []

  func run() async throws {
    let ending = Ending()
    do {
      let all = ["default", Place.gatewayNamespace] + namespaces
      let types = Catalog.shown + Catalog.installation
      try await ClusterServer.run(types: types, namespaces: all) { try await stand($0, ending) }
    } catch is CancellationError where ending.isAsked {
      // Asked for the end before everything was there.
    }
  }

  private func stand(_ server: ClusterServer, _ ending: Ending) async throws {
    let root = URL(filePath: folder)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    server.write(Place.gateway, manager: "setup")
    let kubeconfig = root.appending(path: "kubeconfig")
    try Data(server.kubeconfig.utf8).write(to: kubeconfig)
    guard !isBare else { return try await tell(Place.json(kubeconfig.path, server), until: ending) }
    let programs = NodePrograms(serin: serin, server: self.server)
    let node = try ClusterNode(server, in: root.appending(path: "node"), programs: programs)
    await node.start()
    do {
      try await scrape(server, node, in: root, until: ending)
    } catch {
      await node.stop()
      throw error
    }
    await node.stop()
  }

  private func scrape(
    _ server: ClusterServer, _ node: ClusterNode, in root: URL, until ending: Ending
  ) async throws {
    let prometheus = try PrometheusServer(
      scraping: node.admin, at: "/stats/prometheus", every: "\(Place.scrapeSeconds)s", in: root)
    let start = Task { try await prometheus.start() }
    ending.whenAsked { start.cancel() }
    let process = try await start.value
    defer { process.stop() }
    let api = Place.json(root.appending(path: "kubeconfig").path, server)
    try await tell(Place.json(api, node, prometheus), until: ending)
  }

  private func tell(_ place: JSONValue, until ending: Ending) async throws {
    try FileHandle.standardOutput.write(contentsOf: Data((place.canonical + "\n").utf8))
    await ending.wait()
  }
}

/// What a script has to know.
private enum Place {
  static let gatewayNamespace = "gateways"
  /// As short as a Controller file can have it.
  static let scrapeSeconds = 1

  static let gateway: JSONValue = [
    "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
    "metadata": ["name": "models", "namespace": .string(gatewayNamespace)],
    "spec": [
      "gatewayClassName": "test",
      "listeners": [["name": "http", "port": 80, "protocol": "HTTP"]],
    ],
  ]

  static func json(_ kubeconfig: String, _ server: ClusterServer) -> JSONValue {
    ["kubeconfig": .string(kubeconfig), "server": .string(server.url)]
  }

  static func json(
    _ api: JSONValue, _ node: ClusterNode, _ prometheus: PrometheusServer
  ) -> JSONValue {
    let rest: [String: JSONValue] = [
      "gateway": .string("\(gatewayNamespace)/models"),
      "url": .string("http://127.0.0.1:\(node.port)"),
      "admin": .string("http://127.0.0.1:\(node.admin)"), "prometheus": .string(prometheus.url),
      "scrapeSeconds": .number(scrapeSeconds),
    ]
    return rest.reduce(api) { $0.with($1.key, $1.value) }
  }
}
