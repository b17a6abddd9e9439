import Control
import Encoding
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What happens when a part of the machine dies: the controller, a model server, Envoy.
@Suite(.timeLimit(.minutes(5))) struct RuntimeRecoveryTests {
  /// A client goes on asking while one controller ends and the next one takes over, by the same
  /// processes: not one request fails, and the new one knows at once what is in force.
  @Test(.temporaryFolder, arguments: [IsolationSettings.Mode.bestEffort, .none])
  func aNewControllerAdoptsEverything(mode: IsolationSettings.Mode) async throws {
    var setup = try Workbench.setup()
    setup.local.isolation.mode = mode
    let first = Workbench(setup: setup)
    let (stable, candidate) = (
      try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
    )
    let plan = Workbench.plan(7, [(stable, 500), (candidate, 500)])
    try await first.runtime.start()
    try await first.put(plan)
    let pids = try [first.pid("envoy"), first.pid(of: stable), first.pid(of: candidate)]

    async let load = first.inferMany(1_000, clients: 4)
    await first.runtime.stop()
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    let state = try await second.runtime.observe()[Workbench.iris]
    #expect(state?.generationInForce == 7)
    #expect(state?.readiness == [stable.id: .ready, candidate.id: .ready])
    try await second.put(plan)
    let answers = try await load
    #expect(answers.keys.sorted() == ["200 rev1", "200 rev2"], "\(answers)")
    #expect(answers.values.reduce(0, +) == 1_000)
    #expect(try [second.pid("envoy"), second.pid(of: stable), second.pid(of: candidate)] == pids)
    #expect(pids.allSatisfy(isRunning))
    try await second.runtime.shutdown()
    #expect(!pids.contains(where: isRunning))
  }

  /// A controller that died while it unloaded a revision leaves a server that nobody asks for.
  @Test(.temporaryFolder) func orphansAreStopped() async throws {
    let setup = try Workbench.setup()
    let first = Workbench(setup: setup)
    let revision = try Workbench.revision("1")
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(revision, 1000)]))
    let pid = try first.pid(of: revision)
    await first.runtime.stop()
    try FileManager.default.removeItem(atPath: setup.folder + "/targets/default/iris.json")
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    #expect(!isRunning(pid))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: setup.folder + "/artifacts") == [])
    try await second.runtime.shutdown()
  }

  /// A controller may die between the start of a process and the note of it.
  @Test(.temporaryFolder) func processesThatNobodyNotedAreStopped() async throws {
    let setup = try Workbench.setup()
    let first = Workbench(setup: setup)
    let revision = try Workbench.revision("1")
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(revision, 1000)]))
    let pids = try [first.pid("envoy"), first.pid(of: revision)]
    await first.runtime.stop()
    for file in ["envoy", "servers/default/iris/rev1/1"] {
      try FileManager.default.removeItem(atPath: setup.folder + "/\(file)/process.json")
    }
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    #expect(!pids.contains(where: isRunning))
    try await eventually { try await second.readiness(revision) == .ready }
    try await second.put(Workbench.plan(2, [(revision, 1000)]))
    #expect(try await second.inferMany(10) == ["200 rev1": 10])
    try await second.runtime.shutdown()
  }

  /// After a planned end, or a power cut, everything comes back by itself.
  @Test(.temporaryFolder) func aShutDownRuntimeServesAgain() async throws {
    let setup = try Workbench.setup()
    let first = Workbench(setup: setup)
    let revision = try Workbench.revision("1")
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(revision, 1000)]))
    try await first.runtime.shutdown()
    await #expect(throws: HTTPError.self) { try await first.infer() }
    try FileManager.default.removeItem(
      at: TemporaryFolder.current.appending(path: "model-1.json"))
    let second = Workbench(setup: setup)
    try await second.runtime.start()
    try await eventually { try await second.infer().status == 200 }
    #expect(try await second.runtime.observe()[Workbench.iris]?.generationInForce == 1)
    try await second.runtime.shutdown()
  }

  /// A revision that was proven serves again although the source is gone, and so does a copy of it.
  @Test(.temporaryFolder) func aProvenArtifactOutlivesItsSource() async throws {
    let bench = Workbench(setup: try Workbench.setup())
    try await bench.runtime.start()
    let path = TemporaryFolder.current.appending(path: "model-1.json").path
    _ = try Workbench.revision("1")
    let first = try Workbench.revision("1", digest: ArtifactDigest.digest(of: path))
    try await bench.put(Workbench.plan(1, [(first, 1000)]))
    try await bench.runtime.shutdown()
    try FileManager.default.removeItem(atPath: path)
    let next = Workbench(setup: bench.setup)
    try await next.runtime.start()
    let copy = Revision(id: Revision.ID("rev1-baseline-rev2"), model: first.model)
    try await next.put(Workbench.plan(2, [(first, 500), (copy, 500)]))
    #expect(try await next.inferMany(20).values.reduce(0, +) == 20)
    try await next.runtime.shutdown()
  }

  @Test(.temporaryFolder, arguments: [IsolationSettings.Mode.bestEffort, .none])
  func aKilledServerIsStartedAgain(mode: IsolationSettings.Mode) async throws {
    try await Workbench.run({ $0.local.isolation.mode = mode }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let pid = try bench.pid(of: revision)
      kill(-pid, SIGKILL)
      try await eventually {
        try await bench.readiness(revision) == .preparing("restarting, attempt 1")
      }
      #expect(try await bench.infer().status == 503)
      try await eventually { try await bench.readiness(revision) == .ready }
      #expect(try bench.pid(of: revision) != pid)
      #expect(!isRunning(pid))
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// How a server ended is known to the first look after its end, and every end is counted, also by the
  /// next controller.
  @Test(.temporaryFolder) func theEndOfAServerIsTold() async throws {
    let bench = Workbench(setup: try Workbench.setup())
    try await bench.runtime.start()
    let revision = try Workbench.revision("1")
    try await bench.put(Workbench.plan(1, [(revision, 1000)]))
    #expect(try await bench.crash(of: revision) == nil)
    let pid = try bench.pid(of: revision)
    kill(-pid, SIGKILL)
    try await eventually(within: .milliseconds(500)) { !isRunning(pid) }
    let first = try #require(try await bench.crash(of: revision))
    #expect(first.count == 1 && first.signal == 9 && first.exitCode == nil)
    #expect((.zero...Duration.seconds(10)).contains(SystemClock().now.since(first.at)))
    try await eventually { try await bench.readiness(revision) == .ready }
    #expect(try await bench.crash(of: revision) == first)
    _ = try? await bench.infer(path: "/v2/models/iris/infer?die=3")
    try await eventually { try await bench.crash(of: revision)?.count == 2 }
    let second = try #require(try await bench.crash(of: revision))
    #expect(second.exitCode == 3 && second.signal == nil && !second.isOutOfMemory)
    #expect(second.detail == "RuntimeError: told to die")
    try await eventually { try await bench.readiness(revision) == .ready }
    await bench.runtime.stop()
    let next = Workbench(setup: bench.setup)
    try await next.runtime.start()
    #expect(try await next.crash(of: revision) == second)
    try await next.runtime.shutdown()
    // An end that was asked for is none.
    try await next.runtime.start()
    #expect(try await next.crash(of: revision) == second)
    try await next.runtime.shutdown()
  }

  @Test(.temporaryFolder) func aKilledEnvoyIsStartedAgain() async throws {
    try await Workbench.run { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.infer().status == 200)
      let epoch = try await bench.series(of: revision)?.epoch
      kill(try bench.pid("envoy"), SIGKILL)
      try await eventually { (try? await bench.infer().status) == 200 }
      try await eventually {
        try await bench.runtime.observe()[Workbench.iris]?.generationInForce == 1
      }
      let next = try await bench.series(of: revision)?.epoch
      #expect(epoch != nil && next != nil && next != epoch)
    }
  }

  /// A port that somebody else has is Envoy's to report: with its reason, and nothing left running.
  @Test(.temporaryFolder) func aTakenPortIsReported() async throws {
    let setup = try Workbench.setup()
    let thief = try BackgroundProcess(
      [TestTools.python, "-m", "http.server", "-b", "127.0.0.1", "\(setup.local.listen.port)"],
      in: TemporaryFolder.current, output: TemporaryFolder.current.appending(path: "thief.log"))
    defer { thief.stop() }
    try await eventually { Listeners.isListening(setup.local.listen.port) }
    let bench = Workbench(setup: setup)
    let error = await #expect(throws: LocalRuntimeError.self) { try await bench.runtime.start() }
    #expect(
      error?.description.contains("Address already in use") == true, "\(String(describing: error))")
    #expect(error?.kind == .addressTaken)
    let pid = try bench.pid("envoy")
    #expect(!isRunning(pid))
  }

  /// What Envoy refuses changes nothing: the reason is reported and the last good document is what
  /// an Envoy that starts later would read.
  @Test(.temporaryFolder) func aRejectedDocumentIsTakenBack() async throws {
    let setup = try Workbench.setup()
    let folder = RuntimeFolder(setup.folder)
    try folder.create()
    let configuration = EnvoyConfiguration(folder: folder, setup: setup)
    let envoy = try EnvoyControl(
      binary: Tools.find(setup.local).envoy, configuration: configuration, client: HTTPClient(),
      logger: Workbench.logger)
    let good = configuration.routes([])
    try await envoy.start([configuration.clusters([]), good, configuration.listeners()])
    let route = EnvoyRoute(
      deployment: Workbench.iris,
      shares: [.init(revision: Revision.ID("nowhere"), version: "1", weight: .all)])
    let bad = [
      (configuration.routes([route]), "unknown cluster 'default/iris/nowhere'"),
      (EnvoyDocument(.routes, resources: [["@type": "no.such/Type"]]), "no.such"),
      (
        EnvoyDocument(
          .clusters,
          resources: [
            ["@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "nmae": "x"]
          ]), "nmae"
      ),
    ]
    for (document, words) in bad {
      let error = await #expect(throws: LocalRuntimeError.self) {
        try await envoy.publish(document)
      }
      #expect(error?.kind == .rejected)
      #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }
    let path = setup.folder + "/envoy/rds/rds.json"
    #expect(try String(contentsOfFile: path, encoding: .utf8) == good.text)
    #expect(await envoy.isServing)
    try await envoy.publish(
      configuration.routes([EnvoyRoute(deployment: Workbench.iris, shares: [])]))
    try await envoy.shutdown(within: .seconds(1))
  }

  /// The waits grow, the sixth death in five minutes is a crash loop, and a good minute is forgiven.
  @Test func deathsAreCounted() {
    var now = ContinuousClock.now
    var history = RestartHistory(now: now)
    var waits: [Duration] = []
    for _ in 1...5 {
      waits.append(history.noteDeath(now: now))
      now += .seconds(1)
    }
    #expect(waits == [1, 2, 4, 8, 16].map { .seconds($0) })
    #expect(history.attempt == 5 && !history.isCrashLoop(now: now))
    #expect(history.noteDeath(now: now) == .seconds(32))
    #expect(history.noteDeath(now: now) == .seconds(60))
    #expect(history.noteDeath(now: now) == .seconds(60))
    #expect(history.isCrashLoop(now: now))
    #expect(!history.isCrashLoop(now: now + .seconds(300)))
    history.noteStart(now: now)
    #expect(history.noteDeath(now: now + .seconds(59)) == .seconds(60))
    history.noteStart(now: now)
    #expect(history.noteDeath(now: now + .seconds(60)) == .seconds(1))
    history.noteReady()
    #expect(history.attempt == 0)
  }
}
