import ClusterKit
import Encoding
import Foundation
import TestKit
import Testing

/// Two controllers of one ledger that lead by a Lease: real programs, a git repository, and an API server for tests.
@Suite(.timeLimit(.minutes(5))) struct LeaseEndToEndTests {
  /// A controller that is asked to end hands the lead over: the next one waits neither for the Lease nor for the ledger.
  @Test(.temporaryFolder) func anEndingControllerHandsOver() async throws {
    try await Self.run(duration: "60s") { replicas in
      let first = try replicas.start(0)
      try await replicas.wait(for: "the ledger is ours", of: 0)
      let second = try replicas.start(1)
      defer { second.stop(SIGKILL) }
      try await replicas.wait(for: "another controller holds the lock", of: 1)
      #expect(!replicas.log(1).contains("the ledger is ours"))
      first.stop(SIGTERM)
      try await replicas.wait(for: "the ledger is ours", of: 1)
      #expect(!replicas.log(1).contains("may not know yet"), "it may raise risk at once")
    }
  }

  /// One that is killed is followed once its Lease is over, from an empty folder; started again, it stands by.
  @Test(.temporaryFolder) func aKilledControllerIsFollowed() async throws {
    try await Self.run(duration: "3s") { replicas in
      let first = try replicas.start(0)
      try await replicas.wait(for: "the ledger is ours", of: 0)
      first.stop(SIGKILL)
      let second = try replicas.start(1)
      defer { second.stop(SIGKILL) }
      try await replicas.wait(for: "the ledger is ours", of: 1)
      let again = try replicas.start(0)
      defer { again.stop(SIGKILL) }
      try await replicas.wait(for: "another controller holds the lock", of: 0)
    }
  }

  private static func run(
    duration: String, _ body: (Replicas) async throws -> Void
  ) async throws {
    try await ClusterServer.run { server in
      let replicas = try Replicas(server, duration: duration)
      defer { replicas.stopServing() }
      try await body(replicas)
      let lease = server.object(.leases, "default", "serin")
      #expect(lease?["metadata"]?["annotations"]?["serin.dev/holders"] != nil)
    }
  }

  /// Two controllers with a folder and a runtime of their own.
  private struct Replicas {
    let team: Team

    init(_ server: ClusterServer, duration: String) throws {
      team = try Team()
      try Data(server.kubeconfig.utf8).write(to: team.folder.appending(path: "kubeconfig"))
      try team.configure(
        "leadership: {lease: {name: serin, kubeconfig: kubeconfig, duration: \(duration)}}")
      let other = try String(
        contentsOf: team.folder.appending(path: "controller.yaml"), encoding: .utf8
      )
      .replacing("state: state", with: "state: state1")
      .replacing("127.0.0.1:\(team.port)", with: "127.0.0.1:\(try freePort())")
      try Data(other.utf8).write(to: team.folder.appending(path: "controller1.yaml"))
      try team.push("# Nothing is asked for yet.\n", message: "begin")
    }

    func start(_ number: Int) throws -> BackgroundProcess {
      let file = number == 0 ? "controller.yaml" : "controller\(number).yaml"
      return try BackgroundProcess(
        [Command.program, "run", "--config", file, "--log-level", "debug"], in: team.folder,
        output: team.folder.appending(path: "serin\(number).log"))
    }

    func wait(for text: String, of number: Int) async throws {
      do {
        try await eventually(within: .seconds(60)) { log(number).contains(text) }
      } catch {
        throw ProcessFailure(
          description: "serin \(number) never said: \(text)\n\(log(number).suffix(4000))")
      }
    }

    func log(_ number: Int) -> String {
      let file = team.folder.appending(path: "serin\(number).log")
      return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }

    func stopServing() {
      for state in ["state", "state1"] { try? team.stopServing(state: state) }
    }
  }
}
