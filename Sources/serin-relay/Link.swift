import Glibc

/// One connection of a client, and the one to the server that goes with it.
///
/// A link holds its descriptors, and closes them when the relay forgets it.
final class Link {
  /// One of the two connections, and what is waited for there.
  struct Side {
    let descriptor: Int32
    let key: UInt64
    var interest: Events
    var isWatched = false

    mutating func watch(_ queue: borrowing EventQueue) -> Bool {
      isWatched = queue.add(descriptor, interest, key: key)
      return isWatched
    }

    mutating func want(_ interest: Events, _ queue: borrowing EventQueue) {
      guard isWatched, interest != self.interest else { return }
      queue.change(descriptor, interest, key: key)
      self.interest = interest
    }

    mutating func forget(_ queue: borrowing EventQueue) {
      queue.remove(descriptor)
      isWatched = false
    }
  }

  private var client: Side
  private var server: Side
  private var toServer = Stream()
  private var toClient = Stream()
  private var isConnected: Bool

  /// Takes over both descriptors; the keys are those of their events.
  init(
    client: Int32, server: ServerPort.Connection, keys: (client: UInt64, server: UInt64)
  ) {
    self.client = Side(descriptor: client, key: keys.client, interest: .canRead)
    self.server = Side(
      descriptor: server.descriptor, key: keys.server, interest: [.canRead, .canWrite])
    isConnected = server.isConnected
  }

  deinit {
    close(client.descriptor)
    close(server.descriptor)
  }

  /// Begins to wait for both sides; returns whether the kernel does.
  func watch(_ queue: borrowing EventQueue) -> Bool { client.watch(queue) && server.watch(queue) }

  /// Does what an event allows.
  ///
  /// - Throws: `Over` when the link has ended.
  func handle(_ events: Events, isServer: Bool, _ queue: borrowing EventQueue) throws(Over) {
    if !events.isDisjoint(with: .isOver) {
      // A client that is gone waits for no answer.
      guard isServer, isConnected else { throw Over() }
      // The kernel would say so again and again, while the last bytes wait for the client.
      server.forget(queue)
    }
    if isServer, events.contains(.canWrite) { isConnected = true }
    let isCutShort = try pump()
    client.want(wanted(toServer.wantsMore, toClient.isWaiting || isCutShort), queue)
    server.want(wanted(toClient.wantsMore, toServer.isWaiting || !isConnected), queue)
  }

  private func wanted(_ canRead: Bool, _ canWrite: Bool) -> Events {
    (canRead ? .canRead : Events()).union(canWrite ? .canWrite : [])
  }

  /// Pieces that one link may move before the others have their turn.
  private static let turn = 16

  /// Copies in both directions; returns whether there was more than one turn's worth.
  private func pump() throws(Over) -> Bool {
    for _ in 0..<Self.turn {
      let there = try toServer.move(
        from: client.descriptor, to: server.descriptor, canWrite: isConnected)
      let back = try toClient.move(
        from: server.descriptor, to: client.descriptor, canWrite: true)
      if toServer.isShut, toClient.isShut { throw Over() }
      if !there, !back { return false }
    }
    return true
  }
}
