import Control
import Foundation
import Glibc
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// The life of deployments, with a real Envoy and model servers that are cheap to start.
@Suite(.timeLimit(.minutes(5))) struct RuntimeLifeTests {
  /// From nothing to an answer, with the revision that gave it in the headers.
  @Test(.temporaryFolder) func aRevisionIsLoadedAndAnswers() async throws {
    try await Workbench.run { bench in
      let first = try Workbench.revision("1")
      try await bench.runtime.apply(Workbench.plan(1, [(first, 1000)]), to: Workbench.iris)
      #expect(try await bench.runtime.observe()[Workbench.iris]?.generationInForce == nil)
      let early = try await bench.infer()
      #expect(early.status == 503)
      #expect(String(decoding: early.body, as: UTF8.self).contains("no revision of default/iris"))

      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      #expect(try await bench.readiness(first) == .ready)
      for path in ["/v2/models/iris/infer", "/default/v2/models/iris/infer"] {
        let response = try await bench.infer(path: path)
        #expect(response.status == 200)
        let headers = response.headers.filter { $0.name.hasPrefix("serin-") }.map(\.value)
        #expect(headers == ["rev1", "1"])
      }
      #expect(try await bench.infer(path: "/v2/models/iris2/infer").status == 404)
      #expect(try await bench.infer(path: "/payments/v2/models/iris/infer").status == 404)
    }
  }

  /// What cannot serve says why, and never gets traffic.
  @Test(
    .temporaryFolder,
    arguments: [
      (
        #"{"exit": "no such tensor"}"#,
        "the server ended (exit code 1); its log says: no such tensor"
      ),
      (#"{"ready": 404}"#, "the server does not know the model"),
      (#"{"infer": 500}"#, #"answer a smoke inference: it answered 500: {"error": "told to"}"#),
      (#"{"infer": 200}"#, "answer a smoke inference: its answer is no JSON with outputs"),
    ])
  func whatCannotServeFails(behaviour: String, reason: String) async throws {
    try await Workbench.run { bench in
      let (first, broken) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: behaviour)
      )
      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      try await bench.runtime.apply(
        Workbench.plan(2, [(first, 500), (broken, 500)]), to: Workbench.iris)
      #expect(try await bench.failure(of: broken).contains(reason))
      try await bench.runtime.apply(
        Workbench.plan(2, [(first, 500), (broken, 500)]), to: Workbench.iris)
      #expect(try await bench.runtime.observe()[Workbench.iris]?.generationInForce == 1)
      #expect(try await bench.inferMany(20) == ["200 rev1": 20])
    }
  }

  /// The loaded model must answer what is expected, as far as the rules ask for it.
  @Test(
    .temporaryFolder,
    arguments: [
      ("[0]", .standard, true), ("[0.001]", .standard, false),
      ("[0.001]", Agreement(outputs: ["y": .close(absolute: 0.01, relative: 0)]), true),
      ("[1]", Agreement(usual: .close(absolute: 0, relative: 0.5)), false),
      (#"[0]}, {"name": "z", "shape": [1], "data": [0]"#, .standard, false),
    ] as [(String, Agreement, Bool)])
  func theExpectedAnswer(data: String, agreement: Agreement, isRight: Bool) async throws {
    let body = #"{"outputs": [{"name": "y", "shape": [1], "data": \#(data)}]}"#
    try await Workbench.run { bench in
      let revision = try Workbench.revision(
        "1", smoke: Workbench.good,
        expecting: ExpectedAnswer(body: body, agreement: agreement))
      try await bench.runtime.apply(Workbench.plan(1, [(revision, 1000)]), to: Workbench.iris)
      if isRight { return try await eventually { try await bench.readiness(revision) == .ready } }
      let reason = try await bench.failure(of: revision)
      #expect(
        reason.contains("it is not the answer that the manifest expects: {\"model_name\""),
        "\(reason)")
    }
  }

  @Test(.temporaryFolder) func aWrongDigestNamesWhatWasWanted() async throws {
    try await Workbench.run { bench in
      let wanted = "sha256:" + String(repeating: "0", count: 64)
      let revision = try Workbench.revision("1", digest: wanted)
      try await bench.runtime.apply(Workbench.plan(1, [(revision, 1000)]), to: Workbench.iris)
      let reason = try await bench.failure(of: revision)
      let found = try ArtifactDigest.digest(
        of: TemporaryFolder.current.appending(path: "model-1.json").path)
      #expect(reason.contains(wanted) && !reason.contains(found), "\(reason)")
      let stored = try FileManager.default.contentsOfDirectory(
        atPath: bench.setup.folder + "/artifacts")
      #expect(stored.isEmpty)
    }
  }

  /// A push often beats an upload: what is not there is waited for, by name, and served once it is.
  @Test(.temporaryFolder, arguments: [false, true])
  func aMissingArtifactIsWaitedFor(overHTTPS: Bool) async throws {
    let server = try await overHTTPS ? FileServer.start() : nil
    defer { server?.stop() }
    let change: @Sendable (inout LocalRuntimeSetup) -> Void = {
      $0.local.caFile = server?.authority
      $0.local.allowedHosts = ["127.0.0.1"]
    }
    try await Workbench.run(change) { bench in
      let folder = TemporaryFolder.current.appending(path: "files")
      let uri = "\(server?.base ?? "file://" + folder.path)/late.json"
      let model = Model(
        version: "1", uri: uri, digest: nil, format: "fake", smoke: nil, retry: 0)
      let revision = Revision(id: Revision.ID("rev1"), model: model)
      try await bench.runtime.apply(Workbench.plan(1, [(revision, 1000)]), to: Workbench.iris)
      let why = overHTTPS ? "the server answered 404" : "no such file"
      try await eventually {
        try await bench.readiness(revision) == .preparing("waiting for \(uri): \(why)")
      }
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data("{}".utf8).write(to: folder.appending(path: "late.json"))
      try await bench.put(Workbench.plan(1, [(revision, 1000)]))
      #expect(try await bench.infer().status == 200)
    }
  }

  /// One name must not mean two things.
  @Test(.temporaryFolder) func oddNamesAreRefused() async throws {
    try await Workbench.run { bench in
      for name in ["..", "a/b", "", "ä", "a b"] {
        await #expect(throws: LocalRuntimeError.self, "\(name)") {
          try await bench.runtime.apply(
            Workbench.plan(1, []), to: DeploymentName(namespace: "default", name: name))
        }
      }
    }
  }

  /// The old revision answers what it was asked before it goes, and then it is really gone.
  @Test(.temporaryFolder) func unloadingDrainsAndThenStops() async throws {
    try await Workbench.run { bench in
      let (first, second) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
      )
      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      let pid = try bench.pid(of: first)
      async let slow = bench.infer(path: "/v2/models/iris/infer?sleep=1")
      try await Task.sleep(for: .milliseconds(200))
      try await bench.put(Workbench.plan(2, [(second, 1000)]))
      #expect(try await bench.readiness(first) == .preparing("unloading"))
      #expect(isRunning(pid))
      #expect(try await slow.status == 200)
      try await eventually { try await bench.readiness(first) == .absent }
      #expect(!isRunning(pid))
      let folder = bench.setup.folder
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/servers/default/iris/rev1"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder)/artifacts").count == 1)
      #expect(try await bench.inferMany(10) == ["200 rev2": 10])
    }
  }

  /// A rollback may come while the stable revision drains: it is called back, not loaded again.
  @Test(.temporaryFolder) func aDrainingRevisionIsCalledBack() async throws {
    try await Workbench.run { bench in
      let (first, second) = (
        try Workbench.revision("1"), try Workbench.revision("2", behaviour: #"{"v": 2}"#)
      )
      try await bench.put(Workbench.plan(1, [(first, 1000), (second, 0)]))
      try await eventually { try await bench.readiness(second) == .ready }
      let pid = try bench.pid(of: first)
      async let slow = bench.infer(path: "/v2/models/iris/infer?sleep=1")
      try await Task.sleep(for: .milliseconds(200))
      try await bench.put(Workbench.plan(2, [(second, 1000)]))
      #expect(try await bench.readiness(first) == .preparing("unloading"))
      try await bench.put(Workbench.plan(3, [(first, 1000)], loaded: [second]))
      #expect(try await slow.status == 200)
      try await Task.sleep(for: .milliseconds(300))
      #expect(try await bench.readiness(first) == .ready)
      #expect(try bench.pid(of: first) == pid)
      #expect(try await bench.inferMany(10) == ["200 rev1": 10])
    }
  }

  @Test(.temporaryFolder) func oneFolderHasOneController() async throws {
    try await Workbench.run { bench in
      let second = LocalRuntime(bench.setup, logger: Workbench.logger)
      let error = await #expect(throws: LocalRuntimeError.self) { try await second.start() }
      #expect(error?.kind == .locked)
    }
  }

  /// Nobody but this machine can reach anything that was started.
  @Test(.temporaryFolder) func everythingListensOnLoopbackOnly() async throws {
    try await Workbench.run({ $0.local.isolation.mode = .none }) { bench in
      let first = try Workbench.revision("1")
      try await bench.put(Workbench.plan(1, [(first, 1000)]))
      for pid in [try bench.pid("envoy"), try bench.pid(of: first)] {
        let addresses = try Listeners.addresses(of: pid)
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { Listeners.loopback.contains($0) }, "\(addresses)")
      }
      var status = stat()
      #expect(stat(bench.setup.folder + "/envoy/admin.sock", &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      #expect(stat(bench.setup.folder, &status) == 0 && status.st_mode & 0o777 == 0o700)
    }
  }
}

