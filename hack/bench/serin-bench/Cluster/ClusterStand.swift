import ArgumentParser
import ClusterKit
import Encoding
import Foundation
import Glibc
import HTTP
import Threads

/// A controller with many deployments in a cluster that answers at once.
final class ClusterStand: Sendable {
  /// What was asked and taken since the start.
  struct Spent {
    let requests: Double
    let queries: Double
    /// In seconds.
    let processor: Double
    /// In KiB.
    let resident: Double
  }

  private let server: ClusterServer
  private let folder: URL
  private let deployments: Int
  private let ports: [Int]
  private let processes: Processes
  /// When each server was said to be ready, by its name.
  private let ready = Lock<[String: ContinuousClock.Instant]>([:])

  init(_ server: ClusterServer, in folder: URL, deployments: Int) {
    (self.server, self.folder, self.deployments) = (server, folder, deployments)
    // Beside those of the other measurements.
    ports = [18_481, 18_482, 18_483]
    processes = Processes()
  }

  // MARK: What runs

  func start() async throws {
    try write(exporter, to: "exporter.py")
    try write(prometheus, to: "prometheus.yml")
    try write(server.kubeconfig, to: "kubeconfig")
    try write(controller, to: "controller.yaml")
    try makeRepository()
    try processes.start("/usr/bin/env", ["python3", "exporter.py"], in: folder)
    try processes.start(
      "/usr/bin/env",
      [
        "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data",
        "--web.listen-address=127.0.0.1:\(ports[1])",
      ], in: folder)
    try await Task.sleep(for: .seconds(20))
    let serin = Program.own.deletingLastPathComponent().appending(path: "serin").path
    try processes.start(serin, ["run", "--config", "controller.yaml"], in: folder)
  }

  func stop() { processes.stop() }

  /// Says of every object that it is ready, as a cluster would.
  func answer() async {
    await server.speakForControllers(every: .milliseconds(500)) { name in
      ready.withLock { $0[name] = .now }
    }
  }

  // MARK: What changes

  /// How long the controller takes to carry out a change of one manifest.
  struct Change {
    /// From the commit's being seen until the route is of the new plan.
    let planned: Duration
    /// From the new model's being ready until clients are sent to it.
    let routed: Duration
  }

  /// Commits another version of a model, and follows it to the first clients.
  func change(_ number: Int) async throws -> Change {
    let model = "model-\(number)"
    let old = generation(of: model)
    try write(manifest(number, version: 2), to: "models/\(model).yaml")
    let commit = try push(model)
    let seen = try await moment { try log.contains(commit) }
    let planned = try await moment { generation(of: model) != old }
    let routed = try await moment { backends(of: model).count > 1 }
    let readiness = ready.withLock { ready in backends(of: model).compactMap { ready[$0] }.max() }
    return Change(planned: planned - seen, routed: routed - (readiness ?? routed))
  }

  private func generation(of model: String) -> JSONValue? {
    server.object(.httpRoutes, "default", model)?[
      path: "metadata", "annotations", "serin.dev/generation"]
  }

  /// The servers that clients are sent to.
  private func backends(of model: String) -> Set<String> {
    let route = server.object(.httpRoutes, "default", model)
    let all = (route?[path: "spec", "rules"]?.items ?? []).flatMap {
      $0["backendRefs"]?.items ?? []
    }
    return Set(
      all.filter { $0["weight"]?.integer != 0 }
        .compactMap { $0["name"]?.string?.replacing("-predictor", with: "") })
  }

  private var log: String {
    get throws { try String(contentsOf: folder.appending(path: "2.log"), encoding: .utf8) }
  }

  private func moment(_ isSo: () throws -> Bool) async throws -> ContinuousClock.Instant {
    let deadline = ContinuousClock.now + .seconds(120)
    while try !isSo() {
      guard .now < deadline else { throw ValidationError("the controller does not follow") }
      try await Task.sleep(for: .milliseconds(2))
    }
    return .now
  }

  // MARK: What it took

  var requests: Int { server.requests.count }

  /// How many deployments are healthy, as the controller's metrics say.
  func healthy() async throws -> Int {
    Int(try await metric("serin_deployments{phase=\"healthy\"}", of: ports[2]))
  }

  func spent() async throws -> Spent {
    let pid = processes.last
    let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = fields[11...12].compactMap { Double($0) }.reduce(0, +)
    let memory = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8)
      .split(separator: " ")
    let queries = try await metric(
      #"prometheus_http_requests_total{code="200",handler="/api/v1/query"}"#, of: ports[1])
    return Spent(
      requests: Double(requests), queries: queries,
      processor: ticks / Double(sysconf(Int32(_SC_CLK_TCK))),
      resident: (Double(memory[1]) ?? 0) * 4)
  }

