import Control
import Foundation
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// What happens when there is no room for what is captured.
@Suite(.timeLimit(.minutes(5))) struct CaptureDiskTests {
  /// A disk of 256 KiB is full after some three hundred requests: not one of fifteen hundred fails,
  /// what was not written is counted to the last one, and what was read makes room by itself.
  @Test(.temporaryFolder) func aFullDiskFailsNoRequest() async throws {
    let intake = RecordingIntake()
    let setup = try Workbench.setup()
    try await Self.withSmallDisk(at: RuntimeFolder(setup.folder).envoy().capture) {
      try await Workbench.run(intake: intake) { bench in
        let plan = Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000)
        try await bench.put(plan)
        #expect(try await bench.inferMany(1_500, clients: 4) == ["200 rev1": 1_500])
        try await eventually { intake.events.count + intake.lost == 1_500 }
        #expect(intake.lost > 0 && intake.events.count > 100)
        // The losses are told a moment before there is room again.
        let before = intake.events.count
        var asked = 1_500
        try await eventually {
          asked += try await bench.inferMany(10)["200 rev1"] ?? 0
          return intake.events.count > before
        }
        try await eventually { intake.events.count + intake.lost == asked }
      }
    }
  }

  /// Puts a file system of its own, with as good as no room, at a path.
  static func withSmallDisk(at path: String, _ body: () async throws -> Void) async throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    do {
      try shell(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "serin-test", path])
    } catch {
      throw ProcessFailure(
        description: "a full disk needs the right to mount a tmpfs, as root has it: \(error)")
    }
    do {
      try await body()
    } catch {
      try shell(["umount", "-l", path])
      throw error
    }
    try shell(["umount", "-l", path])
  }
}