/// What a process listens on, from /proc.
enum Listeners {
  /// 127.0.0.1 as the kernel prints it, also when an IPv6 socket is bound to it.
  static let loopback: Set = ["0100007F", "0000000000000000FFFF00000100007F"]

  /// Reads a file that has no size of its own to its end.
  private static func kernelTable(_ path: String) throws -> String {
    let handle = try FileHandle(forReadingFrom: URL(filePath: path))
    return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
  }

  /// Whether anything listens on a port of the IPv4 loopback interface or of every one.
  static func isListening(_ port: Int) -> Bool {
    let table = (try? kernelTable("/proc/self/net/tcp")) ?? ""
    let suffix = ":" + String(port + 0x10000, radix: 16, uppercase: true).dropFirst()
    return table.split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields[1].hasSuffix(suffix) && fields[3] == "0A"
    }
  }

  /// Returns the local addresses, in the kernel's hexadecimal; IPv6 sockets appear as 32 digits.
  static func addresses(of pid: Int32) throws -> [String] {
    let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
    let inodes = Set(
      links.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)")
      })
    return try ["tcp", "tcp6"].flatMap { table in
      try kernelTable("/proc/\(pid)/net/\(table)")
        .split(separator: "\n").dropFirst().compactMap { line -> String? in
          let fields = line.split(separator: " ")
          guard fields[3] == "0A", inodes.contains("socket:[\(fields[9])]") else { return nil }
          return fields[1].split(separator: ":").first.map(String.init)
        }
    }
  }
}
