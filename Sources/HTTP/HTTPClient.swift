/// An HTTP client over libcurl: one thread, any number of exchanges.
///
/// Connections are kept and used again. The thread ends when the client and the last body that it
/// opened are gone.
package final class HTTPClient: Sendable {
  private let commands: CommandQueue

  /// How often a redirection to the same host is followed before the caller sees it.
  private static let redirectionLimit = 5

  package init() { commands = CurlThread.start() }

  deinit { commands.post(.stop) }

  /// Sends a request and returns the whole answer, whatever its status.
  ///
  /// - Throws: `HTTPError`, also when the body is longer than `limit` bytes; `CancellationError`.
  package func send(_ request: HTTPRequest, limit: Int = 16 << 20) async throws -> HTTPResponse {
    let (head, body) = try await open(request)
    var bytes: [UInt8] = []
    for try await chunk in body {
      if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
      guard bytes.count <= limit else {
        body.cancel()
        throw request.refusal("the answer is longer than \(limit) bytes", .tooLarge)
      }
    }
    return HTTPResponse(status: head.status, headers: head.headers, body: bytes)
  }

  /// Sends a request and returns as soon as the head of the answer is there.
  ///
  /// - Throws: `HTTPError`; `CancellationError`.
  package func open(_ request: HTTPRequest) async throws -> (HTTPHead, HTTPBody) {
    try request.validate()
    var request = request
    for _ in 0..<Self.redirectionLimit {
      let (head, body) = try await openOnce(request)
      guard let next = request.following(head) else { return (head, body) }
      body.cancel()
      request = next
    }
    return try await openOnce(request)
  }

  private func openOnce(_ request: HTTPRequest) async throws -> (HTTPHead, HTTPBody) {
    let transfer = Transfer()
    let body = HTTPBody(client: self, transfer: transfer)
    let head = try await withTaskCancellationHandler {
      try Task.checkCancellation()
      post(.start(request, transfer))
      return try await transfer.head()
    } onCancel: {
      post(.cancel(transfer))
    }
    return (head, body)
  }

  func post(_ command: CommandQueue.Command) { commands.post(command) }
}

/// The body of an answer, chunk by chunk as it comes.
///
/// A server that is faster than the reader is made to wait. Read it once; leaving it, in whatever
/// way, ends the exchange.
package struct HTTPBody: AsyncSequence, Sendable {
  package typealias Element = [UInt8]

  private let lease: Lease

  init(client: HTTPClient, transfer: Transfer) {
    lease = Lease(client: client, transfer: transfer)
  }

  /// Ends the exchange; a reader that waits gets a `CancellationError`.
  package func cancel() { lease.cancel() }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(lease: lease) }

  package struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let lease: Lease

    package func next() async throws -> [UInt8]? {
      let lease = lease
      let taken = try await withTaskCancellationHandler {
        try await lease.transfer.next()
      } onCancel: {
        lease.cancel()
      }
      if taken.wasPaused { lease.client.post(.resume(lease.transfer)) }
      return taken.chunk
    }
  }

  /// Keeps the client alive while a body is read, and ends the exchange with the last reader.
  fileprivate final class Lease: Sendable {
    let client: HTTPClient
    let transfer: Transfer

    init(client: HTTPClient, transfer: Transfer) {
      self.client = client
      self.transfer = transfer
    }

    deinit { cancel() }

    func cancel() { client.post(.cancel(transfer)) }
  }
}
