import Dispatch
import Foundation
import Threads

/// A TCP connection that is opened before a deadline, or not at all.
struct Connection {
  struct Failure: Error { let message: String }

  let host: String
  let port: String
  let deadline: ContinuousClock.Instant

  /// Returns a connected, blocking descriptor, trying every address of the host in turn.
  func open() -> Result<Int32, Failure> {
    switch resolve() {
    case .failure(let failure): return .failure(failure)
    case .success(let addresses):
      var last = "no address"
      for address in addresses {
        switch connect(to: address) {
        case .success(let descriptor): return .success(descriptor)
        case .failure(let failure): last = failure.message
        }
      }
      return .failure(Failure(message: "cannot connect to \(host) port \(port): \(last)"))
    }
  }

  private struct Address {
    let family: Int32
    let bytes: [UInt8]
  }

  /// Asks the resolver on a thread of its own: it cannot be interrupted, only left behind.
  private func resolve() -> Result<[Address], Failure> {
    let answer = Lock<Result<[Address], Failure>?>(nil)
    let done = DispatchSemaphore(value: 0)
    let (host, port) = (host, port)
    Thread.detachNewThread {
      let result = Self.lookUp(host, port)
      answer.withLock { $0 = result }
      done.signal()
    }
    guard done.wait(timeout: .now() + remaining) == .success else {
      return .failure(Failure(message: "took too long to resolve \(host)"))
    }
    return answer.withLock { $0 } ?? .failure(Failure(message: "cannot resolve \(host)"))
  }

  private static func lookUp(_ host: String, _ port: String) -> Result<[Address], Failure> {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, port, &hints, &list)
    guard status == 0 else {
      let reason = String(cString: gai_strerror(status))
      return .failure(Failure(message: "cannot resolve \(host): \(reason)"))
    }
    defer { freeaddrinfo(list) }
    var addresses: [Address] = []
    var next = list
    while let entry = next?.pointee {
      let bytes = Array(
        UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen)))
      addresses.append(Address(family: entry.ai_family, bytes: bytes))
      next = entry.ai_next
    }
    return .success(addresses)
  }

  /// Connects without blocking, since nothing ends a connect(2) in progress from outside.
  private func connect(to address: Address) -> Result<Int32, Failure> {
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else { return .failure(Failure(message: Self.text(of: errno))) }
    let status = address.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return Int32(-1) }
      return Glibc.connect(descriptor, start, socklen_t(bytes.count))
    }
    let error = status == 0 ? 0 : errno == EINPROGRESS ? outcome(of: descriptor) : errno
    guard error == 0 else {
      close(descriptor)
      return .failure(Failure(message: Self.text(of: error)))
    }
    // libssh2 and the stream expect a socket that blocks.
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
    return .success(descriptor)
  }

  private func outcome(of descriptor: Int32) -> Int32 {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let milliseconds = Int32(min(remaining * 1000, 1_000_000))
    let count = poll(&waiting, 1, max(0, milliseconds))
    guard count > 0 else { return count == 0 ? ETIMEDOUT : errno }
    var error: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length)
    return error
  }

  private var remaining: Double { ContinuousClock.now.duration(to: deadline).inSeconds }

  private static func text(of error: Int32) -> String { String(cString: strerror(error)) }
}

extension Duration {
  /// This duration in seconds, never negative.
  var inSeconds: Double {
    max(0, Double(components.seconds) + Double(components.attoseconds) / 1e18)
  }
}
