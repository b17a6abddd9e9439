import Foundation
import LocalRuntime
import TestKit
import Testing

/// Artifacts and logs that lie on other disks than everything else.
@Suite(.timeLimit(.minutes(5))) struct OtherDiskTests {
  private static var here: URL { TemporaryFolder.current }

  private static func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: here.appending(path: path).path)
  }

  /// A model is fetched and served across disks, nothing of it lies in the runtime's own folder, and what an
  /// interrupted fetch left on the other disk is removed.
  @Test(.temporaryFolder) func artifactsAndLogsLieElsewhere() async throws {
    let disk = try SmallDisk(at: Self.here.appending(path: "big"), megabytes: 64)
    defer { disk.remove() }
    try ArtifactTests.write("half", "big/stage/1/model")
    try await Workbench.run({
      $0.artifactFolder = Self.here.appending(path: "big").path
      $0.logFolder = Self.here.appending(path: "words").path
    }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.inferMany(5) == ["200 rev1": 5])
      #expect(try Self.names("big/artifacts").count == 1 && Self.names("big/stage").isEmpty)
      let logs = try Self.names("words/logs")
      #expect(logs.contains("envoy.log") && logs.contains("default.iris.rev1.log"))
      let own = try Self.names("state")
      #expect(!own.contains("artifacts") && !own.contains("logs"))
      for path in ["big", "big/artifacts", "words/logs"] {
        let attributes = try FileManager.default.attributesOfItem(
          atPath: Self.here.appending(path: path).path)
        // The mount itself is not the runtime's to close: the controller does that.
        #expect(path == "big" || attributes[.posixPermissions] as? Int == 0o700)
      }
    }
  }

  /// What still writes to logs elsewhere would fill that disk unseen, so it must be ended first.
  @Test(.temporaryFolder) func logsAreNotMovedUnderWhatServes() async throws {
    let first = Workbench(setup: try Workbench.setup())
    try await first.runtime.start()
    try await first.put(Workbench.plan(1, [(try Workbench.revision("1"), 1000)]))
    await first.runtime.stop()
    var setup = first.setup
    setup.logFolder = Self.here.appending(path: "words").path
    let second = Workbench(setup: setup)
    let error = await #expect(throws: LocalRuntimeError.self) { try await second.runtime.start() }
    #expect(error?.message.contains("end what serves with serin stop") == true)
    #expect(try await first.inferMany(2) == ["200 rev1": 2])
    let third = Workbench(setup: first.setup)
    try await third.runtime.start()
    try await third.runtime.shutdown()
    try await second.runtime.start()
    try await second.runtime.shutdown()
  }
}
