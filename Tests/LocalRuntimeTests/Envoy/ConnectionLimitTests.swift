import Foundation
import HTTP
import LocalRuntime
import Manifests
import TestKit
import Testing

/// How many connections one address may keep, by the kernel's own count; the tests need root and nftables.
@Suite(.timeLimit(.minutes(5))) struct ConnectionLimitTests {
  /// One client's connections are bounded and everybody else is answered; what it closes it may open again.
  ///
  /// The count outlives the controller, and goes with Envoy.
  @Test(.temporaryFolder) func oneAddressTakesNoMoreThanItsShare() async throws {
    var port = 0
    try await Self.run(each: 5) { bench in
      port = bench.setup.local.listen.port
      let greedy = "127.0.0.9"
      var taken = try (0..<5).map { _ in try BareConnection(to: port, from: greedy) }
      #expect(throws: ProcessFailure.self) { try BareConnection(to: port, from: greedy) }
      _ = try BareConnection(to: port, from: "127.0.0.10")
      #expect(try await bench.infer().status == 200)
      await bench.runtime.stop()
      try await bench.runtime.start()
      #expect(throws: ProcessFailure.self) { try BareConnection(to: port, from: greedy) }
      taken.removeLast()
      try await eventually { (try? BareConnection(to: port, from: greedy)) != nil }
      withExtendedLifetime(taken) {}
    }
    #expect(try Self.tables(of: port).isEmpty)
  }

  /// A controller that is started with another number, or with none, takes the earlier limit away.
  @Test(.temporaryFolder) func theNewestSettingHolds() async throws {
    try await Self.run(each: 2) { bench in
      let port = bench.setup.local.listen.port
      let before = try Self.tables(of: port)
      #expect(before.count == 1)
      await bench.runtime.stop()
      for (count, tables) in [(3, 1), (nil, 0)] {
        var setup = bench.setup
        setup.local.clients.connectionsPerAddress = count
        let next = Workbench(setup: setup)
        try await next.runtime.start()
        let now = try Self.tables(of: port)
        #expect(now.count == tables && now != before)
        await next.runtime.stop()
      }
      try await bench.runtime.start()
    }
  }

  /// A limit that the machine does not give is a refusal at the start that says what to do.
  @Test(.temporaryFolder) func aLimitThatCannotBeKeptIsRefused() async throws {
    let folder = TemporaryFolder.current
    let program = folder.appending(path: "nft")
    let script = "#!/bin/sh\necho 'Operation not permitted (you must be root)' >&2; exit 1\n"
    try Data(script.utf8).write(to: program)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let listen = ListenAddress(host: "127.0.0.1", port: try freePort())
    let limit = try #require(
      ConnectionLimit(on: listen, stage: folder.path, folders: [folder.path]))
    let error = #expect(throws: LocalRuntimeError.self) { try limit.set(5) }
    #expect(
      error?.description.hasSuffix(
        """
        as clients.connectionsPerAddress says: nft: Operation not permitted (you must be root)
        give the controller CAP_NET_ADMIN as an ambient capability, or leave the setting out and count in front of Envoy
        """) == true, "\(String(describing: error))")
    #expect(ConnectionLimit(on: listen, stage: folder.path, folders: ["/nowhere"]) == nil)
  }

  /// The same port of another host has a limit of its own, and every spelling of an address is that address.
  @Test(.temporaryFolder) func hostsAreToldApart() throws {
    let port = try freePort()
    let limits = try ["127.0.0.1", "0.0.0.0", "::", "0:0::0", "::ffff:127.0.0.1", "::1"].map {
      let listen = ListenAddress(host: $0, port: port)
      return try #require(ConnectionLimit(on: listen, stage: TemporaryFolder.current.path))
    }
    defer { for limit in limits { try? limit.remove() } }
    for limit in limits { try limit.set(3) }
    #expect(try Self.tables(of: port).count == 4)
    #expect(try limits[2].tables() == limits[3].tables())
    #expect(try limits[0].tables() == limits[4].tables())
    try limits[0].remove()
    #expect(try Self.tables(of: port).count == 3)
  }

  private static func run(each count: Int, _ body: (Workbench) async throws -> Void) async throws {
    let limits = ClientSettings(connectionsPerAddress: count)
    try await Workbench.run({ $0.local.clients = limits }) { bench in
      try await bench.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)]))
      try await body(bench)
    }
  }

  private static func tables(of port: Int) throws -> [Substring] {
    try shell(["nft", "list", "tables", "inet"]).split(separator: "\n").filter {
      $0.contains(" serin_\(port)_")
    }
  }
}
