import Control
import Foundation
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// An Envoy by itself, with nobody who renews a lease and a model server that refuses connections.
@Suite(.timeLimit(.minutes(5))) struct CaptureLeaseTests {
  struct Bench {
    let configuration: EnvoyConfiguration
    let envoy: EnvoyControl
    let client = HTTPClient()
    let share = EnvoyRoute.Share(revision: Revision.ID("rev1"), version: "1", weight: .all)

    /// Puts a lease in force that ends so many seconds from now.
    func put(_ seconds: Int, bytesPerThread: Int = 1 << 20) async throws {
      let route = EnvoyRoute(deployment: Workbench.iris, shares: [share], sampling: .all)
      let lease = CaptureLease(
        end: SystemClock().now.advanced(by: .seconds(seconds)), bytesPerThread: bytesPerThread)
      try await envoy.publish(configuration.routes([route], lease: lease))
    }

    /// Asks so many times, and returns what was captured of it.
    func ask(_ count: Int) async throws -> [CaptureLine] {
      let before = try lines().count
      for index in 0..<count {
        var request = HTTPRequest(
          "http://127.0.0.1:\(configuration.setup.local.listen.port)/v2/models/iris/infer")
        request.method = "POST"
        request.body = Array(Workbench.good.utf8)
        request.headers = [(name: "x-request-id", value: "\(index)")]
        #expect(try await client.send(request).status == 503)
      }
      // Five times as long as Envoy keeps a line.
      try await Task.sleep(for: .seconds(1))
      return Array(try lines()[before...])
    }

    private func lines() throws -> [CaptureLine] {
      var reader = CaptureReader(configuration.folder.envoy().captureFile)
      // The refused connections are also told as errors.
      return try reader.next().lines.filter { ErrorLine($0) == nil }.map { try CaptureLine($0) }
    }
  }

  static func run(_ body: (Bench) async throws -> Void) async throws {
    var setup = try Workbench.setup()
    setup.envoyThreads = 1
    let folder = RuntimeFolder(setup.folder)
    try folder.create()
    let configuration = EnvoyConfiguration(folder: folder, setup: setup)
    let bench = Bench(
      configuration: configuration,
      envoy: try EnvoyControl(
        binary: Tools.find(setup.local).envoy, configuration: configuration, client: HTTPClient(),
        logger: Workbench.logger))
    let server = EnvoyCluster(
      key: ServerKey(Workbench.iris, bench.share.revision), addresses: [.port(try freePort())])
    try await bench.envoy.start([
      configuration.clusters([server]), configuration.routes([]), configuration.listeners(),
    ])
    do {
      try await body(bench)
    } catch {
      try await bench.envoy.shutdown(within: .zero)
      throw error
    }
    try await bench.envoy.shutdown(within: .zero)
  }

  /// A lease that nobody renews runs out by itself: that bounds the file when Serin is dead.
  @Test(.temporaryFolder) func aLeaseEnds() async throws {
    try await Self.run { bench in
      try await bench.put(60)
      #expect(try await bench.ask(5).count == 5)
      try await bench.put(2)
      try await Task.sleep(for: .seconds(3))
      #expect(try await bench.ask(5).isEmpty)
      try await bench.put(60)
      let lines = try await bench.ask(5)
      #expect(lines.count == 5 && lines.allSatisfy { $0.missed == 0 && $0.event?.status == 503 })
    }
  }

  /// A lease that is used up before its end captures no more, and the next one says how many that
  /// were.
  @Test(.temporaryFolder) func aLeaseHasASize() async throws {
    try await Self.run { bench in
      try await bench.put(60, bytesPerThread: 3 << 10)
      #expect(try await bench.ask(20).count == 3)
      try await bench.put(61)
      #expect(try await bench.ask(3).map(\.missed) == [17, 0, 0])
    }
  }
}
