import Glibc

/// The port of 127.0.0.1 on which the server listens.
struct ServerPort {
  /// A connection to the server, which may be on its way.
  struct Connection {
    let descriptor: Int32
    let isConnected: Bool
  }

  private let address: sockaddr_in

  init(_ port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    self.address = address
  }

  /// Begins a connection that is not waited for; nil when there can be none.
  func connection() -> Connection? {
    let descriptor = Self.socket(SOCK_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    if connect(descriptor) { return Connection(descriptor: descriptor, isConnected: true) }
    if errno == EINPROGRESS { return Connection(descriptor: descriptor, isConnected: false) }
    close(descriptor)
    return nil
  }

  /// Waits until the server takes connections.
  ///
  /// A server that starts at once is not waited for longer than it takes; one that loads for minutes costs nothing.
  func awaitServer() {
    var microseconds: UInt32 = 1000
    while !isAnswering {
      usleep(microseconds)
      microseconds = min(microseconds * 2, 50_000)
    }
  }

  private var isAnswering: Bool {
    let descriptor = Self.socket()
    defer { close(descriptor) }
    return connect(descriptor)
  }

  private static func socket(_ options: __socket_type = __socket_type(0)) -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | options.rawValue
    return Glibc.socket(AF_INET, Int32(type), 0)
  }

  private func connect(_ descriptor: Int32) -> Bool {
    withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
