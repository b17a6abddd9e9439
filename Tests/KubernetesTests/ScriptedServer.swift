import HTTPTypes
import HummingbirdCore
import Kubernetes
import Logging
import NIOCore
import NIOPosix
import Threads

/// An HTTP server on loopback that answers as a test says, and remembers what it was asked.
final class ScriptedServer: Sendable {
  struct Asked: Sendable {
    let method: String
    let target: String
    let headers: HTTPFields
    let body: String

    var path: Substring { target.prefix { $0 != "?" } }
    var query: Set<Substring> { Set(target.drop { $0 != "?" }.dropFirst().split(separator: "&")) }
  }

  enum Answer: Sendable {
    case whole(Int, [(name: String, value: String)], String)
    /// Lines that come one after the other; the stream stays open behind them for so long.
    case stream([String], open: Duration = .zero)

    static func whole(_ status: Int, _ body: String) -> Answer { .whole(status, [], body) }

    static func whole(_ exchange: Exchange) -> Answer {
      let headers = exchange.headers.filter { ["content-type", "retry-after"].contains($0.name) }
      return .whole(exchange.status, headers, exchange.body)
    }
  }

  private let answer: @Sendable (Asked, Int) -> Answer
  private let log = Lock<[Asked]>([])

  var asked: [Asked] { log.withLock { $0 } }

  init(_ answer: @escaping @Sendable (Asked, Int) -> Answer) { self.answer = answer }

  /// Serves while `body` runs, which gets a client of it; `answer` gets a request, and how many came before.
  static func run<Result: Sendable>(
    answering answer: @escaping @Sendable (Asked, Int) -> Answer,
    access: (String) -> ClusterAccess = { ClusterAccess(server: $0) },
    retries: RetryPolicy = RetryPolicy(waits: [.milliseconds(1), .milliseconds(1)]),
    manager: String = "serin",
    _ body: (KubernetesClient, ScriptedServer) async throws -> Result
  ) async throws -> Result {
    let server = ScriptedServer(answer)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (started, start) = AsyncStream<Int>.makeStream()
    let http = server.http(group) { start.yield($0) }
    let running = Task { try await http.run() }
    var ports = started.makeAsyncIterator()
    let port = await ports.next() ?? 0
    let client = KubernetesClient(
      access("http://127.0.0.1:\(port)"), manager: manager, retries: retries)
    do {
      let result = try await body(client, server)
      running.cancel()
      _ = await running.result
      try await group.shutdownGracefully()
      return result
    } catch {
      running.cancel()
      _ = await running.result
      try await group.shutdownGracefully()
      throw error
    }
  }

  private func http(
    _ group: MultiThreadedEventLoopGroup, _ started: @escaping @Sendable (Int) -> Void
  ) -> Server<HTTP1Channel> {
    Server(
      childChannelSetup: HTTP1Channel(
        responder: { request, writer, _ in try await self.respond(to: request, writer) }),
      configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { started($0.localAddress?.port ?? 0) }, eventLoopGroup: group,
      logger: Logger(label: "scripted") { _ in SwiftLogNoOpLogHandler() })
  }

  @concurrent
  private func respond(to request: Request, _ writer: consuming ResponseWriter) async throws {
    var bytes: [UInt8] = []
    for try await part in request.body { bytes += part.readableBytesView }
    let asked = Asked(
      method: request.method.rawValue, target: request.uri.string, headers: request.headers,
      body: String(decoding: bytes, as: UTF8.self))
    let count = log.withLock { log in
      log.append(asked)
      return log.count - 1
    }
    switch answer(asked, count) {
    case .whole(let status, let headers, let body):
      var response = HTTPResponse(status: .init(code: status))
      for (name, value) in headers {
        if let name = HTTPField.Name(name) { response.headerFields[name] = value }
      }
      try await writer.write(
        response: response, body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    case .stream(let lines, let open):
      let response = HTTPResponse(status: .ok, headerFields: [.contentType: "application/json"])
      try await writer.write(
        response: response,
        body: ResponseBody { writer in
          for line in lines { try await writer.write(ByteBuffer(string: line + "\n")) }
          try await Task.sleep(for: open)
          try await writer.finish(nil)
        })
    }
  }
}

/// An object of any type: its metadata, and whatever else stands there is left out.
struct Thing: ClusterObject {
  var metadata: ObjectMeta
}
