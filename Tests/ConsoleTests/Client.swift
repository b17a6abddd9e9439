import Foundation
import Glibc
import TestKit
import Threads

/// One connection to the console, on which a test may send what it likes.
///
/// Sockets block, so everything happens on a queue of its own.
actor Client {
  private let executor = BlockingQueue(label: "serin.test.client")
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let descriptor: Int32
  private var received: [UInt8] = []

  struct Response: Equatable, Sendable {
    let status: Int
    /// Names in small letters.
    let fields: [String: String]
    let body: String
  }

  init(_ port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    // The limit only says when a failure is certain.
    var patience = timeval(tv_sec: 300, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(descriptor)
      throw ProcessFailure(description: "connect: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// From now on gives up sending what is not taken within a second.
  func hurry() {
    var haste = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &haste, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Sends as much as the other side takes.
  func send(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  /// Says that nothing more will be sent.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Whether the other side has closed the connection, and said nothing before.
  func isClosed() -> Bool { received.isEmpty && !receive() }

  /// Returns the next answer.
  func response(toHead: Bool = false) throws -> Response {
    while true {
      if let response = parse(toHead) { return response }
      guard receive() else {
        throw ProcessFailure(
          description: "no answer: \(String(decoding: received, as: UTF8.self))")
      }
    }
  }

  private func receive() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return false }
    received += buffer[..<count]
    return true
  }

  private func parse(_ toHead: Bool) -> Response? {
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: received[..<end.lowerBound], as: UTF8.self)
    let lines = head.components(separatedBy: "\r\n")
    let pairs = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (
        line[..<colon].lowercased(), line[colon...].dropFirst().trimmingCharacters(in: .whitespaces)
      )
    }
    let fields = Dictionary(pairs) { $1 }
    let length = toHead ? 0 : Int(fields["content-length"] ?? "0") ?? 0
    guard received.count >= end.upperBound + length else { return nil }
    let body = received[end.upperBound..<end.upperBound + length]
    received.removeFirst(end.upperBound + length)
    let status = Int(lines[0].split(separator: " ")[1]) ?? 0
    return Response(
      status: status, fields: fields, body: String(decoding: body, as: UTF8.self))
  }
}

extension Client {
  /// Asks once, on a connection of its own.
  static func ask(
    _ port: Int, _ method: String, _ path: String, _ fields: [String: String] = [:],
    body: [UInt8]? = nil
  ) async throws -> Response {
    let client = try Client(port)
    await client.send(method, path, fields, body: body)
    return try await client.response(toHead: method == "HEAD")
  }

  func send(
    _ method: String, _ path: String, _ fields: [String: String] = [:], body: [UInt8]? = nil
  ) {
    var head = "\(method) \(path) HTTP/1.1\r\n"
    let usual = ["host": "localhost", "authorization": "Bearer \(Stage.token)"]
    let fields = usual.merging(fields) { $1 }
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) { head += "\(name): \(value)\r\n" }
    if let body { head += "content-length: \(body.count)\r\n" }
    send(Array((head + "\r\n").utf8) + (body ?? []))
  }
}
