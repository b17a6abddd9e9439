import Encoding
import Foundation
import Kubernetes
import Logging
import TestKit
import Testing
import Threads

/// Serin's client against an API server that neither its authors nor the recordings have shaped: kmock, from PyPI.
///
/// kmock knows no managers of fields: a patch of any kind changes what it names.
@Suite(.timeLimit(.minutes(1))) struct KmockTests {
  private static let iris = ObjectName("default", "iris")
  private static let server =
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "kmock_server.py").path

  /// kmock needs Python 3.11.
  private static var isInstalled: Bool {
    (try? shell([testPython, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"])) != nil
  }

  /// What is read, followed, applied and deleted arrives there, and is understood when it comes back.
  @Test(.temporaryFolder, .enabled(if: isInstalled))
  func itIsUnderstood() async throws {
    let output = TemporaryFolder.current.appending(path: "output")
    let kmock = try BackgroundProcess([testPython, Self.server], output: output)
    defer { kmock.stop() }
    try await eventually { try Self.text(output).hasSuffix("\n") }
    let address = try Self.text(output).trimmingCharacters(in: .whitespacesAndNewlines)
    let client = KubernetesClient(ClusterAccess(server: address, credentials: .none))

    let list = try await client.list(.services, in: "default", as: Thing.self)
    #expect(list.objects.map(\.objectName) == [Self.iris])
    let missing: Thing? = try await client.find(.services, ObjectName("default", "none"))
    #expect(missing == nil)

    let told = Lock<[Change<PortedService>]>([])
    let follower = Follower<PortedService>(
      client, .services, in: "default", logger: Logger(label: "test")
    ) { changes in told.withLock { $0 += changes } }
    let following = Task { await follower.run() }
    defer { following.cancel() }
    try await eventually { !told.withLock { $0 }.isEmpty }
    let changed: PortedService = try await client.apply(
      ["spec": ["ports": [["port": 81]]]], .services, Self.iris)
    #expect(changed.spec.ports.map(\.port) == [81])
    try await eventually { told.withLock { $0 }.contains(.set(changed)) }
    try await client.delete(.services, changed.metadata)
    try await eventually { told.withLock { $0 }.last == .gone(Self.iris) }
    let gone: Thing? = try await client.find(.services, Self.iris)
    #expect(gone == nil)
  }

  private static func text(_ file: URL) throws -> String {
    (try? String(contentsOf: file, encoding: .utf8)) ?? ""
  }
}

private struct PortedService: ClusterObject {
  struct Port: Codable, Equatable { let port: Int }
  struct Spec: Codable, Equatable { let ports: [Port] }

  var metadata: ObjectMeta
  let spec: Spec
}
