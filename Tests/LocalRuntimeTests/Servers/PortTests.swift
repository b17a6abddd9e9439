import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Another process of the machine takes the port of a model server, and gets not one request.
@Suite(.timeLimit(.minutes(5))) struct PortTests {
  /// A process of another user that says that every model is ready, and notes whatever it is asked.
  static func squatter(on port: Int, uid: Int = 64_001) throws -> BackgroundProcess {
    let folder = TemporaryFolder.current
    let notes = folder.appending(path: "stolen")
    try Data().write(to: notes)
    chmod(notes.path, 0o666)
    chmod(folder.path, 0o755)
    let script = """
      import http.server, socket, time
      class Handler(http.server.BaseHTTPRequestHandler):
          def answer(self):
              open("\(notes.path)", "a").write(self.path + "\\n")
              self.send_response(200)
              self.send_header("content-length", "2")
              self.end_headers()
              self.wfile.write(b"{}")
          do_GET = do_POST = answer
          def log_message(self, *arguments): pass
      while True:
          try: server = http.server.ThreadingHTTPServer(("127.0.0.1", \(port)), Handler)
          except OSError: time.sleep(0.001)
          else: server.serve_forever()
      """
    let user = getuid() == 0 ? ["setpriv", "--reuid", "\(uid)", "--clear-groups"] : []
    return try BackgroundProcess(
      user + ["/usr/bin/python3", "-c", script], in: URL(filePath: "/"),
      output: folder.appending(path: "squatter.log"))
  }

  static var stolen: String {
    (try? String(contentsOf: TemporaryFolder.current.appending(path: "stolen"), encoding: .utf8))
      ?? ""
  }

  static func port(of revision: Revision, _ bench: Workbench) throws -> Int {
    struct Record: Decodable { let ports: [Int] }
    let path = "\(bench.setup.folder)/servers/\(Workbench.iris)/\(revision.id)/1/process.json"
    return try JSONDecoder().decode(Record.self, from: Data(contentsOf: URL(filePath: path)))
      .ports[0]
  }

  /// Whoever takes the port while the server starts is named, asked nothing, and waited for.
  @Test(.temporaryFolder) func aPortTakenAtTheStartIsWaitedFor() async throws {
    try await Workbench.run({ $0.local.isolation.mode = .none }) { bench in
      let revision = try Workbench.revision("1", behaviour: #"{"late": 1}"#)
      try await bench.runtime.apply(Workbench.plan(1, [(revision, 1000)]), to: Workbench.iris)
      try await eventually { (try? Self.port(of: revision, bench)) != nil }
      let thief = try Self.squatter(on: Self.port(of: revision, bench))
      defer { thief.stop() }
      try await eventually {
        guard case .preparing(let what) = try await bench.readiness(revision) else { return false }
        let user = getuid() == 0 ? 64_001 : Int(getuid())
        return what.contains("user \(user) (process \(thief.pid))")
      }
      // The server has met the thief by then, and ended.
      try await Task.sleep(for: .seconds(2))
      #expect(try await bench.readiness(revision) != .ready)
      #expect(try await bench.infer().status != 200)
      #expect(Self.stolen == "")
      thief.stop()
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// Whoever takes the port of a server that died gets the requests of nobody, from the moment on at
  /// which the death is seen.
  @Test(.temporaryFolder) func aPortTakenAfterADeathHasNoTraffic() async throws {
    try await Workbench.run({ $0.local.isolation.mode = .none }) { bench in
      let revision = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      let thief = try Self.squatter(on: Self.port(of: revision, bench))
      defer { thief.stop() }
      try await Task.sleep(for: .milliseconds(500))
      kill(try bench.pid(of: revision), SIGKILL)
      try await eventually {
        guard case .preparing(let what) = try await bench.readiness(revision) else { return false }
        return what.contains("process \(thief.pid)")
      }
      try await Task.sleep(for: .seconds(1))
      let before = Self.stolen
      let answers = try await bench.inferMany(20)
      #expect(answers == ["503 none": 20] || answers == ["503 rev1": 20], "\(answers)")
      try await Task.sleep(for: .seconds(3))
      #expect(Self.stolen == before)
      #expect(try await bench.readiness(revision) != .ready)
      thief.stop()
      try await eventually { try await bench.readiness(revision) == .ready }
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// A connection to 127.0.0.1 goes to whoever listens there, else to all addresses, else to all of IPv6;
  /// others on the port do not count.
  @Test(
    .temporaryFolder,
    arguments: [
      (["0100007F:1F90 0A 7 11", "00000000:1F90 0A 8 12"], [], [11]),
      (["00000000:1F90 0A 8 12"], ["\(zeros):1F90 0A 9 13"], [12]),
      ([], ["\(zeros):1F90 0A 9 13"], [13]),
      ([], ["0000000000000000FFFF00000100007F:1F90 0A 9 14"], [14]),
      (["0200007F:1F90 0A 7 11", "0100007F:1F91 0A 7 15"], [], []),
      (["0100007F:1F90 01 7 11", "0100007F:1F90 0A 7 16"], [], []),
    ] as [([String], [String], [UInt64])])
  func theKernelsChoiceIsKnown(four: [String], six: [String], inodes: [UInt64]) throws {
    let tables = try [four, six].map { lines in
      let text = lines.map { line in
        let parts = line.split(separator: " ")
        return
          "   0: \(parts[0]) 00000000:0000 \(parts[1]) 0:0 00:0 0 \(parts[2]) 0 \(parts[3]) 1 0\n"
      }
      let file = TemporaryFolder.current.appending(path: UUID().uuidString)
      try Data(("  sl  local_address\n" + text.joined()).utf8).write(to: file)
      return file.path
    }
    let listeners = PortListeners(port: 0x1F90, tables: (tables[0], tables[1]))
    #expect(listeners.all.map(\.inode) == inodes)
    #expect(listeners.strangers(to: getpid()) == listeners.all)
  }

  private static let zeros = String(repeating: "0", count: 32)

  /// Sockets of a server's children are its own.
  @Test(.temporaryFolder) func aWorkerMayListen() async throws {
    let port = try freePort()
    let script = """
      /usr/bin/python3 -c 'import socket, time
      s = socket.create_server(("127.0.0.1", \(port))); time.sleep(60)' & wait
      """
    let process = try DetachedProcess(ProcessTests.launch(script))
    try await eventually { !PortListeners(port: port).all.isEmpty }
    #expect(PortListeners(port: port).strangers(to: process.pid).isEmpty)
    let other = try DetachedProcess(ProcessTests.launch("exec sleep 60"))
    #expect(PortListeners(port: port).strangers(to: other.pid).count == 1)
    try await process.stop(grace: .seconds(5))
    try await other.stop(grace: .seconds(5))
  }
}
