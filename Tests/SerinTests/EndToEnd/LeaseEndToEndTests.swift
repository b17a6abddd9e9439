import ClusterKit
import Encoding
import Foundation
import HTTP
import TestKit
import Testing

/// Two controllers of one ledger that lead by a Lease: real programs, a git repository, and an API server for tests.
@Suite(.timeLimit(.minutes(5))) struct LeaseEndToEndTests {
  /// A controller that is asked to end hands the lead over, and ready is who leads.
  ///
  /// The next one waits neither for the Lease, which is of the default length, nor for the ledger.
  @Test(.temporaryFolder) func anEndingControllerHandsOver() async throws {
    try await Self.run(duration: "15s") { replicas in
      let first = try replicas.start(0)
      defer { first.stop(SIGKILL) }
      try await replicas.wait(for: "the ledger is ours", of: 0)
      let second = try replicas.start(1)
      defer { second.stop(SIGKILL) }
      try await replicas.wait(for: "another controller holds the lock", of: 1)
      #expect(!replicas.log(1).contains("the ledger is ours"))
      try await replicas.expectLeader(0, beside: 1)
      first.stop(SIGTERM)
      let time = try await replicas.timeUntil("the ledger is ours", of: 1)
      #expect(time < .seconds(5), "the Lease says fifteen")
      #expect(!replicas.log(1).contains("may not know yet"), "it may raise risk at once")
      try await replicas.expect(200, #"{"status":"ready"}"#, at: "readyz", of: 1)
    }
  }

  /// One that is killed is followed from an empty folder as soon as its Lease is over; started again, it stands by.
  @Test(.temporaryFolder) func aKilledControllerIsFollowed() async throws {
    try await Self.run(duration: "3s") { replicas in
      let first = try replicas.start(0)
      defer { first.stop(SIGKILL) }
      try await replicas.wait(for: "the ledger is ours", of: 0)
      let second = try replicas.start(1)
      defer { second.stop(SIGKILL) }
      try await replicas.wait(for: "another controller holds the lock", of: 1)
      first.stop(SIGKILL)
      let time = try await replicas.timeUntil("the ledger is ours", of: 1)
      #expect(time < .seconds(3 + 5))
      let again = try replicas.start(0)
      defer { again.stop(SIGKILL) }
      try await replicas.wait(for: "another controller holds the lock", of: 0)
      try await replicas.expectLeader(1, beside: 0)
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
    private let consoles: [Int]

    init(_ server: ClusterServer, duration: String) throws {
      team = try Team()
      consoles = [try freePort(), try freePort()]
      try Data(server.kubeconfig.utf8).write(to: team.folder.appending(path: "kubeconfig"))
      try team.configure(
        "leadership: {lease: {name: serin, kubeconfig: kubeconfig, duration: \(duration)}}",
        "console: {listen: 127.0.0.1:\(consoles[0])}")
      let other = try String(
        contentsOf: team.folder.appending(path: "controller.yaml"), encoding: .utf8
      )
      .replacing("state: state", with: "state: state1")
      .replacing("127.0.0.1:\(team.port)", with: "127.0.0.1:\(try freePort())")
      .replacing("127.0.0.1:\(consoles[0])", with: "127.0.0.1:\(consoles[1])")
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

    /// Waits for what a controller says, and returns how long that took.
    func timeUntil(_ text: String, of number: Int) async throws -> Duration {
      let begun = ContinuousClock.now
      try await wait(for: text, of: number)
      return .now - begun
    }

    /// Waits until one is ready, and the other one lives and says why it is not.
    func expectLeader(_ leader: Int, beside standby: Int) async throws {
      try await expect(200, #"{"status":"ready"}"#, at: "readyz", of: leader)
      let why = #"{"error":"another controller is in charge"}"#
      try await expect(503, why, at: "readyz", of: standby)
      try await expect(200, #"{"status":"alive"}"#, at: "healthz", of: standby)
    }

    func expect(_ status: Int, _ body: String, at route: String, of number: Int) async throws {
      let url = "http://127.0.0.1:\(consoles[number])/\(route)"
      var answer: HTTPResponse?
      do {
        try await eventually(within: .seconds(30)) {
          answer = try? await HTTPClient().send(HTTPRequest(url))
          return answer?.status == status && answer?.body == Array("\(body)\n".utf8)
        }
      } catch {
        let text = String(decoding: answer?.body ?? [], as: UTF8.self)
        throw ProcessFailure(
          description: "\(route) of \(number): \(answer?.status ?? 0) \(text)")
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
