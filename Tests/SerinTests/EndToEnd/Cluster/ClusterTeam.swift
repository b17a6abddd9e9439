import ClusterKit
import ClusterNode
import Encoding
import Foundation
import TestKit
import Threads

/// A team whose models serve in a cluster: an API server, what stands behind it with a real Envoy and real servers, and a
/// real Prometheus that scrapes the Envoy.
final class ClusterTeam: Sendable {
  let team: Team
  let server: ClusterServer
  let node: ClusterNode
  private let prometheus: PrometheusServer
  /// Where the servers send payloads.
  private let payloads: Int
  private let started = Lock<[BackgroundProcess]>([])

  private init(_ server: ClusterServer, _ node: ClusterNode, _ namespaces: [String]) throws {
    (self.server, self.node) = (server, node)
    team = try Team(port: node.port, asksSmoke: false)
    payloads = try freePort()
    prometheus = try PrometheusServer(
      scraping: node.admin, at: "/stats/prometheus", every: "200ms", in: team.folder)
    try Data(server.kubeconfig.utf8).write(to: team.folder.appending(path: "kubeconfig"))
    try team.replaceRuntimes(by: runtimes(in: namespaces))
    try team.configure("leadership: {lease: {name: serin, kubeconfig: kubeconfig, duration: 3s}}")
  }

  /// Runs `body` for a team, and ends everything that was started for it.
  ///
  /// It has a runtime for each of some namespaces, which is called like its namespace; without any it has one, "cluster".
  static func run(
    namespaces: [String] = [], _ body: (ClusterTeam) async throws -> Void
  ) async throws {
    try await ClusterServer.run(namespaces: ["default"] + namespaces) { server in
      let node = try ClusterNode(server, in: TemporaryFolder.current.appending(path: "node"))
      await node.start()
      do {
        let cluster = try ClusterTeam(server, node, namespaces)
        defer { cluster.stopAll() }
        try await body(cluster)
      } catch {
        await node.stop()
        throw error
      }
      await node.stop()
    }
  }

  private func stopAll() {
    for process in started.withLock({ $0 }) { process.stop(SIGKILL) }
  }

  private func ended(with process: BackgroundProcess) -> BackgroundProcess {
    started.withLock { $0.append(process) }
    return process
  }

  // MARK: What runs

  func startPrometheus() async throws -> BackgroundProcess {
    ended(with: try await prometheus.start())
  }

  func startSerin(console: String? = nil) throws -> BackgroundProcess {
    ended(with: try console.map { try team.start("--listen", $0) } ?? team.start())
  }

  /// Starts a controller that has nothing of the first: another state folder, as on another machine.
  ///
  /// The Lease says when it may lead.
  func startSecondSerin() throws -> BackgroundProcess {
    let file = team.folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacing("state: state", with: "state: second")
    try Data(text.utf8).write(to: file)
    return ended(with: try team.start())
  }

  /// Has the first version serve, and clients ask it from then on: a gateway shows no counts before the first request.
  func begin(
    behaviour: String = "{}", watching drift: String? = nil, console: String? = nil,
    asking: (Team) throws -> BackgroundProcess = { try $0.startTraffic() }
  ) async throws -> (
    serin: BackgroundProcess, traffic: BackgroundProcess, prometheus: BackgroundProcess
  ) {
    async let prometheus = startPrometheus()
    try team.deploy(1, behaviour: behaviour, watching: drift)
    let serin = try startSerin(console: console)
    try await team.waitFor("promote v1")
    try await eventually { isRouted() }
    let traffic = ended(with: try asking(team))
    try await team.waitFor("complete v1")
    return (serin, traffic, try await prometheus)
  }

  /// What people with kubectl see of the deployment.
  var shown: JSONValue? { server.object(.modelDeployments, "default", "iris")?["status"] }

  /// Whether the gateway says that it has taken each of so many routes.
  func isRouted(_ count: Int = 1) -> Bool {
    let routes = server.objects(of: .httpRoutes)
    return routes.count == count
      && routes.allSatisfy { $0["status"]?["parents"]?.items.isEmpty == false }
  }

  // MARK: Files

  private func runtimes(in namespaces: [String]) -> String {
    guard namespaces.isEmpty else {
      return namespaces.map { runtime($0, "namespace: \($0)") }.joined(separator: "\n")
    }
    return runtime(
      "cluster",
      "payloads: {listen: 127.0.0.1:\(payloads), url: \"http://127.0.0.1:\(payloads)\"}")
  }

  private func runtime(_ name: String, _ more: String) -> String {
    """
        - name: \(name)
          kubernetes:
            kubeconfig: \(team.folder.path)/kubeconfig
            gateways: [{name: models, namespace: gateways}]
            drainTimeout: 2s
            image: serin
            mirror: true
            allowedFolders: [\(team.folder.path)]
            \(more)
            prometheus:
              url: \(prometheus.url)
              preset: envoy-gateway
              scrapeInterval: 1s
              window: 4s
    """
  }
}

extension Team {
  /// Writes other runtimes into the controller's file: its last part.
  func replaceRuntimes(by runtimes: String) throws {
    let file = folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
    let parts = text.split(separator: "  runtimes:\n", maxSplits: 1)
    try Data("\(parts[0])  runtimes:\n\(runtimes)\n".utf8).write(to: file)
  }
}
