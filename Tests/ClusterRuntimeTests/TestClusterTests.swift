import Encoding
import Foundation
import HTTP
import Kubernetes
import TestKit
import Testing

@testable import ClusterRuntime

/// The cluster of the tests as a program, which `hack/demo --cluster` starts.
@Suite(.timeLimit(.minutes(2))) struct TestClusterTests {
  enum End: CaseIterable { case closedInput, signal, signalBeforeItIsReady }

  /// It says where it is, answers by the kubeconfig that it wrote, ends when it is asked to, and leaves no process behind.
  @Test(.temporaryFolder, arguments: End.allCases)
  func standsUntilItsEnd(end: End) async throws {
    let folder = TemporaryFolder.current
    let (input, output) = (folder.appending(path: "input"), folder.appending(path: "output"))
    try shell(["mkfifo", input.path])
    // Open for both, so that it waits for no other end.
    let writer = try FileHandle(forUpdating: input)
    let program = try Self.start(in: folder, input: input, output: output)
    defer { program.stop() }
    if end == .signalBeforeItIsReady {
      try await eventually { Self.processes(naming: folder).count > 1 }
    } else {
      let place = try await Self.place(from: output, of: program)
      let access = try Kubeconfig(#require(place["kubeconfig"]?.string)).access()
      let version = try await HTTPClient().send(HTTPRequest("\(access.server)/version"))
      #expect(version.status == 200)
      // Itself, Envoy, and Prometheus.
      #expect(Self.processes(naming: folder).count == 3)
    }
    if end == .closedInput { try writer.close() } else { program.notify(SIGTERM) }
    let status = try await elsewhere { program.wait() }
    #expect(status == 0, "\(Self.text(of: output))")
    #expect(Self.processes(naming: folder).isEmpty)
    try? writer.close()
  }

  /// The API server alone says where it is, answers, and ends with its standard input; nothing else is started.
  @Test(.temporaryFolder) func standsAlone() async throws {
    let folder = TemporaryFolder.current
    let (input, output) = (folder.appending(path: "input"), folder.appending(path: "output"))
    try shell(["mkfifo", input.path])
    let writer = try FileHandle(forUpdating: input)
    let program = try Self.start(in: folder, input: input, output: output, "--only-api")
    defer { program.stop() }
    let place = try await Self.place(from: output, of: program)
    let client = KubernetesClient(try Kubeconfig(#require(place["kubeconfig"]?.string)).access())
    _ = try await client.list(.services, as: ClusterEntry.self)
    #expect(Self.processes(naming: folder).count == 1)
    try writer.close()
    let status = try await elsewhere { program.wait() }
    #expect(status == 0, "\(Self.text(of: output))")
  }

  private static func start(
    in folder: URL, input: URL, output: URL, _ flag: String? = nil
  ) throws -> BackgroundProcess {
    let script = #"exec "$0" --folder "$1" --serin serin $3 < "$2""#
    let cluster = folder.appending(path: "cluster").path
    return try BackgroundProcess(
      ["sh", "-c", script, builtProgram("serin-test-cluster"), cluster, input.path, flag ?? ""],
      output: output)
  }

  private static func place(
    from output: URL, of program: BackgroundProcess
  ) async throws -> JSONValue {
    try await eventually { text(of: output).hasSuffix("\n") || program.hasEnded }
    return try JSONValue(canonical: Array(text(of: output).utf8.dropLast()))
  }

  private static func text(of file: URL) -> String {
    (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }

  /// The processes whose commands name something in a folder.
  private static func processes(naming folder: URL) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int($0) }.filter { pid in
      let file = URL(filePath: "/proc/\(pid)/cmdline")
      let command = (try? Data(contentsOf: file)) ?? Data()
      return String(decoding: command, as: UTF8.self).contains(folder.path + "/cluster")
    }
  }
}
