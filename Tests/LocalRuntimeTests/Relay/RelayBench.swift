import Foundation
import Glibc
import LocalRuntime
import TestKit

/// The built relay by itself: it has become `sleep`, and a test plays the server at its port.
final class RelayBench: Sendable {
  let port: Int
  let process: DetachedProcess
  private let path = TemporaryFolder.current.path + "/s"

  init(_ command: [String] = ["/bin/sleep", "600"]) throws {
    port = try freePort()
    let listener = Socket(AF_UNIX)
    try Self.address(path) { address, length in
      guard bind(listener.descriptor, address, length) == 0 else { throw Socket.failure("bind") }
    }
    process = try DetachedProcess(
      ProcessLaunch(
        command: [builtProgram("serin-relay"), "\(port)"] + command,
        environment: ["PATH": "/usr/bin:/bin"], folder: "/",
        log: TemporaryFolder.current.path + "/log", listener: listener.descriptor))
  }

  /// Ends the server, and with it what stands beside it; a sandbox does that, too.
  func stop() async throws { try await process.stop(grace: .zero) }

  /// A client's connection; nil while it is refused.
  func client() throws -> Socket? {
    let socket = Socket(AF_UNIX)
    return try Self.address(path) { address, length in
      if connect(socket.descriptor, address, length) == 0 { return socket }
      guard [ECONNREFUSED, ECONNRESET].contains(errno) else { throw Socket.failure("connect") }
      return nil
    }
  }

  /// A client's connection, as soon as the relay takes it.
  func patientClient() async throws -> Socket {
    var client = try client()
    while client == nil {
      try await Task.sleep(for: .milliseconds(5))
      client = try self.client()
    }
    guard let client else { throw Socket.failure("connect") }
    return client
  }

  /// The process that copies: of the session of `sleep`, and not its child.
  var relay: Int32? {
    Self.processes.first { pid in
      ProcessStatus(pid: pid)?.session == process.pid && Self.words(of: pid).contains("--serve")
    }
  }

  private static var processes: [Int32] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { Int32($0) }
  }

  private static func words(of pid: Int32) -> [Substring] {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8)) ?? ""
    return text.split(separator: "\0")
  }

  private static func address<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Result
  ) throws -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw ProcessFailure(description: "\(path) is too long for a socket")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return try withUnsafePointer(to: &address) {
      try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}

/// A socket that gives up after a minute; what a test asks of it takes milliseconds.
final class Socket: Sendable {
  let descriptor: Int32

  init(_ family: Int32) {
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    patient()
  }

  private init(taken descriptor: Int32) {
    self.descriptor = descriptor
    patient()
  }

  deinit { close(descriptor) }

  private func patient() {
    var minute = timeval(tv_sec: 60, tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &minute, length)
    }
  }

  /// A server at a port of the loopback interface.
  static func server(at port: Int) throws -> Socket {
    let server = Socket(AF_INET)
    var yes: Int32 = 1
    setsockopt(
      server.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0, listen(server.descriptor, 512) == 0 else { throw failure("listen") }
    return server
  }

  /// The next connection of which something comes: one that only asks whether this listens closes at once.
  func accept() throws -> Socket {
    while true {
      let taken = Glibc.accept(descriptor, nil, nil)
      guard taken >= 0 else { throw Self.failure("accept") }
      _ = fcntl(taken, F_SETFD, FD_CLOEXEC)
      let socket = Socket(taken: taken)
      var byte: UInt8 = 0
      if recv(taken, &byte, 1, Int32(MSG_PEEK)) > 0 { return socket }
    }
  }

  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Self.failure("send") }
      rest = rest.dropFirst(count)
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends pieces until nothing is taken for a while; returns how many bytes were.
  func sendUntilFull(_ piece: [UInt8], atMost most: Int) async throws -> Int {
    var (sent, pauses) = (0, 0)
    while sent < most, pauses < 30 {
      let count = piece.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      if count < 0 { try await Task.sleep(for: .milliseconds(10)) }
      (sent, pauses) = count < 0 ? (sent, pauses + 1) : (sent + count, 0)
    }
    return sent
  }

  /// Says that nothing more will be sent.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Closes as a process does that was killed with bytes unread.
  func reset() {
    var now = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    // Another file takes the place of the socket, which is closed by it.
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    dup2(nothing, descriptor)
    close(nothing)
  }

  /// Returns so many bytes, or fewer when the other side ends before.
  func receive(_ count: Int) throws -> [UInt8] {
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while bytes.count < count {
      let got = recv(descriptor, &buffer, min(buffer.count, count - bytes.count), 0)
      if got == 0 { break }
      guard got > 0 else { throw Self.failure("receive") }
      bytes += buffer[..<got]
    }
    return bytes
  }

  func text(_ count: Int) throws -> String { String(decoding: try receive(count), as: UTF8.self) }

  /// Waits for the end; returns whether nothing came before it.
  func isOver() -> Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, 0)
    return count == 0 || count < 0 && errno == ECONNRESET
  }

  static func failure(_ what: String) -> ProcessFailure {
    ProcessFailure(description: "\(what): \(String(cString: strerror(errno)))")
  }
}
