import Foundation
import TestKit
import Testing

/// The main job on real parts: the built program, git, Envoy, model servers, and clients under load.
@Suite(.serialized) struct EndToEndTests {
  /// v2 is promoted through its steps, v3 fails every request and is rolled back, and no client of a
  /// healthy version ever sees a failure.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func promotionAndRollback() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2)
    try await team.waitFor("complete v2")
    try team.deploy(3, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("rollback v3")
    try await Task.sleep(for: .seconds(2))
    let answers = try team.endTraffic(traffic)

    #expect(Set(answers.keys) == ["v1 200", "v2 200", "v3 500"], "\(answers)")
    // Three looks of one second at a tenth of 50 requests a second, and one more for the way there.
    #expect(answers["v3 500", default: 0] <= 25, "\(answers)")
    let decisions = try team.decisions()
    #expect(decisions.map(\.seq) == Array(1...decisions.count))
    #expect(
      decisions.map(\.text).filter { $0.hasSuffix("v2") } == [
        "admit v2", "advance v2", "advance v2", "promote v2", "complete v2",
      ])
    // The record says why in the model's own words, and so do those who read it.
    let rollback = try #require(decisions.last)
    #expect(rollback.errorSample?.body == #"{"error": "this model fails"}"#)
    #expect(rollback.cause == "slo" && rollback.crash == nil)
    for command in [["audit", "why", "iris"], ["status"]] {
      let told = try Command(command + ["--repo", team.remote.path])
      #expect(told.output.contains(#"500: {"error": "this model fails"}"#), "\(told.output)")
    }
    // Promotion restarts nothing: each version's server was started once.
    #expect(team.log.split(separator: "\n").count { $0.contains("model server started") } == 3)
    try team.expectStatus("healthy")
    try team.expectRightLedger()
  }

  /// The server of a candidate is killed again and again: the record blames that, and not its answers.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func aKilledCandidate() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2, steps: "[50%]")
    try await team.waitFor("advance v2")
    try await eventually(within: .seconds(60)) {
      try team.killServer(of: "2")
      return try team.decisions().contains { $0.text == "rollback v2" }
    }
    _ = try team.endTraffic(traffic)
    let rollback = try #require(try team.decisions().last { $0.text == "rollback v2" })
    #expect(rollback.cause == "runtime")
    let words = "the model server was killed (signal 9)"
    #expect(rollback.reason.hasPrefix(words) && rollback.reason.contains("; errors "))
    #expect(rollback.crash?.signal == 9 && rollback.errorSample?.status == 503)
    try team.expectRightLedger()
  }

  /// `--once` brings everything to rest, publishes it, and ends.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func once() async throws {
    let team = try Team()
    try team.deploy(1)
    defer { try? team.stopServing() }
    let result = try Command("run", "--config", "controller.yaml", "--once")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try team.decisions().map(\.text) == ["admit v1", "promote v1", "complete v1"])
    // A folder that does not exist is no removal, and a branch that does not is said.
    let wrongFolder = try Command("run", "--config", "controller.yaml", "--once", "--path", "nope")
    #expect(wrongFolder.status == 0 && wrongFolder.errors.contains("stay until a commit confirms"))
    #expect(try team.decisions().count == 3)
    let wrongBranch = try Command(
      "run", "--config", "controller.yaml", "--once", "--branch", "nope")
    #expect(wrongBranch.status == 69, "\(wrongBranch.errors)")
    // What will never be there is told from what is away.
    try FileManager.default.removeItem(at: team.remote)
    let gone = try Command("run", "--config", "controller.yaml", "--once")
    #expect(gone.status == 1 && gone.errors.contains("there is no git repository"))
  }

  /// The controller is killed in the middle of a step, under load: nobody notices, and it goes on
  /// with the counts it had.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func killedInAStep() async throws {
    let team = try Team()
    try team.deploy(1)
    var serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    try team.deploy(2)
    try await team.waitFor("advance v2")
    serin.stop(SIGKILL)
    let before = try team.decisions(in: team.folder.appending(path: "state/ledger.git"))
    try await Task.sleep(for: .seconds(2))
    serin = try team.start()
    try await team.waitFor("complete v2")
    let answers = try team.endTraffic(traffic)
    let ended = Int(Date.now.timeIntervalSince1970 * 1000)

    #expect(Set(answers.keys) == ["v1 200", "v2 200"], "\(answers)")
    let decisions = try team.decisions()
    #expect(decisions.map(\.seq) == Array(1...decisions.count), "a decision is lost or doubled")
    #expect(decisions.prefix(before.count).map(\.text) == before.map(\.text))
    #expect(decisions.map(\.text).filter { $0 == "advance v2" }.count == 2)
    let counted = decisions.map { $0.exposure["candidate", default: 0] }.reduce(0, +)
    #expect(counted <= answers["v2 200", default: 0], "\(counted) of \(answers)")
    let first = try #require(decisions.first { $0.text == "promote v1" })
    #expect(first.seq == 2)
    // What was answered before the kill and while nobody watched is counted, and once: what no decision
    // has is 50 requests a second since the last one, and at most a second before it.
    let recorded = decisions.flatMap(\.exposure.values).reduce(0, +)
    let missing = answers.values.reduce(0, +) - recorded
    let since = try ended - #require(decisions.last).decidedAt
    #expect((0...50 * (since + 1000) / 1000).contains(missing), "\(missing) after \(since) ms")
    try team.expectRightLedger()
  }

  /// The remote is away during a rollback: the rollback happens at once, and its commit is pushed when
  /// the remote is back.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rollbackWithoutTheRemote() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("advance v2")
    let away = team.folder.appending(path: "away.git")
    try FileManager.default.moveItem(at: team.remote, to: away)
    let traffic = try team.startTraffic()
    let local = team.folder.appending(path: "state/ledger.git")
    try await eventually(within: .seconds(60)) {
      try team.decisions(in: local).last?.text == "rollback v2"
    }
    #expect(try team.decisions(in: away).last?.text != "rollback v2")
    try FileManager.default.moveItem(at: away, to: team.remote)
    try await team.waitFor("rollback v2")
    let answers = try team.endTraffic(traffic)
    #expect(answers["v2 500", default: 0] <= 25, "\(answers)")
  }

  /// Ctrl-C ends the controller, and what serves goes on; the next start takes it over.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func interruptedAndStartedAgain() async throws {
    let team = try Team()
    try team.deploy(1)
    let first = try team.start()
    defer { try? team.stopServing() }
    defer { first.stop(SIGKILL) }
    try await team.waitFor("complete v1")
    let traffic = try team.startTraffic()
    #expect(first.stop(SIGINT) == 0, "\(team.log)")
    try await Task.sleep(for: .seconds(1))
    let second = try team.start()
    defer { second.stop(SIGKILL) }
    try await Task.sleep(for: .seconds(3))
    #expect(second.stop(SIGTERM) == 0, "\(team.log)")
    let answers = try team.endTraffic(traffic)
    #expect(Set(answers.keys) == ["v1 200"], "\(answers)")
    #expect(try team.decisions().count == 3)
  }

  /// A second controller takes the ledger over: the first ends at its next push, with a code of its
  /// own, and leaves what serves.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func takenOver() async throws {
    let team = try Team()
    try team.deploy(1)
    let first = try team.start()
    defer { try? team.stopServing() }
    defer { first.stop(SIGKILL) }
    try await team.waitFor("complete v1")
    let beside = try Command("run", "--config", "controller.yaml", "--once", "--take-over")
    #expect(beside.status == 1 && beside.errors.contains("error: a serin controller is using "))
    try team.writeSecondConfiguration()
    // Without somebody's word it is left alone, and the file of the second has its own state folder.
    let unasked = try Command("run", "--config", "second.yaml", "--once")
    #expect(unasked.status == 69, "\(unasked.errors)")
    #expect(unasked.errors.contains("error: another controller, test, is in charge of this ledger"))
    #expect(unasked.errors.contains("if it is dead: serin run --take-over"))
    let second = try Command("run", "--config", "second.yaml", "--once", "--take-over")
    defer { try? team.stopServing(state: "second") }
    try #require(second.status == 0, "\(second.errors)")
    let traffic = try team.startTraffic()
    try team.deploy(2)
    let words = "error: another controller, test, took the ledger over at "
    try await eventually { team.log.contains(words) }
    #expect(first.wait() == 77, "\(team.log)")
    // What it advises to do works.
    let advice = "serin audit adopt --take remote --reason WHY, then serin run --take-over\n"
    #expect(team.log.contains(advice), "\(team.log)")
    let adopted = try Command(
      "audit", "adopt", "--take", "remote", "--reason", "test", "--config", "controller.yaml")
    #expect(adopted.status == 0, "\(adopted.errors)")
    let again = try Command("run", "--config", "controller.yaml", "--once", "--take-over")
    #expect(again.status == 0, "\(again.errors)")
    let answers = try team.endTraffic(traffic)
    #expect(answers.keys.allSatisfy { $0.hasSuffix(" 200") }, "\(answers)")
    try team.expectRightLedger()
  }

  /// A second controller waits while the first lives, although that has nothing to do; when it is killed, the
  /// second takes over after the lease.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func livingControllerIsLeftAlone() async throws {
    let team = try Team()
    try team.replace("pushInterval: 1s", by: "pushInterval: 1s, maxPublishLag: 12s")
    try team.deploy(1)
    let first = try team.start()
    defer { try? team.stopServing() }
    defer { first.stop(SIGKILL) }
    try await team.waitFor("complete v1")
    try team.writeSecondConfiguration()
    let file = team.folder.appending(path: "second.log")
    let second = try BackgroundProcess(
      [Command.program, "run", "--config", "second.yaml"], in: team.folder, output: file)
    defer { try? team.stopServing(state: "second") }
    defer { second.stop(SIGKILL) }
    func said(_ words: String) throws -> Bool {
      try String(contentsOf: file, encoding: .utf8).contains(words)
    }
    try await eventually { try said("another controller is in charge") && said("owner=test") }
    var signs: Set<String> = []
    // A sign at each quarter of a lease: these are longer than one.
    try await eventually {
      signs.insert(try team.signOfLife())
      return signs.count > 6
    }
    #expect(try said("the other controller is alive") && team.epochs() == 1)
    first.stop(SIGKILL)
    try await eventually { try team.epochs() == 2 }
    #expect(try said("the other controller was silent for its whole lease: taking over"))
    try team.expectRightLedger()
  }

  /// A ledger's repository that is damaged ends the start with what to do, and that works.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func damagedRepositoryIsMadeAgain() async throws {
    let team = try Team()
    try team.deploy(1)
    defer { try? team.stopServing() }
    let run = ["run", "--config", "controller.yaml", "--once"]
    #expect(try Command(run).status == 0)
    let repository = team.folder.appending(path: "state/ledger.git")
    try Data().write(to: repository.appending(path: "refs/heads/serin/ledger"))
    let damaged = try Command(run)
    #expect(damaged.status == 1 && damaged.errors.contains("ledger.git: corrupted"))
    #expect(damaged.errors.contains("hint: if ledger.git is damaged, move it away: "))
    try FileManager.default.moveItem(at: repository, to: team.folder.appending(path: "damaged.git"))
    let again = try Command(run)
    #expect(again.status == 0, "\(again.errors)")
    #expect(try team.decisions().map(\.text) == ["admit v1", "promote v1", "complete v1"])
    try team.expectRightLedger()
  }

  /// The disk of the state folder is full when a candidate turns bad: its traffic returns all the same,
  /// and the record follows.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func rollbackOnAFullDisk() async throws {
    let team = try Team()
    let disk = try SmallDisk(at: team.folder.appending(path: "state"), megabytes: 100)
    defer { disk.remove() }
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    try team.deploy(2, behaviour: #"{"fail": 1}"#)
    try await team.waitFor("advance v2")
    // What is still under way, such as the advance itself, may need the ballast: then once more.
    try await eventually(within: .seconds(60)) {
      try disk.fill()
      try await Task.sleep(for: .seconds(1))
      let names = try FileManager.default.subpathsOfDirectory(atPath: disk.folder.path)
      if names.contains(where: { $0.hasSuffix("/ballast") }) { return true }
      try disk.makeRoom()
      try await Task.sleep(for: .seconds(2))
      return false
    }
    // Less than the ballast is what was under way: it must not make room for the record.
    let traffic = try await disk.keptFull(little: 4 << 20) {
      let traffic = try team.startTraffic()
      try await team.waitFor("rollback v2")
      return traffic
    }
    try await Task.sleep(for: .seconds(2))
    let answers = try team.endTraffic(traffic)
    #expect(answers["v2 500", default: 0] <= 25 && answers["v1 200", default: 0] > 50, "\(answers)")
    let rollback = try #require(try team.decisions().last)
    #expect(rollback.text == "rollback v2")
    #expect(rollback.reason.contains(" (recorded late: "), "\(rollback.reason)")
    // A hold on the way to it may have been the first that found no room.
    let late = try team.decisions().map(\.reason).filter { $0.contains(" (recorded late: ") }
    #expect(late.first?.contains("No space left on device") == true, "\(late)")
    try team.expectRightLedger()
  }

  /// A wrong digest is refused before any traffic.
  ///
  /// The operator's log alone says which one the file has: who wrote the manifest may not be allowed to read it.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wrongDigest() async throws {
    let team = try Team()
    try team.deploy(1)
    let serin = try team.start()
    defer { try? team.stopServing() }
    defer { serin.stop(SIGINT) }
    try await team.waitFor("complete v1")
    let promised = String(repeating: "0", count: 64)
    try team.deploy(2, promised: promised)
    try await team.waitFor("reject v2")
    let reason = try #require(try team.decisions().last?.reason)
    let model = team.models.appending(path: "2/model.json").path
    let found = try String(shell(["sha256sum", model]).prefix(64))
    #expect(reason.contains(promised) && !reason.contains(found), "\(reason)")
    #expect(team.log.contains(found), "\(team.log)")
    #expect(try !team.decisions().contains { $0.text == "advance v2" })
    try team.expectStatus("healthy")
  }
}

