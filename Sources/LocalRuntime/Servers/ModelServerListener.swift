import Control
import HTTP
import Logging
import Rollouts
import Threads

// Who listens on the server's port. A server with a network of its own has it for itself, and is reached by a
// socket that the controller made. On the machine's network any process may take the port while the server starts, or
// after it died. Until it is certain that the server itself listens, it is asked nothing and Envoy has no way to it.
extension ModelServer {
  /// Where Envoy finds the server.
  nonisolated var address: ServerAddress {
    if let socket = parts.socket { return .socket(socket) }
    return isListening.withLock { $0 } ? .port(port) : .closed
  }

  /// Asks the server whether it answers, when it is the server who would.
  func ask() async -> ServerProbe.Answer {
    if let refusal = lookAtListener() { return refusal }
    let answer = await probe.ask()
    // Whoever answered may have taken the port meanwhile.
    return answer == .ready ? lookAtListener() ?? answer : answer
  }

  /// Finds out who listens; returns why the server cannot be asked, or nil when it can.
  private func lookAtListener() -> ServerProbe.Answer? {
    let refusal = refusal()
    isListening.withLock { $0 = refusal == nil }
    return refusal
  }

  private func refusal() -> ServerProbe.Answer? {
    guard let process, process.isAlive else { return .notReady("it has ended") }
    guard parts.socket == nil else { return nil }
    let listeners = PortListeners(port: port)
    guard !listeners.all.isEmpty else { return .notReady("it does not listen on port \(port)") }
    return listeners.strangers(to: process.pid).first.map {
      .taken(PortListeners.name(of: $0))
    }
  }

  /// Whether Envoy knows where the server is; told again with the next look when it does not.
  func isAnnounced() async -> Bool {
    do {
      try await parts.announce()
      return true
    } catch {
      logger.warning("envoy does not know the server yet", metadata: ["error": "\(error)"])
      return false
    }
  }

  /// Starts the server again that ended because another process has its port; false when that was not why.
  ///
  /// A revision has not failed because somebody was faster: its server waits until the port is free.
  func isStartedAgain(_ artifact: Artifact) async throws -> Bool {
    guard parts.socket == nil, let stranger = PortListeners(port: port).all.first else {
      return false
    }
    logger.warning(
      "another process has the port of a model server",
      metadata: ["port": "\(port)", "owner": "\(PortListeners.name(of: stranger))"])
    try await launch(artifact, what: "loading")
    return true
  }

  func whatIsAwaited(from owner: String) -> String {
    "waiting for port \(port), on which \(owner) listens"
  }

  /// Says what a server waits for that cannot be started, because something has its port.
  static func waiting(for port: Int) -> String {
    let owner = PortListeners(port: port).all.first.map(PortListeners.name)
    return "waiting for port \(port), on which \(owner ?? "another process") listens"
  }
}
