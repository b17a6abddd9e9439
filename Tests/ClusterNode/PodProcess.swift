import Encoding
import Foundation
import HTTP
import TestKit

/// One pod as a kubelet runs it: its init container is the real `serin fetch`, and its server a real process.
final class PodProcess {
  let name: String
  let port: Int
  private let metricsPort: Int
  /// Where the model server listens: where the pod does, or behind an agent.
  private let serverPort: Int
  /// Whether the pod says an address at which nobody is, as where a policy of the network lets nobody in.
  var isOutOfReach = false
  let spec: PodSpec
  private let folder: URL
  private let programs: NodePrograms
  private(set) var fetch: BackgroundProcess?
  private var server: BackgroundProcess?
  /// What stands in front of the server, when it logs payloads.
  private var agent: BackgroundProcess?
  private(set) var isFetched = false
  private(set) var isReady = false
  /// How often each of the two has ended, and how the last time.
  private(set) var fetchEnd: (count: Int, code: Int, message: String)?
  private(set) var serverEnd: (count: Int, code: Int, message: String, at: Date)?
  private var notBefore = Date.distantPast

  /// What a pod is made of, whatever made it.
  struct PodSpec: Equatable {
    let deployment: String
    let revision: String
    let metadata: JSONValue
    /// The arguments of `serin fetch`.
    let fetch: [String]
    let model: String
    let version: String
    /// What the container with the server is called.
    let container: String
    let logger: Logger?
  }

  /// Where an InferenceService has its payloads sent.
  struct Logger: Equatable {
    let url: String
    let service: String
    let namespace: String
  }

  init(_ name: String, _ spec: PodSpec, _ programs: NodePrograms, in root: URL) throws {
    (self.name, self.spec, self.programs) = (name, spec, programs)
    folder = root.appending(path: name)
    (port, metricsPort) = (try freePort(), try freePort())
    // An agent listens where the server would, and asks it behind.
    serverPort = spec.logger == nil ? port : try freePort()
    try FileManager.default.createDirectory(
      at: folder.appending(path: "models"), withIntermediateDirectories: true)
  }

  /// Goes one step on, if there is one.
  func step() async throws {
    if !isFetched {
      try stepFetch()
    } else if let server {
      if server.hasEnded {
        noteEnd(of: server)
      } else if !isReady {
        isReady = await isAnswering()
      }
    } else if Date.now >= notBefore {
      try startServer()
    }
  }

  private func stepFetch() throws {
    guard let fetch else {
      if Date.now >= notBefore { try startFetch() }
      return
    }
    guard fetch.hasEnded else { return }
    let code = Int(fetch.wait())
    self.fetch = nil
    guard code != 0 else { return isFetched = true }
    let text = (try? String(contentsOf: log("fetch"), encoding: .utf8)) ?? ""
    fetchEnd = ((fetchEnd?.count ?? 0) + 1, code, String(text.suffix(2048)))
    notBefore = .now.addingTimeInterval(0.5)
  }

  private func startFetch() throws {
    let models = folder.appending(path: "models").path
    let arguments = spec.fetch.map { $0.replacing("=/mnt/models", with: "=\(models)") }
    try? FileManager.default.removeItem(at: log("fetch"))
    fetch = try BackgroundProcess(
      [programs.serin] + arguments, in: folder, output: log("fetch"))
  }

  private func startServer() throws {
    let models = folder.appending(path: "models")
    let file = try FileManager.default.contentsOfDirectory(atPath: models.path).first ?? ""
    let values = [
      "{port}": "\(serverPort)", "{metrics}": "\(metricsPort)",
      "{model}": models.appending(path: file).path,
      "{name}": spec.model, "{version}": spec.version,
    ]
    server = try BackgroundProcess(
      programs.server.map { values[$0] ?? $0 }, in: folder, output: log("server"))
    agent?.stop()
    agent = try spec.logger.map { logger in
      try BackgroundProcess(
        [
          NodeTools.python, NodeTools.agent, "\(port)", "\(serverPort)", logger.url,
          logger.service, logger.namespace,
        ], in: folder, output: log("agent"))
    }
  }

  /// Whether the server says that its model is loaded; asked without blocking one of Swift's threads.
  private func isAnswering() async -> Bool {
    guard isListening(on: port) else { return false }
    var request = HTTPRequest("http://127.0.0.1:\(port)/v2/models/\(spec.model)/ready")
    request.headers = [("User-Agent", "kube-probe/1.35")]
    return (try? await HTTPClient().send(request).status) == 200
  }

  private func noteEnd(of server: BackgroundProcess) {
    let code = Int(server.wait())
    let text = (try? String(contentsOf: log("server"), encoding: .utf8)) ?? ""
    serverEnd = ((serverEnd?.count ?? 0) + 1, code, String(text.suffix(200)), .now)
    (self.server, isReady) = (nil, false)
    notBefore = .now.addingTimeInterval(0.2)
  }

  private func log(_ name: String) -> URL { folder.appending(path: "\(name).log") }

  /// Ends what runs, as a kubelet does when the pod is deleted.
  func stop() {
    fetch?.stop()
    agent?.stop()
    server?.stop()
  }

  /// Ends the server as a crash does.
  func crash() { server?.stop(SIGKILL) }

  /// What Prometheus is told of it.
  var target: JSONValue {
    [
      "targets": [.string("127.0.0.1:\(metricsPort)")],
      "labels": ["namespace": spec.metadata["namespace"] ?? "", "pod": .string(name)],
    ]
  }

  // MARK: What it looks like in the API

  var object: JSONValue {
    [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": spec.metadata.with("name", .string(name)),
      "spec": [
        "containers": [
          [
            "name": .string(spec.container), "image": "server",
            "ports": [["containerPort": .number(serverPort)]],
          ]
        ]
      ],
    ]
  }

  var status: JSONValue {
    let address: JSONValue = isOutOfReach ? "127.9.9.9" : "127.0.0.1"
    var status: [String: JSONValue] = [
      "phase": isFetched ? "Running" : "Pending", "podIP": address, "podIPs": [["ip": address]],
      "conditions": [["type": "Ready", "status": isReady ? "True" : "False"]],
    ]
    if let fetchEnd, !isFetched {
      let end = Self.end(fetchEnd.code, fetchEnd.message, at: .now)
      status["initContainerStatuses"] = [
        Self.container("serin-fetch", fetchEnd.count, waiting: "CrashLoopBackOff", end)
      ]
    }
    if let serverEnd {
      let end = Self.end(serverEnd.code, serverEnd.message, at: serverEnd.at)
      status["containerStatuses"] = [
        Self.container(spec.container, serverEnd.count, waiting: nil, end)
      ]
    }
    return .object(status)
  }

  private static func end(_ code: Int, _ message: String, at date: Date) -> JSONValue {
    [
      "terminated": [
        "exitCode": .number(code), "reason": "Error", "message": .string(message),
        "finishedAt": .string(date.formatted(.iso8601)),
      ]
    ]
  }

  private static func container(
    _ name: String, _ restarts: Int, waiting: String?, _ end: JSONValue
  ) -> JSONValue {
    let state: JSONValue = waiting.map { ["waiting": ["reason": .string($0)]] } ?? ["running": [:]]
    return [
      "name": .string(name), "restartCount": .number(restarts), "state": state, "lastState": end,
      "image": "server", "imageID": "", "ready": false,
    ]
  }
}