  /// Returns a sample of a page of metrics; zero when it is not there.
  private func metric(_ name: String, of port: Int) async throws -> Double {
    let page = try? await HTTPClient().send(HTTPRequest("http://127.0.0.1:\(port)/metrics"))
    let lines = String(decoding: page?.body ?? [], as: UTF8.self).split(separator: "\n")
    let line = lines.first { $0.hasPrefix(name) }
    return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
  }
}

/// Programs that run beside the measurement, and end with it.
private final class Processes: @unchecked Sendable {  // used by one task after the other
  private var all: [Process] = []

  var last: Int32 { all.last?.processIdentifier ?? 0 }

  func start(_ program: String, _ arguments: [String], in folder: URL) throws {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // What they say stays in the folder for as long as they run.
    let log = folder.appending(path: "\(all.count).log")
    try Data().write(to: log)
    let file = try FileHandle(forWritingTo: log)
    (process.standardOutput, process.standardError) = (file, file)
    try process.run()
    all.append(process)
  }

  func stop() {
    for process in all { kill(process.processIdentifier, SIGKILL) }
    for process in all { process.waitUntilExit() }
  }
}

// MARK: Files

extension ClusterStand {
  private func write(_ text: String, to path: String) throws {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  private func makeRepository() throws {
    for number in 1...deployments { try write(manifest(number), to: "models/model-\(number).yaml") }
    try git("init", "-q", "-b", "main")
    try commit("models")
    try git("clone", "-q", "--bare", ".", folder.appending(path: "models.git").path)
  }

  private func commit(_ subject: String) throws {
    try git("add", "-A")
    try git(
      "-c", "user.name=Bench", "-c", "user.email=bench@example.org", "commit", "-q", "-m", subject)
  }

  /// Commits and pushes; returns the commit as the controller's log names it.
  private func push(_ subject: String) throws -> String {
    try commit(subject)
    try git("push", "-q", folder.appending(path: "models.git").path, "main")
    return try git("rev-parse", "--short=12", "HEAD").trimmingCharacters(in: .newlines)
  }

  @discardableResult
  private func git(_ arguments: String...) throws -> String {
    try Program.run(
      "/usr/bin/env", ["git", "-C", folder.appending(path: "models").path] + arguments
    ).output
  }

  private func manifest(_ number: Int, version: Int = 1) -> String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: model-\(number)}
    spec:
      model: {version: "\(version)", uri: "https://models.example.org/\(number)/\(version)", digest: "\(Self.digest)", format: sklearn}
      slos:
        - errors: {below: 1%}
        - latency: {percentile: 99, below: 250ms}
      bake: 10s
    """
  }

  private static let digest = "sha256:" + String(repeating: "a", count: 64)

  /// Shows five requests a second, answered within ten milliseconds, at the first place of each route, as Envoy Gateway's
  /// proxies do.
  private var exporter: String {
    """
    import http.server, time
    EDGES = ["0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000", "30000",
             "60000", "300000", "600000", "1800000", "3600000", "+Inf"]
    BEGAN = time.time()

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            count = 5 * int(time.time() - BEGAN)
            lines = []
            for number in range(1, \(deployments) + 1):
                name = f'envoy_cluster_name="httproute/default/model-{number}/rule/0/backend/0"'
                lines.append(f'envoy_cluster_upstream_rq_xx{{envoy_response_code_class="2",{name}}} {count}')
                for place, edge in enumerate(EDGES):
                    value = count if place > 2 else 0
                    lines.append(f'envoy_cluster_upstream_rq_time_bucket{{{name},le="{edge}"}} {value}')
            body = ("\\n".join(lines) + "\\n").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    http.server.HTTPServer(("127.0.0.1", \(ports[0])), Page).serve_forever()
    """
  }

  private var prometheus: String {
    """
    global: {scrape_interval: 15s}
    scrape_configs:
      - job_name: gateway
        static_configs: [{targets: ["127.0.0.1:\(ports[0])"]}]
    """
  }

  private var controller: String {
    """
    apiVersion: serin.dev/v1alpha1
    kind: Controller
    metadata: {name: bench}
    spec:
      source: {url: \(folder.path)/models.git, branch: main}
      console: {listen: "127.0.0.1:\(ports[2])"}
      state: \(folder.path)/state
      runtimes:
        - name: cluster
          kubernetes:
            kubeconfig: \(folder.path)/kubeconfig
            gateways: [{name: models, namespace: gateways}]
            image: serin
            prometheus: {url: "http://127.0.0.1:\(ports[1])", preset: envoy-gateway}
    """
  }
}
