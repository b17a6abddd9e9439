import Encoding
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Threads

/// An API server of Kubernetes in memory, on a free port of loopback, for tests.
///
/// It answers as kube-apiserver 1.36 does: `ClusterKitTests` holds it to what a real one was recorded to say.
/// No controller runs in it: a test writes the statuses that one would write.
package final class ClusterServer: Sendable {
  let state: Lock<ServerState>
  private let running = Lock<(http: Server<HTTP1Channel>, task: Task<Void, any Error>)?>(nil)
  private let port = Lock(0)

  /// "http://127.0.0.1:PORT".
  package var url: String { "http://127.0.0.1:\(port.withLock { $0 })" }

  /// A file that says where the server is, for a client that nobody asks who it is.
  package var kubeconfig: String {
    """
    apiVersion: v1
    kind: Config
    current-context: test
    contexts: [{name: test, context: {cluster: test, namespace: default}}]
    clusters: [{name: test, cluster: {server: "\(url)"}}]
    """
  }

  private init(_ types: [APIType], _ namespaces: [String], _ now: @escaping @Sendable () -> String)
  {
    var cluster = Cluster(types, now: now)
    for name in namespaces {
      let body: JSONValue = [
        "apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(name)],
      ]
      cluster.write(body, manager: "setup")
    }
    state = Lock(ServerState(cluster))
  }

  /// Starts a server that has the namespaces; stop it in the end.
  package static func start(
    types: [APIType] = Catalog.all, namespaces: [String] = ["default"],
    now: @escaping @Sendable () -> String = ClusterServer.time
  ) async throws -> ClusterServer {
    let server = ClusterServer(types, namespaces, now)
    let (started, start) = AsyncStream<Int>.makeStream()
    let http = server.http { start.yield($0) }
    let task = Task { try await http.run() }
    server.running.withLock { $0 = (http, task) }
    for await port in started {
      server.port.withLock { $0 = port }
      break
    }
    return server
  }

  /// Serves while `body` runs.
  package static func run<Result>(
    types: [APIType] = Catalog.all, namespaces: [String] = ["default"],
    _ body: (ClusterServer) async throws -> Result
  ) async throws -> Result {
    let server = try await start(types: types, namespaces: namespaces)
    do {
      let result = try await body(server)
      await server.stop()
      return result
    } catch {
      await server.stop()
      throw error
    }
  }

  package func stop() async {
    let ended = running.withLock { running in
      defer { running = nil }
      return running
    }
    state.withLock { $0.endWatches() }
    // Nothing is cancelled: a connection that was just accepted would be dropped without an end.
    try? await ended?.http.shutdownGracefully()
    _ = await ended?.task.result
  }

  /// What time it is, as the API writes it.
  package static let time: @Sendable () -> String = { Date.now.formatted(.iso8601) }

  private func http(_ started: @escaping @Sendable (Int) -> Void) -> Server<HTTP1Channel> {
    Server(
      childChannelSetup: HTTP1Channel(
        responder: { request, writer, _ in try await self.respond(to: request, writer) }),
      configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { started($0.localAddress?.port ?? 0) },
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "cluster") { _ in SwiftLogNoOpLogHandler() })
  }

  @concurrent
  private func respond(
    to request: HummingbirdCore.Request, _ writer: consuming ResponseWriter
  ) async throws {
    var bytes: [UInt8] = []
    for try await part in request.body { bytes += part.readableBytesView }
    let asked = Request(request, bytes)
    let (ticket, fault) = state.withLock { $0.admit(asked) }
    switch fault {
    case .reset?: throw Unanswered()
    case .delay(let duration)?: try await Task.sleep(for: duration)
    default: break
    }
    let reply = state.withLock { $0.answer(asked, ticket, fault) }
    if fault == .resetAfterwards { throw Unanswered() }
    switch reply {
    case .whole(let status, let headers, let body):
      try await writer.write(
        response: Self.response(status, headers),
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    case .watch(let watch): try await stream(watch, writer)
    }
  }

  private static func response(
    _ status: Int, _ headers: [(name: String, value: String)]
  ) -> HTTPResponse {
    var response = HTTPResponse(status: .init(code: status))
    for (name, value) in headers {
      if let name = HTTPField.Name(name) {
        response.headerFields.append(HTTPField(name: name, value: value))
      }
    }
    if response.headerFields[.cacheControl] == nil {
      response.headerFields[.cacheControl] = "no-cache, private"
    }
    return response
  }

  @concurrent
  private func stream(_ watch: Watch, _ writer: consuming ResponseWriter) async throws {
    let stream = WatchStream(watch, self)
    try await writer.write(
      response: Self.response(200, [("Content-Type", "application/json")]),
      body: ResponseBody { writer in
        for await lines in stream.lines() {
          for line in lines { try await writer.write(ByteBuffer(string: line.canonical + "\n")) }
        }
        try await writer.finish(nil)
      })
  }

  /// Ends a connection without an answer.
  private struct Unanswered: Error {}
}

extension Request {
  init(_ request: HummingbirdCore.Request, _ body: [UInt8]) {
    var headers: [String: String] = [:]
    for field in request.headers { headers[field.name.canonicalName] = field.value }
    headers["host"] = request.head.authority
    self.init(
      method: request.method.rawValue, target: request.uri.string, headers: headers, body: body)
  }
}