extension Team {
  /// Writes `second.yaml`: a controller of the same ledger with a state folder and a port of its own.
  func writeSecondConfiguration() throws {
    let text = try String(contentsOf: folder.appending(path: "controller.yaml"), encoding: .utf8)
      .replacing("state: state", with: "state: second")
      .replacing("\(port)", with: "\(freePort())")
    try Data(text.utf8).write(to: folder.appending(path: "second.yaml"))
  }

  /// Replaces some words of the controller's file.
  func replace(_ words: String, by others: String) throws {
    let file = folder.appending(path: "controller.yaml")
    let text = try String(contentsOf: file, encoding: .utf8).replacing(words, with: others)
    try Data(text.utf8).write(to: file)
  }

  /// How many epochs the remote's ledger has.
  func epochs() throws -> Int {
    try shell(["git", "-C", remote.path, "ls-tree", "--name-only", "serin/ledger", "epochs/"])
      .split(separator: "\n").count
  }

  /// Where the remote's sign of life points; empty before the first.
  func signOfLife() throws -> String {
    try shell(["git", "-C", remote.path, "for-each-ref", "--format=%(objectname)", "refs/serin"])
  }

  /// Expects `serin status` to show a phase, from the remote alone.
  func expectStatus(_ phase: String) throws {
    let status = try Command("status", "--repo", remote.path)
    #expect(status.status == 0)
    #expect(status.output.contains("default/iris  \(phase) "), "\(status.output)")
  }

  /// Expects an auditor to find every published decision as the controller wrote it.
  func expectRightLedger() throws {
    let audit = try Command(
      "audit", "verify", "--repo", remote.path, "--allowed-signers", "trusted",
      "--manifests", remote.path)
    #expect(audit.status == 0, "\(audit.output)\(audit.errors)")
  }
}
