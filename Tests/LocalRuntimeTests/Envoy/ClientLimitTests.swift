import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// What clients may take of a real Envoy: it ends what takes too long or too much, and serves the others.
@Suite(.timeLimit(.minutes(5))) struct ClientLimitTests {
  private static func run(
    _ limits: ClientSettings, _ body: (Workbench, Revision, Int) async throws -> Void
  ) async throws {
    try await Workbench.run({ $0.local.clients = limits }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      try await body(bench, revision, bench.setup.local.listen.port)
    }
  }

  /// A head that comes slowly is answered 408, a connection without a request is closed, and so is one whose
  /// client says a byte now and then.
  @Test(.temporaryFolder) func slowClientsAreEnded() async throws {
    let limits = ClientSettings(headersWithin: .seconds(1), idleFor: .seconds(2))
    try await Self.run(limits) { bench, _, port in
      let (idle, slow) = (try BareConnection(to: port), try BareConnection(to: port))
      slow.send("POST /v2/models/iris/infer HTTP/1.1\r\nhost: a\r\n")
      var said = ""
      try await eventually {
        slow.send("x-a: b\r\n")
        let (text, isClosed) = slow.look()
        said += text
        return isClosed
      }
      #expect(said.hasPrefix("HTTP/1.1 408 "), "\(said)")
      try await eventually { idle.look().isClosed }
      #expect(try await bench.infer().status == 200)
    }
  }

  /// A body that is too large is answered 413, whether its length was announced or not, and the model is not
  /// blamed for it.
  @Test(.temporaryFolder, arguments: [false, true])
  func aLargeBodyIsRefused(isChunked: Bool) async throws {
    try await Self.run(ClientSettings(bodyBytes: 100_000)) { bench, revision, port in
      #expect(try await bench.infer().status == 200)
      let client = try BareConnection(to: port)
      let body = String(repeating: "a", count: 0xFFFF)
      client.send("POST /v2/models/iris/infer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n")
      client.send(
        isChunked ? "transfer-encoding: chunked\r\n\r\n" : "content-length: 262140\r\n\r\n")
      var said = ""
      try await eventually {
        client.send(isChunked ? "ffff\r\n\(body)\r\n" : body)
        let (text, isClosed) = client.look()
        said += text
        return isClosed || said.contains("413")
      }
      #expect(said.hasPrefix("HTTP/1.1 413 "), "\(said)")
      #expect(try await bench.infer().status == 200)
      try await eventually { try await bench.counts(of: revision)?.requests ?? 0 >= 2 }
      #expect(try await bench.counts(of: revision)?.errors == 0)
    }
  }

  /// Clients that take every connection keep the controller neither from seeing nor from changing anything, and
  /// the idle ones make room again.
  @Test(.temporaryFolder) func connectionsRunOutForClientsAlone() async throws {
    let limits = ClientSettings(connections: 20, idleFor: .seconds(3))
    try await Self.run(limits) { bench, _, port in
      let taken = try (0..<40).map { _ in try BareConnection(to: port) }
      try await eventually { taken.count { $0.look().isClosed } >= 20 }
      let plan = Workbench.plan(2, [(try Workbench.revision("2"), 1000)])
      _ = try await bench.runtime.counters()
      try await bench.put(plan)
      try await eventually { (try? await bench.infer().status) == 200 }
      withExtendedLifetime(taken) {}
    }
  }
}
