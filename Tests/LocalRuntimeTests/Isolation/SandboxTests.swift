import Foundation
import Glibc
import LocalRuntime
import Manifests
import TestKit
import Testing

/// The walls themselves: how a command is shut in, what it is shown, how its end is told.
@Suite(.timeLimit(.minutes(5))) struct SandboxTests {
  static func sandbox(ownUser: Bool = getuid() == 0, visible: [String] = []) -> Sandbox {
    Sandbox(
      bubblewrap: "/usr/bin/bwrap", ownUser: ownUser, relay: nil,
      settings: IsolationSettings(visible: visible))
  }

  static func launch(
    _ script: String, _ sandbox: Sandbox = sandbox(), as user: [String] = []
  ) -> ProcessLaunch {
    let inside = Sandbox.Inside(readable: [], hidden: [], port: 20_000)
    return ProcessLaunch(
      command: user + sandbox.command(["/bin/sh", "-c", script], inside), environment: [:],
      folder: "/", log: TemporaryFolder.current.path + "/log")
  }

  /// The end of a server is told as its own, though another process tells it; whether it was killed or exited
  /// with 128 and a number is not known there, and not claimed.
  @Test(
    .temporaryFolder,
    arguments: [
      ("exit 0", ProcessEnding.exited(0)), ("exit 3", .exited(3)), ("exit 200", .exited(200)),
      ("kill -9 $$", .told(code: 137)), ("exit 137", .told(code: 137)),
      ("kill -11 $$", .told(code: 139)),
    ])
  func anEndingIsTold(script: String, ending: ProcessEnding) async throws {
    let process = try DetachedProcess(Self.launch(script))
    try await eventually { !process.isAlive }
    #expect(process.ending?.behindAnother == ending)
  }

  /// A server is asked to end before it is ended, and what it then does is waited for.
  @Test(.temporaryFolder) func aServerMayEndItself() async throws {
    let process = try DetachedProcess(
      Self.launch("trap 'sleep 0.3; echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"))
    try await eventually { ProcessTests.log.contains("up") }
    try await process.stop(grace: .seconds(10))
    #expect(ProcessTests.log.contains("bye"))
    #expect(process.ending == .exited(0))
  }

  /// A controller that is not root shuts its servers in as well: in a namespace, as its own user.
  @Test(.temporaryFolder) func aUserWithoutRightsIsEnough() async throws {
    let user = getuid() == 0 ? ["/usr/bin/setpriv", "--reuid", "64002", "--clear-groups"] : []
    try Data().write(to: URL(filePath: TemporaryFolder.current.path + "/log"))
    chmod(TemporaryFolder.current.path + "/log", 0o666)
    let script = "grep -E 'CapEff|NoNewPrivs' /proc/self/status; ls /proc | grep -c '^[0-9]'; ls /"
    let process = try DetachedProcess(Self.launch(script, Self.sandbox(ownUser: false), as: user))
    try await eventually { !process.isAlive }
    #expect(process.ending == .exited(0), "\(ProcessTests.log)")
    let lines = ProcessTests.log.split(separator: "\n").map(String.init)
    #expect(lines.contains("CapEff:\t0000000000000000") && lines.contains("NoNewPrivs:\t1"))
    #expect(!lines.contains("root") && !lines.contains("home") && lines.contains("usr"))
  }

  /// A folder that holds what is hidden may be shown; what is hidden stays so, but for what is served.
  @Test func whatIsHiddenStaysHidden() throws {
    let command = Self.sandbox(visible: ["/srv"]).command(
      ["run"],
      Sandbox.Inside(
        readable: ["/srv/state/artifacts/1"], hidden: ["/srv/state"], port: 20_005))
    let places = try ["/srv", "/srv/state", "/srv/state/artifacts/1"].map { path in
      try #require(command.lastIndex(of: path))
    }
    #expect(places == places.sorted())
    let cover = try #require(command.firstIndex(of: "/srv/state"))
    #expect(command[cover - 1] == "--tmpfs" || command[cover - 1] == "--dir")
    let tmpfs = command.indices.filter { command[$0] == "--tmpfs" }.map { command[$0 + 1] }
    #expect(tmpfs.contains("/srv/state"))
  }

  /// A program brings the folder of its installation; a home and what is kept are never shown whole, and
  /// what is not on the disk is nothing.
  @Test(.temporaryFolder) func aCommandTellsItsFiles() throws {
    let home = TemporaryFolder.current.path
    for folder in ["bin", "lib", "shims", "venv/bin", "python/bin", "python/lib", "state"] {
      try FileManager.default.createDirectory(
        atPath: "\(home)/\(folder)", withIntermediateDirectories: true)
    }
    for file in [
      "bin/tool", "shims/tool", "python/bin/python3", "venv/pyvenv.cfg", "server.py", "state/key",
    ] {
      try Data("#!/opt/none/sh\n".utf8).write(to: URL(filePath: "\(home)/\(file)"))
      chmod("\(home)/\(file)", 0o755)
    }
    symlink("\(home)/python/bin/python3", "\(home)/venv/bin/python")
    let files = ProgramFiles(
      path: "\(home)/shims:\(home)/bin:/usr/bin", kept: ["\(home)/state", home])
    #expect(
      files.needed(by: ["\(home)/venv/bin/python", "\(home)/server.py", "/no/such", "-x"])
        == ["\(home)/venv", "\(home)/python", "/opt/none/sh", "\(home)/server.py"])
    #expect(files.needed(by: ["tool"]) == ["\(home)/bin/tool", "/opt/none/sh"])
    #expect(files.needed(by: ["/usr/bin/env", home, "/"]) == [])
    #expect(
      files.needed(by: ["/usr/bin/env"], environment: ["PYTHONPATH": "\(home)/lib:/none"])
        == ["\(home)/lib"])
  }

  /// A group that was delegated is divided, and each server's has its limits; else it is said what is missing.
  @Test(.temporaryFolder) func groupsAreMade() throws {
    let root = TemporaryFolder.current.path
    let error = #expect(throws: LocalRuntimeError.self) { try ControlGroups.prepare(root: root) }
    #expect(error?.message == "there is no control group of version 2")
    try ArtifactTests.write("1:cpu:/x\n0::/serin.service\n", "proc/self/cgroup")
    let group = "sys/fs/cgroup/serin.service"
    try ArtifactTests.write("cpuset\n", "\(group)/cgroup.controllers")
    let lacking = #expect(throws: LocalRuntimeError.self) { try ControlGroups.prepare(root: root) }
    #expect(lacking?.message == "the control group of version 2 has no cpu, memory, pids")
    try ArtifactTests.write("cpuset cpu io memory pids\n", "\(group)/cgroup.controllers")
    for file in ["cgroup.procs", "cgroup.subtree_control", "controller/cgroup.procs"] {
      try ArtifactTests.write("1\n2\n", "\(group)/\(file)")
    }
    let shared = #expect(throws: LocalRuntimeError.self) { try ControlGroups.prepare(root: root) }
    #expect(shared?.message.contains("other processes are in it") == true)
    try ArtifactTests.write("", "\(group)/cgroup.subtree_control")
    try ArtifactTests.write("\(getpid())\n", "\(group)/cgroup.procs")
    #expect(try ControlGroups.prepare(root: root).folder == "\(root)/\(group)")
    #expect(try Self.text("\(group)/controller/cgroup.procs").hasPrefix("\(getpid())"))
    try ArtifactTests.write("0::/serin.service/controller\n", "proc/self/cgroup")
    try ArtifactTests.write("", "\(group)/cgroup.subtree_control")
    for file in ["memory.max", "memory.oom.group", "pids.max", "cpu.max"] {
      try ArtifactTests.write("", "\(group)/server/\(file)")
    }
    let groups = try ControlGroups.prepare(root: root)
    #expect(try Self.text("\(group)/cgroup.subtree_control") == "+cpu +memory +pids")
    let made = try groups.make(
      "server", ServerLimits(memory: 1 << 30, processes: 9, milliCores: 1500))
    #expect(made == "\(root)/\(group)/server")
    #expect(try Self.text("\(group)/server/memory.max") == "1073741824")
    #expect(try Self.text("\(group)/server/pids.max") == "9")
    #expect(try Self.text("\(group)/server/cpu.max") == "150000 100000")
    #expect(ControlGroups.entering(made, ["bwrap"]).suffix(2) == [made, "bwrap"])
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: TemporaryFolder.current.path + "/" + path, encoding: .utf8)
  }
}
