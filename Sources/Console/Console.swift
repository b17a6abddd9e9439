import Glibc
import HummingbirdCore
package import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix

/// The controller's HTTP server: shows how it is, takes in events and labels, and changes no rollout.
package struct Console: Sendable {
  private let host: String
  private let port: Int
  private let limits: ConsoleLimits
  private let routes: Routes
  private let logger: Logger

  /// Creates a server that listens at a name or address, and any free port if `port` is 0.
  ///
  /// On loopback it answers to this machine's own names and to those in `names`.
  package init(
    host: String, port: Int, names: [String] = [], ports: ConsolePorts,
    limits: ConsoleLimits = ConsoleLimits(), logger: Logger
  ) {
    self.host = host
    self.port = port
    self.limits = limits
    routes = Routes(
      ports: ports, limits: limits, hosts: ConsoleHosts(listeningAt: host, named: names))
    self.logger = logger
  }

  /// Serves while `body` runs, which is told the port, and has ended when this returns.
  ///
  /// Requests under way are answered, for as long as the limits say.
  ///
  /// - Throws: `ConsoleError` when nobody can listen there, and what `body` throws.
  package func serving<Value: Sendable>(
    _ body: (_ port: Int) async throws -> Value
  ) async throws -> Value {
    // One thread: the controller's work comes first.
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let (started, start) = AsyncThrowingStream<SocketAddress, any Error>.makeStream()
    let server = server(group, start)
    let running = Task {
      do { try await server.run() } catch { start.finish(throwing: error) }
    }
    let result: Result<Value, any Error>
    do {
      result = .success(try await body(try await port(of: started)))
      try? await server.shutdownGracefully()
    } catch {
      result = .failure(error)
      try? await server.shutdownGracefully()
    }
    await running.value
    try? await group.shutdownGracefully()
    return try result.get()
  }

  private func port(of started: AsyncThrowingStream<SocketAddress, any Error>) async throws -> Int {
    do {
      for try await address in started {
        announce(address)
        return address.port ?? port
      }
    } catch {
      throw ConsoleError(host: host, port: port, error)
    }
    throw CancellationError()
  }

  private func announce(_ address: SocketAddress) {
    let host = address.ipAddress ?? self.host
    let place = ConsoleError.place(host, address.port ?? port)
    guard !routes.isForPayloads else {
      return logger.info("payloads of servers are taken", metadata: ["at": "\(place)"])
    }
    logger.info("the console listens", metadata: ["at": "\(place)"])
    guard !host.hasPrefix("127."), host != "::1" else { return }
    logger.warning(
      "the console can be reached from elsewhere, and shows anybody how the controller is",
      metadata: ["at": "\(place)"])
  }

  private func server(
    _ group: MultiThreadedEventLoopGroup,
    _ start: AsyncThrowingStream<SocketAddress, any Error>.Continuation
  ) -> Server<HTTP1Channel> {
    Server(
      childChannelSetup: channel,
      configuration: ServerConfiguration(
        address: .hostname(host, port: port),
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connections + limits.refusals, logger: quiet)),
      onServerRunning: { channel in
        guard let address = channel.localAddress else { return start.finish() }
        start.yield(address)
      },
      eventLoopGroup: group, logger: quiet)
  }

  private var channel: HTTP1Channel {
    let (limits, seats, responder) = (
      limits, Allowance(limits.connections), Responder(routes)
    )
    return HTTP1Channel(
      responder: { request, writer, channel in
        try await responder.respond(to: request, from: channel.remoteAddress?.host, writer)
      },
      configuration: .init(
        additionalChannelHandlers: [ConnectionGuard(limits, seats: seats)],
        httpDecoderConfiguration: .init(
          maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
          maxHeaderFieldCount: limits.headers)))
  }

  /// Hummingbird's own news are of no interest to an operator.
  private var quiet: Logger {
    var logger = logger
    logger.logLevel = max(.warning, logger.logLevel)
    return logger
  }
}

extension SocketAddress {
  /// The address without its port; one of version 4 as such, whatever the socket.
  fileprivate var host: String? {
    ipAddress.map { $0.hasPrefix("::ffff:") && $0.contains(".") ? String($0.dropFirst(7)) : $0 }
  }
}

/// Why nobody can listen at an address.
package struct ConsoleError: Error, Equatable, CustomStringConvertible {
  package let address: String
  package let message: String
  /// Whether somebody else has the port.
  package let isTaken: Bool

  init(host: String, port: Int, _ error: any Error) {
    address = Self.place(host, port)
    let code = (error as? IOError)?.errnoCode
    message = code.map { String(cString: strerror($0)) } ?? "\(error)"
    isTaken = code == EADDRINUSE
  }

  static func place(_ host: String, _ port: Int) -> String {
    host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  package var description: String { "cannot listen on \(address): \(message)" }
}
