import Dispatch
import Foundation
import HTTP
import TestKit
import Testing

/// The exchange that libgit2 pulls, on a thread that may block.
@Suite struct BlockingExchangeTests {
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func wholeBodiesArePulledOverOneSession() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let lengths = try await blocking {
      let session = BlockingSession()
      return try ["/hello.txt", "/big.bin", "/hello.txt"].map { path in
        var request = HTTPRequest(server.https + path)
        request.caFile = server.authority
        return try Self.pull(request, session).body.count
      }
    }
    #expect(lengths == [6, WebServer.bigBody.count, 6])
  }

  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func statusesAreLeftToTheCaller() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let statuses = try await blocking {
      try ["/none", "/secret", "/far"].map { path in
        try Self.pull(HTTPRequest(server.http + path), BlockingSession()).status
      }
    }
    #expect(statuses == [404, 401, 302])
  }

  @Test(.timeLimit(.minutes(5)), arguments: [true, false])
  func silenceIsBounded(isDeadline: Bool) async throws {
    let server = try SilentServer()
    var request = HTTPRequest("http://127.0.0.1:\(server.port)/")
    request.idleTimeout = isDeadline ? nil : .milliseconds(300)
    let start = ContinuousClock.now
    let limit: Duration = isDeadline ? .milliseconds(300) : .seconds(60)
    let silent = request
    let error = try await blocking {
      let exchange = try BlockingExchange(silent, in: BlockingSession(), until: .now + limit)
      return Self.failure(of: exchange)
    }
    #expect(error?.isTimeout == true)
    #expect(ContinuousClock.now - start < .seconds(30))
  }

  /// An answer that breaks off is an error at every further pull, never an end.
  @Test(.temporaryFolder, .timeLimit(.minutes(5)))
  func brokenAnswersNeverLookComplete() async throws {
    let server = try await WebServer(in: TemporaryFolder.current)
    let errors = try await blocking {
      let exchange = try BlockingExchange(
        HTTPRequest(server.http + "/slow"), in: BlockingSession(), until: .now + .milliseconds(300))
      return (0..<2).map { _ in Self.failure(of: exchange) }
    }
    #expect(errors.allSatisfy { $0?.isTimeout == true })
  }

  private static func pull(
    _ request: HTTPRequest, _ session: BlockingSession, within limit: Duration = .seconds(20)
  ) throws -> (status: Int, body: [UInt8]) {
    let exchange = try BlockingExchange(request, in: session, until: .now + limit)
    let status = try exchange.head().status
    var body: [UInt8] = []
    while case let next = try chunk(of: exchange), !next.isEmpty { body += next }
    return (status, body)
  }

  private static func failure(of exchange: BlockingExchange) -> HTTPError? {
    do {
      while try !chunk(of: exchange).isEmpty {}
      return nil
    } catch {
      return error as? HTTPError
    }
  }

  private static func chunk(of exchange: BlockingExchange) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
      count = try exchange.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
  }

  private func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Swift.Result { try body() })
      }
    }
  }
}
