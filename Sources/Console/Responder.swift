import HTTPTypes
import HummingbirdCore
import NIOCore

/// Answers one request: finds the route, reads the body within its bounds, writes the answer.
struct Responder: Sendable {
  private let routes: Routes
  private let bodies: Allowance

  init(_ routes: Routes) {
    self.routes = routes
    bodies = Allowance(routes.limits.allBodies)
  }

  /// Answers a request that came from an address.
  ///
  /// - Throws: What broke the connection; then there is nobody to answer.
  @concurrent
  func respond(
    to request: Request, from address: String?, _ writer: consuming ResponseWriter
  ) async throws {
    let answer: Answer
    var isLast = request.headers[.connection]?.lowercased() == "close"
    switch routes.route(request.head, from: address) {
    case .failure(let refused):
      answer = refused.answer
      isLast = isLast || Self.announcesBody(request.headers)
    case .success(let route):
      do {
        let body = try await body(of: request, for: route, writer)
        answer = await routes.answer(route, request.headers, body, from: address)
      } catch let refused as Refused {
        (answer, isLast) = (refused.answer, true)
      }
    }
    // An answer to HEAD says how long the body would be, and has none.
    let body = request.method == .head ? "" : answer.body
    try await writer.write(
      response: answer.head(isLast: isLast),
      body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
  }

  @concurrent
  private func body(
    of request: Request, for route: Routes.Route, _ writer: borrowing ResponseWriter
  ) async throws -> [UInt8] {
    guard let limit = routes.bodyLimit(of: route) else {
      guard !Self.announcesBody(request.headers) else {
        throw Refused(.error(.contentTooLarge, "this route takes no body"))
      }
      return []
    }
    let length = try Self.length(request.headers, atMost: limit)
    guard bodies.take(length) else {
      throw Refused(.error(.serviceUnavailable, "too many bodies at once").toBeRepeated)
    }
    defer { bodies.giveBack(length) }
    if request.headers[.expect]?.lowercased() == "100-continue" {
      try await writer.writeInformationalHead(HTTPResponse(status: .continue))
    }
    return try await Self.read(request.body, atMost: limit)
  }

  /// Returns how many bytes may come: as many as are announced, or the limit.
  private static func length(_ headers: HTTPFields, atMost limit: Int) throws(Refused) -> Int {
    if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
      throw Refused(.error(.unsupportedMediaType, "send the body as it is, without an encoding"))
    }
    let length = headers[.contentLength].map { Int($0) ?? .max } ?? limit
    guard length <= limit else { throw tooLarge(limit) }
    return length
  }

  private static func read(_ body: RequestBody, atMost limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await part in body {
      guard bytes.count + part.readableBytes <= limit else { throw tooLarge(limit) }
      bytes.append(contentsOf: part.readableBytesView)
    }
    return bytes
  }

  private static func tooLarge(_ limit: Int) -> Refused {
    Refused(.error(.contentTooLarge, "a body may have \(limit) bytes here"))
  }

  private static func announcesBody(_ headers: HTTPFields) -> Bool {
    headers[.transferEncoding] != nil || (headers[.contentLength].map { $0 != "0" } ?? false)
  }
}
