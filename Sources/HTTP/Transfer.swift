import Threads

/// One exchange as its two sides see it: the client's thread fills it, a task empties it.
final class Transfer: Sendable {
  /// How much may wait for the reader before the server is made to wait as well.
  ///
  /// Large enough that a busy reader never stalls a fast server, small enough that a thousand slow
  /// ones fit into memory.
  private static let highWater = 256 << 10

  private struct State {
    var head: HTTPHead?
    var chunks: [[UInt8]] = []
    var buffered = 0
    var isPaused = false
    var end: Result<Void, any Error>?
    var waiters: [CheckedContinuation<Void, Never>] = []

    var hasNews: Bool { !chunks.isEmpty || end != nil }
  }

  /// What a reader got: bytes or, at the end of the body, nil.
  struct Taken {
    let chunk: [UInt8]?
    /// Whether the server was made to wait and may go on now.
    let wasPaused: Bool
  }

  private let state = Lock(State())

  // MARK: The client's thread

  var isOver: Bool { state.withLock { $0.end != nil } }

  func begin(_ head: HTTPHead) { update { $0.head = head } }

  func offer(_ bytes: UnsafeRawBufferPointer) -> EasyHandle.Reception {
    var reception = EasyHandle.Reception.taken
    update { state in
      guard state.buffered < Self.highWater else {
        state.isPaused = true
        reception = .later
        return
      }
      state.chunks.append(Array(bytes))
      state.buffered += bytes.count
    }
    return reception
  }

  func finish(_ result: Result<Void, any Error>) {
    update { state in
      if state.end == nil { state.end = result }
      if case .failure(is CancellationError) = result { state.chunks = [] }
    }
  }

  private func update(_ change: (inout State) -> Void) {
    let waiters = state.withLock { state in
      change(&state)
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: The reader

  func head() async throws -> HTTPHead {
    while true {
      let head = try state.withLock { state in
        if state.head == nil, case .failure(let error) = state.end { throw error }
        return state.head
      }
      if let head { return head }
      await wait { $0.head != nil || $0.end != nil }
    }
  }

  /// Returns what has come since the last call, waiting for something to come.
  func next() async throws -> Taken {
    while true {
      if let taken = try state.withLock({ state in try Self.take(from: &state) }) { return taken }
      await wait { $0.hasNews }
    }
  }

  private static func take(from state: inout State) throws -> Taken? {
    guard !state.chunks.isEmpty else {
      guard let end = state.end else { return nil }
      try end.get()
      return Taken(chunk: nil, wasPaused: false)
    }
    var all: [UInt8] = []
    all.reserveCapacity(state.buffered)
    for chunk in state.chunks { all.append(contentsOf: chunk) }
    defer {
      state.chunks = []
      state.buffered = 0
      state.isPaused = false
    }
    return Taken(chunk: all, wasPaused: state.isPaused)
  }

  private func wait(until isReady: (State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isReadyNow = state.withLock { state in
        guard !isReady(state) else { return true }
        state.waiters.append(continuation)
        return false
      }
      if isReadyNow { continuation.resume() }
    }
  }
}
