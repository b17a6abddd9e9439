import Glibc

/// The loop that takes connections from the socket and copies them to and from the server's port.
struct Relay: ~Copyable {
  private let server: ServerPort
  private var queue: EventQueue
  /// By their numbers, which begin with one and are never given twice.
  private var links: [UInt64: Link] = [:]
  private var lastNumber: UInt64 = 0
  private var isAccepting = false

  /// As many connections as may wait; the kernel takes less where it allows less.
  private static let backlog: Int32 = 4096
  /// The key of the socket; those of a link are twice its number, and one more for the server's side.
  private static let socket: UInt64 = 0

  /// Waits for the server, and copies until the sandbox ends.
  static func serve(port: UInt16) -> Never {
    allowDescriptors()
    // What the server is asked when it is told to end is still answered.
    for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_IGN) }
    let listener = Command.listener
    _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK)
    guard let queue = EventQueue() else {
      Command.fail("serin-relay: epoll: \(Command.reason(errno))", EXIT_FAILURE)
    }
    var relay = Relay(server: ServerPort(port), queue: queue)
    relay.server.awaitServer()
    guard listen(listener, backlog) == 0 else {
      Command.fail("serin-relay: descriptor 3: \(Command.reason(errno))", EXIT_FAILURE)
    }
    while true { relay.look() }
  }

  private init(server: ServerPort, queue: consuming EventQueue) {
    self.server = server
    self.queue = queue
  }

  /// Each connection takes two descriptors.
  private static func allowDescriptors() {
    var limit = rlimit()
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(files, &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(files, &limit)
  }

  /// Waits once, and does what came of it.
  private mutating func look() {
    if !isAccepting { isAccepting = queue.add(Command.listener, .canRead, key: Self.socket) }
    for index in 0..<queue.wait(milliseconds: isAccepting ? nil : 100) {
      let (key, events) = queue[index]
      if key == Self.socket { take() } else { handle(key, events) }
    }
  }

  private mutating func handle(_ key: UInt64, _ events: Events) {
    do {
      try links[key / 2]?.handle(events, isServer: key % 2 == 1, queue)
    } catch {
      links[key / 2] = nil
    }
  }

  /// Takes the connections that wait.
  private mutating func take() {
    for _ in 0..<EventQueue.batch {
      let client = accept(Command.listener, nil, nil)
      if client >= 0 {
        begin(client)
      } else if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
        return pause()
      } else {
        return
      }
    }
  }

  /// Leaves those that wait until there is room again.
  private mutating func pause() {
    queue.remove(Command.listener)
    isAccepting = false
  }

  private mutating func begin(_ client: Int32) {
    guard let connection = server.connection() else {
      close(client)
      return
    }
    lastNumber += 1
    let keys = (client: lastNumber * 2, server: lastNumber * 2 + 1)
    let link = Link(client: client, server: connection, keys: keys)
    if link.watch(queue) { links[lastNumber] = link }
  }
}
