import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Models that try what they should not, on the real machine, with what it gives.
@Suite(.timeLimit(.minutes(5))) struct IsolationTests {
  /// What a model server found out about itself.
  struct Report: Decodable {
    let uid: Int
    let files: [Int]
    let read: [String: String]
    let write: [String: String]
    let connect: [String: String]
    let sockets: [String: String]
    let root: String
    let status: [String: String]
    let processes: [String]
    let limits: [Int]
    let room: String
    let readOnly: [String: Bool]

    enum CodingKeys: String, CodingKey {
      case uid, files, read, write, connect, sockets, status, processes, limits, room
      case readOnly = "read only"
      case root = "become root"
    }
  }

  static let victim = DeploymentName(namespace: "payments", name: "fraud")

  /// Runs `body` with a victim that serves, and an intruder in the same runtime that has tried its plan.
  static func intrude(
    _ plan: (Workbench) throws -> [String: Any],
    _ change: (inout LocalRuntimeSetup) -> Void = { _ in },
    _ body: (Workbench, Report) async throws -> Void
  ) async throws {
    try await Workbench.run({
      $0.local.server = Self.server
      change(&$0)
    }) { bench in
      let quiet = try Workbench.revision("7")
      try await bench.put(Workbench.plan(1, [(quiet, 1000)]), to: Self.victim)
      let data = try JSONSerialization.data(withJSONObject: plan(bench))
      let intruder = try Workbench.revision(
        "1", behaviour: String(decoding: data, as: UTF8.self))
      try await bench.put(Workbench.plan(1, [(intruder, 1000)]))
      try await body(bench, try await Self.report(bench))
      #expect(try await bench.infer(path: "/payments/v2/models/fraud/infer").status == 200)
    }
  }

  static let server = ServerSettings(command: [
    TestTools.python, TestTools.resource("intruder.py"), "{port}", "{model}", "{name}",
    "{version}",
  ])

  static func report(_ bench: Workbench) async throws -> Report {
    let url = "http://127.0.0.1:\(bench.setup.local.listen.port)/v2/models/iris/report"
    let response = try await bench.client.send(HTTPRequest(url))
    return try JSONDecoder().decode(Report.self, from: Data(response.body))
  }

  static func runs(_ words: String) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.contains { name in
      guard Int(name) != nil,
        let data = FileManager.default.contents(atPath: "/proc/\(name)/cmdline")
      else { return false }
      return String(decoding: data, as: UTF8.self).replacing("\0", with: " ").hasPrefix(words)
    }
  }

  /// A model sees neither the state folder nor a key nor another server's files, writes to nothing that is
  /// not its own, reaches no port and no socket of the machine, and has no rights to give itself.
  @Test(.temporaryFolder) func aModelSeesItsOwnAlone() async throws {
    let outside = try SilentServer()
    let key = TemporaryFolder.current.appending(path: "ledger.key").path
    try Data("secret".utf8).write(to: URL(filePath: key))
    try await Self.intrude(
      { bench in
        let state = bench.setup.folder
        let artifacts = try FileManager.default.contentsOfDirectory(atPath: state + "/artifacts")
        return [
          "read": [
            key, state, state + "/targets", state + "/lock",
            state + "/servers/\(Self.victim)/rev7/1/process.json", "/root", "/home",
            "\(state)/artifacts/\(artifacts[0])", "/etc/shadow", "/etc/ssl/private", "/run",
          ],
          "write": [state + "/x", key],
          "connect": [["127.0.0.1", outside.port], ["127.0.0.1", bench.setup.local.listen.port]],
          "sockets": [state + "/envoy/admin.sock"],
        ]
      }, { _ in },
      { _, report in
        let state = TemporaryFolder.current.appending(path: "state").path
        #expect(report.read[key] == "FileNotFoundError")
        // Of the folders above its own files it sees the way to them and nothing else.
        #expect(
          ["['artifacts', 'servers']", "['servers', 'artifacts']"].contains(report.read[state]))
        for path in ["/targets", "/lock", "/servers/\(Self.victim)/rev7/1/process.json"] {
          #expect(report.read[state + path] == "FileNotFoundError")
        }
        for path in ["/home", "/etc/shadow", "/etc/ssl/private"] {
          #expect(report.read[path] == "FileNotFoundError", "\(path)")
        }
        #expect(report.read.values.allSatisfy { !$0.contains("secret") })
        #expect(Set(report.write.values).isSubset(of: Self.refusals), "\(report.write)")
        #expect(report.readOnly == ["/": true, "/usr": true, "/tmp": false])
        #expect(!report.connect.values.contains("done"), "\(report.connect)")
        #expect(report.sockets.values.allSatisfy { $0 == "FileNotFoundError" })
        #expect(report.status["NoNewPrivs"] == "1")
        #expect(report.status["CapEff"] == "0000000000000000")
        #expect(report.root == "PermissionError")
        #expect(report.uid >= Defaults.firstUser || getuid() != 0)
        #expect(report.files == [0, 1, 2])
        #expect(report.processes.count <= 5, "\(report.processes)")
        #expect(report.limits[0] == Defaults.serverProcesses)
        #expect(report.room == "done")
      })
  }

  private static let refusals: Set = ["OSError", "PermissionError", "FileNotFoundError"]

  /// An artifact is read-only for the model that it is, and each server has a user of its own.
  @Test(.temporaryFolder) func anArtifactIsReadOnly() async throws {
    try await Workbench.run({ $0.local.server = Self.server }) { bench in
      // The place of an artifact is known from its digest.
      let first = try Workbench.revision("1", behaviour: "{}")
      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      let before = try await Self.report(bench).uid
      let folder = bench.setup.folder + "/artifacts"
      let places = try FileManager.default.subpathsOfDirectory(atPath: folder)
      let file = try #require(places.first { $0.hasSuffix(".json") })
      let second = try Workbench.revision(
        "2", behaviour: #"{"write": ["\#(folder)/\#(file)"]}"#)
      try await bench.put(Workbench.plan(2, [(second, 1000)], loaded: [first]))
      let report = try await Self.report(bench)
      #expect(Set(report.write.values).isSubset(of: Self.refusals), "\(report.write)")
      #expect(report.uid != before || getuid() != 0)
    }
  }

  /// Whatever a server started ends with it, in whatever session it hides: when it is asked to end, and
  /// when it is killed.
  @Test(.temporaryFolder, arguments: [false, true])
  func nothingIsLeftBehind(isKilled: Bool) async throws {
    let seconds = "9\(getpid()).\(isKilled ? 1 : 2)"
    let bench = Workbench(setup: try Self.setup())
    try await bench.runtime.start()
    let revision = try Workbench.revision("1", behaviour: #"{"stay": \#(seconds)}"#)
    try await bench.put(Workbench.plan(1, [(revision, 1000)]))
    #expect(Self.runs("sleep \(seconds)"))
    if isKilled {
      kill(try bench.pid(of: revision), SIGKILL)
      try await eventually { try await bench.crash(of: revision)?.signal == 9 }
      try FileManager.default.removeItem(
        at: TemporaryFolder.current.appending(path: "model-1.json"))
      await bench.runtime.stop()
      try await eventually { !Self.runs("sleep \(seconds)") }
      let next = Workbench(setup: bench.setup)
      try await next.runtime.start()
      try await next.runtime.shutdown()
    } else {
      try await bench.runtime.shutdown()
    }
    try await eventually(within: .seconds(5)) { !Self.runs("sleep \(seconds)") }
  }

  private static func setup() throws -> LocalRuntimeSetup {
    var setup = try Workbench.setup()
    setup.local.server = server
    return setup
  }

  /// A server whose first process dies while no controller runs leaves the rest of it to the next one, and to
  /// whoever stops everything.
  @Test(.temporaryFolder, arguments: [false, true])
  func theRestOfADeadServerIsEnded(isStopped: Bool) async throws {
    let seconds = "8\(getpid()).\(isStopped ? 5 : 6)"
    let bench = Workbench(setup: try Self.setup())
    try await bench.runtime.start()
    let revision = try Workbench.revision("1", behaviour: #"{"stay": \#(seconds)}"#)
    try await bench.put(Workbench.plan(1, [(revision, 1000)]))
    await bench.runtime.stop()
    let pid = try bench.pid(of: revision)
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    let next = Workbench(setup: bench.setup)
    if isStopped {
      try await next.runtime.shutdownLeftovers()
    } else {
      try await next.runtime.start()
      try await eventually { try await next.readiness(revision) == .ready }
      try await next.runtime.shutdown()
    }
    try await eventually(within: .seconds(5)) { !Self.runs("sleep \(seconds)") }
  }

  /// A process of the machine that listens on a server's port takes nothing from a server that has a network
  /// of its own.
  @Test(.temporaryFolder) func aPortOfTheMachineIsNotTheServers() async throws {
    try await Workbench.run { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let thief = try PortTests.squatter(on: PortTests.port(of: revision, bench))
      defer { thief.stop() }
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      kill(try bench.pid(of: revision), SIGKILL)
      _ = try? await bench.inferMany(5)
      try await eventually { try await bench.crash(of: revision) != nil }
      try await eventually { try await bench.readiness(revision) == .ready }
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
      #expect(PortTests.stolen == "")
    }
  }

  /// Models may open connections when the operator says so, and their ports are the machine's then.
  @Test(.temporaryFolder) func egressIsTheOperatorsWord() async throws {
    let outside = try SilentServer()
    try await Self.intrude(
      { _ in ["connect": [["127.0.0.1", outside.port]]] },
      { $0.local.isolation.egress = true },
      { _, report in
        #expect(Array(report.connect.values) == ["done"])
        #expect(report.uid >= Defaults.firstUser || getuid() != 0)
      })
  }

  /// Limits and what else may be seen are the operator's words, too.
  @Test(.temporaryFolder) func limitsAndPathsAreSet() async throws {
    let shared = TemporaryFolder.current.appending(path: "shared").path
    try Data("for all".utf8).write(to: URL(filePath: shared))
    try await Self.intrude(
      { _ in ["read": [shared]] },
      {
        $0.local.isolation.limits = ServerLimits(memory: 512 << 20, processes: 77)
        $0.local.isolation.visible = [shared]
      },
      { _, report in
        #expect(report.read[shared] == "for all")
        #expect(report.limits[0] == 77)
        // Where groups can be made they limit memory; here each process is limited.
        #expect([512 << 20, -1].contains(report.limits[1]))
      })
  }

  /// Without bubblewrap a start is refused when isolation is required, with what to install; else models are
  /// served without it.
  @Test(.temporaryFolder) func whatIsRequiredIsNotGivenUp() async throws {
    var setup = try Workbench.setup()
    setup.bubblewrap = "/no/such/bwrap"
    setup.local.isolation.mode = .required
    let bench = Workbench(setup: setup)
    let error = await #expect(throws: LocalRuntimeError.self) { try await bench.runtime.start() }
    #expect(error?.kind == .missingTool)
    #expect(error?.message.contains("apt-get install bubblewrap") == true)
    // Limits of all processes together are asked for, and this machine may have no group for them.
    setup = try Workbench.setup()
    setup.local.isolation.mode = .required
    setup.local.isolation.limits.memory = 1 << 30
    if (try? ControlGroups.prepare()) == nil {
      let bench = Workbench(setup: setup)
      await #expect(throws: LocalRuntimeError.self) { try await bench.runtime.start() }
    }
    try await Workbench.run({ $0.local.isolation.mode = .required }) { _ in }
    try await Workbench.run({ $0.bubblewrap = "/no/such/bwrap" }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.inferMany(5) == ["200 rev1": 5])
    }
  }

  /// A server that was started with more rights than it may have now is started again.
  @Test(.temporaryFolder) func anOpenServerIsShutIn() async throws {
    var open = try Workbench.setup()
    open.local.isolation.mode = .none
    let first = Workbench(setup: open)
    let revision = try Workbench.revision("1")
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(revision, 1000)]))
    let pid = try first.pid(of: revision)
    await first.runtime.stop()
    var closed = open
    closed.local.isolation.mode = .bestEffort
    let second = Workbench(setup: closed)
    try await second.runtime.start()
    try await eventually { try await second.readiness(revision) == .ready }
    #expect(!isRunning(pid))
    #expect(try await second.inferMany(10) == ["200 rev1": 10])
    try await second.runtime.shutdown()
  }
}
