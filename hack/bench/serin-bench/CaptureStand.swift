import Control
import Foundation
import HTTP
import LocalRuntime
import Logging
import Manifests
import Rollouts
import Threads

/// Counts events and keeps none.
final class CountingIntake: PayloadIntake {
  private let events = Lock(0)

  var count: Int { events.withLock { $0 } }

  func take(_ event: PayloadEvent) { events.withLock { $0 += 1 } }
  func take(_ label: Label) {}
  func take(_ conversion: Conversion) {}
  func noteLost(_ count: Int, of deployment: DeploymentName?) {}
}

/// One Envoy before two servers that answer alike.
struct CaptureStand: Sendable {
  let runtime: LocalRuntime
  let intake = CountingIntake()
  let names = ["left", "right"].map { DeploymentName(namespace: "default", name: $0) }
  private let folder: String
  private let port: Int
  /// Kept, so that no block has to connect.
  private let clients: [HTTPClient]
  /// As long as a row of twenty features.
  private static let body = Array(
    """
    {"inputs":[{"name":"x","datatype":"FP64","shape":[1,4],"data":[5.1,3.5,1.4,0.2]}],\
    "parameters":{"padding":"\(String(repeating: "0.123456789,", count: 16))"}}
    """.utf8)

  init(
    folder: String, clients: Int, port: Int = 18_473,
    isolation: IsolationSettings = IsolationSettings()
  ) {
    self.port = port
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardized.path
    var setup = LocalRuntimeSetup(folder: folder + "/state")
    setup.local.listen.port = port
    setup.local.python = root + "/.venv/bin/python"
    setup.local.server = ServerSettings(command: [
      root + "/.venv/bin/python", root + "/Tests/LocalRuntimeTests/resources/server.py", "{port}",
      "{model}", "{name}", "{version}",
    ])
    setup.local.isolation = isolation
    self.folder = folder
    self.clients = (0..<clients).map { _ in HTTPClient() }
    var logger = Logger(label: "serin.bench")
    logger.logLevel = .warning
    runtime = LocalRuntime(setup, intake: intake, logger: logger)
  }

  /// Puts a sampling of each deployment in force.
  func put(generation: Int, sampling: [DeploymentName: Int]) async throws {
    let revision = try revision()
    for (name, share) in sampling {
      let plan = Plan(
        generation: generation, loaded: [revision],
        shares: [.init(revision: revision.id, weight: .all)], sampling: .share(PerMille(share)))
      try await put(plan, to: name)
    }
  }

  /// Applies a plan until it is in force.
  func put(_ plan: Plan, to name: DeploymentName) async throws {
    while try await runtime.observe()[name]?.generationInForce != plan.generation {
      try await runtime.apply(plan, to: name)
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Returns a revision whose server behaves as the JSON says.
  func revision(_ name: String = "one", behaviour: String = "{}") throws -> Revision {
    let model = folder + "/model-\(name).json"
    if !FileManager.default.fileExists(atPath: model) {
      try Data((behaviour + "\n").utf8).write(to: URL(filePath: model))
    }
    return Revision(
      id: Revision.ID(name),
      model: Model(
        version: "1", uri: "file://\(model)", digest: nil, format: "fake", smoke: nil, retry: 0))
  }

  /// Loads a deployment that gets no traffic, and returns when it is ready.
  func load(_ name: DeploymentName, generation: Int) async throws {
    let revision = try revision()
    try await runtime.apply(
      Plan(generation: generation, loaded: [revision], shares: []), to: name)
    while try await runtime.observe()[name]?.readiness[revision.id] != .ready {
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Asks one deployment so many times; at a steady rate when there is one, else as fast as can be.
  func ask(_ name: DeploymentName, _ count: Int, rate: Int? = nil) async throws -> Block {
    let before = try envoyNanoseconds()
    let latencies = try await withThrowingTaskGroup(of: [Double].self) { group in
      for (number, client) in clients.enumerated() {
        group.addTask {
          // Clients come one after the other: together they would stand in each other's way.
          if let rate { try await Task.sleep(for: .seconds(1) * number / rate) }
          return try await ask(name, count / clients.count, client, rate.map { $0 / clients.count })
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    return Block(latencies: latencies, spent: Double(try envoyNanoseconds() - before) / 1000)
  }

  @concurrent private func ask(
    _ name: DeploymentName, _ count: Int, _ client: HTTPClient, _ rate: Int?
  ) async throws -> [Double] {
    var request = HTTPRequest("http://127.0.0.1:\(port)/v2/models/\(name.name)/infer")
    request.method = "POST"
    request.body = Self.body
    var latencies: [Double] = []
    let begin = ContinuousClock.now
    for index in 0..<count {
      if let rate { try await Task.sleep(until: begin + .seconds(1) * index / rate) }
      let start = ContinuousClock.now
      let response = try await client.send(request)
      latencies.append((ContinuousClock.now - start) / .microseconds(1))
      precondition(response.status == 200, "answer \(response.status)")
    }
    return latencies
  }

  /// Has the Envoy of copies, and the server and the relays of a candidate, run on one processor.
  func placeCopies(for name: DeploymentName, to candidate: String, on processor: Int) throws {
    let server = ServerKey(name, Revision.ID(candidate))
    let groups = [
      try pid(of: .copies),
      try pid(in: RuntimeFolder(folder + "/state").server(server, replica: 1)),
    ]
    let script =
      "for pid in $(pgrep -g \(groups[0]),\(groups[1])); do taskset -acp \(processor) $pid; done"
    let shell = Process()
    (shell.executableURL, shell.arguments) = (URL(filePath: "/bin/sh"), ["-c", script])
    shell.standardOutput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    precondition(shell.terminationStatus == 0, "taskset \(shell.terminationStatus)")
  }

  private func pid(of role: EnvoyRole) throws -> Int32 {
    try pid(in: RuntimeFolder(folder + "/state").envoy(role).path)
  }

  /// Reads the process that is written down in a folder, an Envoy's or a server's.
  private func pid(in folder: String) throws -> Int32 {
    struct Identity: Decodable { let pid: Int32 }
    struct Record: Decodable { let process: Identity }
    let data = try Data(contentsOf: URL(filePath: folder + "/process.json"))
    if let record = try? JSONDecoder().decode(Record.self, from: data) { return record.process.pid }
    return try JSONDecoder().decode(Identity.self, from: data).pid
  }

  /// The time that all threads of the clients' Envoy have had on a processor.
  private func envoyNanoseconds() throws -> Int {
    let pid = try pid(of: .clients)
    let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")
    return try threads.reduce(0) { sum, thread in
      let path = "/proc/\(pid)/task/\(thread)/schedstat"
      let text = try FileHandle(forReadingFrom: URL(filePath: path)).readToEnd() ?? Data()
      let field = String(decoding: text, as: UTF8.self).split(separator: " ").first
      return sum + (field.flatMap { Int($0) } ?? 0)
    }
  }
}
