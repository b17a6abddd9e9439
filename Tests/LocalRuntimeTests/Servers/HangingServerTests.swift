import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// A server that hangs is as good as dead, and does not end by itself.
@Suite(.timeLimit(.minutes(5))) struct HangingServerTests {
  /// The only server of what serves alone stops answering: it is ended after a bounded time, started again, and the
  /// crash is noted with its signal.
  @Test(.temporaryFolder) func aHangingServerIsStartedAgain() async throws {
    try await Workbench.run({ $0.local.requestTimeout = .seconds(1) }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.infer().status == 200)
      let hanging = try bench.pid(of: revision)
      // All that belongs to it: the process that is known stands before the server that is shut in.
      kill(-hanging, SIGSTOP)
      defer { kill(-hanging, SIGKILL) }
      #expect(try await bench.infer().status == 504)
      try await eventually { (try? bench.pid(of: revision)) != hanging }
      try await eventually { (try? await bench.infer().status) == 200 }
      #expect(try await bench.crash(of: revision)?.signal == 9)
    }
  }
}
