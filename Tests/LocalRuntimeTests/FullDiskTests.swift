import Control
import Foundation
import LocalRuntime
import Rollouts
import TestKit
import Testing

/// What serves, and what can still be changed, when the state folder's disk is full.
@Suite(.timeLimit(.minutes(5))) struct FullDiskTests {
  /// Traffic returns to stable although there is no room for a byte, and the way back is written down:
  /// a controller that starts on the full disk goes on with it.
  @Test(.temporaryFolder) func trafficReturnsOnAFullDisk() async throws {
    try await onASmallDisk { bench, disk in
      let (stable, candidate) = try await Self.canary(on: bench)
      try disk.fill()
      try await bench.put(Workbench.plan(2, [(stable, 1000)]))
      #expect(try await bench.inferMany(50) == ["200 rev1": 50])
      try await eventually { try await bench.readiness(candidate) == .absent }
      try disk.fill()
      await bench.runtime.stop()
      try await bench.runtime.start()
      #expect(try await bench.runtime.observe()[Workbench.iris]?.generationInForce == 2)
      #expect(try await bench.inferMany(50) == ["200 rev1": 50])
    }
  }

  /// With even the room that is kept gone, nothing is said to be in force that is not, and it comes
  /// into force as soon as there is room.
  @Test(.temporaryFolder) func nothingIsClaimedThatEnvoyWasNotTold() async throws {
    try await onASmallDisk { bench, disk in
      let (stable, candidate) = try await Self.canary(on: bench)
      try disk.fill()
      try await bench.put(Workbench.plan(2, [(stable, 700), (candidate, 300)]))
      try disk.fill()
      let back = Workbench.plan(3, [(stable, 1000)])
      for _ in 0..<3 {
        await #expect(throws: LocalRuntimeError.self) {
          try await bench.runtime.apply(back, to: Workbench.iris)
        }
        #expect(try await bench.runtime.observe()[Workbench.iris]?.generationInForce == 2)
      }
      #expect(try await bench.inferMany(50).keys.sorted() == ["200 rev1", "200 rev2"])
      try disk.makeRoom()
      try await bench.put(back)
      #expect(try await bench.inferMany(50) == ["200 rev1": 50])
      try disk.fill()
      try await bench.put(Workbench.plan(4, [(stable, 1000)]))
    }
  }

  /// What is captured on a full disk is read, but how far is not written down: the room that is kept stays
  /// for the way back.
  @Test(.temporaryFolder) func capturesLeaveTheRoomForTheWayBack() async throws {
    let intake = RecordingIntake()
    try await onASmallDisk(intake: intake) { bench, disk in
      let plan = Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 1000)
      try await bench.put(plan)
      try disk.fill()
      for _ in 0..<5 {
        #expect(try await bench.inferMany(20) == ["200 rev1": 20])
        try await Task.sleep(for: .seconds(1))
      }
      #expect(FileManager.default.fileExists(atPath: disk.folder.appending(path: "ballast").path))
    }
  }

  /// Half of the traffic goes to a candidate.
  private static func canary(on bench: Workbench) async throws -> (Revision, Revision) {
    let (stable, candidate) = (
      try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
    )
    try await bench.put(Workbench.plan(1, [(stable, 500), (candidate, 500)]))
    #expect(try await bench.inferMany(50).keys.sorted() == ["200 rev1", "200 rev2"])
    return (stable, candidate)
  }

  private func onASmallDisk(
    intake: (any PayloadIntake)? = nil, _ body: (Workbench, SmallDisk) async throws -> Void
  ) async throws {
    let state = TemporaryFolder.current.appending(path: "state")
    let disk = try SmallDisk(at: state, megabytes: 100)
    defer { disk.remove() }
    try await Workbench.run(intake: intake) { bench in try await body(bench, disk) }
  }
}
