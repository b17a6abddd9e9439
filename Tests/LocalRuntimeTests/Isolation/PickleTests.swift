import Foundation
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Pickles that run programs, and are found before they are loaded.
@Suite(.timeLimit(.minutes(5))) struct PickleTests {
  @Test(
    arguments: [
      (ProcessEnding.exited(0), [], PickleScan.clean),
      (
        .exited(1), ["/m: dangerous import 'posix system' FOUND", "Infected files: 1"],
        .unsafe(["dangerous import 'posix system'"])
      ),
      (.exited(2), ["ERROR: parsing: opcode unknown"], .unread("parsing: opcode unknown")),
      (
        .exited(2), ["ERROR: parsing: exhausted", "/m: dangerous import 'posix system' FOUND"],
        .unsafe(["dangerous import 'posix system'"])
      ),
      (.exited(2), ["ERROR: parsing: x", "Infected files: 2"], .unsafe(["Infected files: 2"])),
      (.exited(2), ["ERROR: parsing: x", "Infected files: 0"], .unread("parsing: x")),
      (.exited(0), ["WARNING: could not parse m as pickle"], .unread("parse m as pickle")),
      (.killed(signal: 9), [], .unread("the scan ended with signal 9")),
      (nil, [], .unread("the scan ended with nothing that is known")),
    ] as [(ProcessEnding?, [String], PickleScan)])
  func aScanIsRead(ending: ProcessEnding?, lines: [String], scan: PickleScan) {
    #expect(PickleScan(ending: ending, lines: lines) == scan)
  }

  /// A model that would run a program when it is loaded is rejected with the name of what it imports, and
  /// has not run; the same without a look into it runs, shut in.
  @Test(.temporaryFolder) func anUnsafePickleIsRejected() async throws {
    let file = TemporaryFolder.current.appending(path: "evil.pkl")
    try Data("cposix\nsystem\n(S'echo pwned; exit 3'\ntR.".utf8).write(to: file)
    let load = ServerSettings(command: [
      TestTools.python, "-c",
      "import pickle, sys; pickle.load(open(sys.argv[1], 'rb')); sys.exit('loaded')", "{model}",
    ])
    let evil = Revision(
      id: Revision.ID("evil"),
      model: Model(
        version: "1", uri: "file://\(file.path)", digest: nil, format: "fake", smoke: nil, retry: 0)
    )
    for unsafe in [UnsafePickles.reject, .report] {
      var setup = try Workbench.setup(
        folder: TemporaryFolder.current.appending(path: unsafe.rawValue))
      setup.local.server = load
      setup.local.unsafePickles = unsafe
      let bench = Workbench(setup: setup)
      try await bench.runtime.start()
      try await bench.runtime.apply(Workbench.plan(1, [(evil, 1000)]), to: Workbench.iris)
      let reason = try await bench.failure(of: evil)
      let log = setup.folder + "/logs/default.iris.evil.log"
      let words = try String(contentsOfFile: log, encoding: .utf8)
      #expect(words.contains("pwned") == (unsafe == .report), "\(words)")
      #expect(reason.contains("posix system") == (unsafe == .reject), "\(reason)")
      try await bench.runtime.shutdown()
    }
  }

  /// What is harmless is served, also where unsafe pickles are rejected.
  @Test(.temporaryFolder) func othersAreServed() async throws {
    try await Workbench.run({ $0.local.unsafePickles = .reject }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.inferMany(5) == ["200 rev1": 5])
    }
  }
}
