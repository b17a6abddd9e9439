import CFaults
import Control
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import SimulationKit

/// What a controller writes, without the controller: a claim, and decisions with their checkpoints.
///
/// Made to be killed and to run out of disk at each of its steps in turn. It tries again what fails,
/// as a controller does, and says at once what it was told is durable, so that whoever killed it
/// knows what must be there.
///
///     LedgerWriter FOLDER KEY DECISIONS DEPLOYMENTS [TOGETHER]
///
/// At the end it makes so many decisions TOGETHER, in one write, each about a deployment of its own.
@main
struct LedgerWriter {
  private let store: GitLedgerStore
  private let checkpoints: CheckpointFolder
  private let controller: ControllerIdentity
  private var head: LedgerHead
  private var deployments: [RestlessDeployment]

  /// A disk that is full for good must end it.
  private static let triesLimit = 4

  static func main() async {
    do {
      let arguments = CommandLine.arguments
      let (folder, key) = (arguments[1], arguments[2])
      let (decisions, deployments) = (Int(arguments[3]) ?? 0, Int(arguments[4]) ?? 1)
      let together = arguments.count > 5 ? Int(arguments[5]) ?? 0 : 0
      var writer = try await trying("start") {
        try await LedgerWriter(in: folder, key: key, deployments: deployments)
      }
      try await trying("claim") { try await writer.claim() }
      for index in 0..<decisions {
        try await trying("decide") { try await writer.decide(about: [index % deployments]) }
      }
      if together > 0 {
        try await trying("decide") { try await writer.decide(about: Array(0..<together)) }
      }
      say("ended after \(serin_fault_steps()) steps")
    } catch {
      exit(3)
    }
  }

  private static func trying<Value>(
    _ what: String, _ body: () async throws -> Value
  ) async throws -> Value {
    for _ in 1..<triesLimit {
      do { return try await body() } catch { say("cannot \(what): \(error)") }
    }
    return try await body()
  }

  /// Says it at once: a process that is killed loses what it kept for later.
  private static func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  private init(in folder: String, key: String, deployments count: Int) async throws {
    let key = try SigningKey(openSSH: String(contentsOfFile: key, encoding: .utf8))
    store = try GitLedgerStore(
      remote: nil, repository: folder + "/ledger.git",
      committer: Committer(name: "Serin", email: "serin@example.org"), signingKey: key)
    checkpoints = try CheckpointFolder(URL(filePath: folder + "/checkpoints"))
    let store = store
    let reader = LedgerReader(paths: try await store.paths()) { try await store.read($0) }
    let (head, rollouts) = try await reader.resume()
    let life = "life \(head.ledgerSeq)"
    controller = ControllerIdentity(instance: "writer", version: "1", life: life)
    deployments = (0..<count).map { index in
      let name = DeploymentName(namespace: "team-\(index % 10)", name: "model-\(index)")
      let resumed = rollouts.first { $0.rollout.name == name }
      return resumed.map { RestlessDeployment($0) } ?? RestlessDeployment(name)
    }
    self.head = head
  }

  private mutating func claim() async throws {
    var head = head
    let change = try head.claim(by: controller, at: now)
    try await checkpoints.setLease([Claim(epoch: 1, life: controller.life)])
    try await commit([change], head)
  }

  /// In a controller's order: what is to be remembered, the decisions, what can be forgotten.
  private mutating func decide(about indices: [Int]) async throws {
    var (head, deployments, changes) = (head, deployments, [LedgerChange]())
    for index in indices {
      let now = now.advanced(by: .seconds(changes.count))
      changes.append(try deployments[index].decide(by: controller, at: now, over: &head))
      let (name, seq) = (deployments[index].name, head.seq(of: deployments[index].name))
      try await checkpoints.save(Array("\(seq)".utf8), for: name, seq: seq)
    }
    try await commit(changes, head)
    self.deployments = deployments
    for name in indices.map({ deployments[$0].name }) {
      try await checkpoints.discard(name, except: head.seq(of: name), part: nil)
    }
  }

  private mutating func commit(_ changes: [LedgerChange], _ head: LedgerHead) async throws {
    let commits = try await store.commit(changes)
    self.head = head
    for commit in commits { Self.say("committed \(commit)") }
  }

  /// A second for each commit, so that the same is written in each run.
  private var now: Instant {
    Instant(milliseconds: 1_790_000_000_000 + Int64(head.ledgerSeq) * 1000)
  }
}
