import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Logging
import Manifests
import Rollouts
import TestKit
import Testing

/// The tools of this test run.
///
/// They come from the environment, or from the virtual environment that `hack/test` makes at the
/// package's root. A test that needs a missing one fails with the runtime's own words.
enum TestTools {
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardized
  static let environment = ProcessInfo.processInfo.environment
  static let python = testPython

  static func resource(_ name: String) -> String {
    root.path + "/Tests/LocalRuntimeTests/resources/\(name)"
  }
}

/// A runtime in the test's folder with model servers that are cheap to start.
final class Workbench: Sendable {
  let runtime: LocalRuntime
  let setup: LocalRuntimeSetup
  let client = HTTPClient()
  static let iris = DeploymentName(namespace: "default", name: "iris")
  static let good = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"data":[1,1,1,1]}]}"#
  static let bad = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,1]}]}"#

  init(setup: LocalRuntimeSetup, intake: (any PayloadIntake)? = nil) {
    self.setup = setup
    runtime = LocalRuntime(setup, intake: intake, logger: Self.logger)
  }

  /// Quiet, unless a person wants to see.
  static let logger: Logger = {
    var logger = Logger(label: "serin.test")
    logger.logLevel = TestTools.environment["SERIN_TEST_LOG"] == nil ? .critical : .debug
    return logger
  }()

  static func setup(folder: URL = TemporaryFolder.current) throws -> LocalRuntimeSetup {
    var setup = LocalRuntimeSetup(folder: folder.appending(path: "state").path)
    setup.local.listen.port = try freePort()
    setup.local.envoy = TestTools.environment["SERIN_ENVOY"]
    setup.local.python = TestTools.python
    setup.local.server = ServerSettings(command: [
      TestTools.python, TestTools.resource("server.py"), "{port}", "{model}", "{name}", "{version}",
    ])
    setup.local.drainTimeout = .seconds(5)
    setup.relay = builtProgram("serin-relay")
    setup.unknownModelPatience = .milliseconds(300)
    return setup
  }

  /// Runs `body` with a started runtime, and ends everything that it started.
  static func run(
    _ change: (inout LocalRuntimeSetup) -> Void = { _ in },
    intake: (any PayloadIntake)? = nil,
    _ body: (Workbench) async throws -> Void
  ) async throws {
    var setup = try Self.setup()
    change(&setup)
    let bench = Workbench(setup: setup, intake: intake)
    try await bench.runtime.start()
    do {
      try await body(bench)
    } catch {
      try await bench.runtime.shutdown()
      throw error
    }
    try await bench.runtime.shutdown()
  }

  /// Returns a revision whose server behaves as the JSON says.
  static func revision(
    _ version: String, behaviour: String = "{}", digest: String? = nil, smoke: String? = nil,
    expecting answer: ExpectedAnswer? = nil
  ) throws -> Revision {
    let file = TemporaryFolder.current.appending(path: "model-\(version).json")
    try Data((behaviour + "\n").utf8).write(to: file)
    return Revision(
      id: Revision.ID("rev\(version)"),
      model: Model(
        version: version, uri: "file://\(file.path)", digest: digest, format: "fake", smoke: smoke,
        retry: 0, answer: answer))
  }

  /// Returns a plan that loads the revisions and gives each its share.
  static func plan(
    _ generation: Int, _ shares: [(Revision, Int)], loaded: [Revision] = [], sampling: Int = 0,
    replicas: Int = 1
  ) -> Plan {
    Plan(
      generation: generation, loaded: shares.map(\.0) + loaded,
      shares: shares.filter { $0.1 > 0 }.map {
        Plan.Share(revision: $0.0.id, weight: PerMille($0.1))
      }, sampling: .share(PerMille(sampling)), replicas: replicas)
  }

  /// Applies a plan as the controller does, again and again, until it is in force.
  func put(_ plan: Plan, to deployment: DeploymentName = Workbench.iris) async throws {
    try await eventually {
      try await runtime.apply(plan, to: deployment)
      return try await runtime.observe()[deployment]?.generationInForce == plan.generation
    }
  }

  func readiness(_ revision: Revision) async throws -> Readiness {
    try await runtime.observe()[Self.iris]?.readiness[revision.id] ?? .absent
  }

  func crash(of revision: Revision) async throws -> Crash? {
    try await runtime.observe()[Self.iris]?.crashes[revision.id]
  }

  /// Waits for a revision to fail, and returns why.
  func failure(of revision: Revision) async throws -> String {
    var reason = ""
    try await eventually {
      guard case .failed(let text) = try await readiness(revision) else { return false }
      reason = text
      return true
    }
    return reason
  }

  /// Asks for one inference.
  func infer(
    _ body: String = good, path: String = "/v2/models/iris/infer", with header: HeaderMatch? = nil
  ) async throws -> HTTPResponse {
    var request = HTTPRequest("http://127.0.0.1:\(setup.local.listen.port)\(path)")
    request.method = "POST"
    request.body = Array(body.utf8)
    if let header { request.headers.append((header.header, header.value)) }
    return try await client.send(request)
  }

  /// Asks many times, from several clients at once; returns how often each answer came.
  func inferMany(
    _ count: Int, clients: Int = 8, _ body: String = good, with header: HeaderMatch? = nil
  ) async throws -> [String: Int] {
    try await withThrowingTaskGroup(of: [String: Int].self) { group in
      for client in 0..<clients {
        let share = count / clients + (client < count % clients ? 1 : 0)
        group.addTask {
          var answers: [String: Int] = [:]
          for _ in 0..<share {
            let response = try await self.infer(body, with: header)
            let revision = response.headers.first { $0.name == "serin-revision" }?.value ?? "none"
            answers["\(response.status) \(revision)", default: 0] += 1
          }
          return answers
        }
      }
      return try await group.reduce(into: [:]) { $0.merge($1) { $0 + $1 } }
    }
  }

  /// The process of a model server or of Envoy, as it is written down.
  func pid(_ path: String) throws -> Int32 {
    struct Identity: Decodable { let pid: Int32 }
    struct Record: Decodable { let process: Identity }
    let data = try Data(contentsOf: URL(filePath: setup.folder + "/" + path + "/process.json"))
    if let record = try? JSONDecoder().decode(Record.self, from: data) { return record.process.pid }
    return try JSONDecoder().decode(Identity.self, from: data).pid
  }

  func pid(of revision: Revision, replica: Int = 1) throws -> Int32 {
    try pid("servers/\(Self.iris)/\(revision.id)/\(replica)")
  }
}

/// Whether a process runs and is no zombie.
func isRunning(_ pid: Int32) -> Bool {
  guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else {
    return false
  }
  return !text.contains(") Z ")
}
