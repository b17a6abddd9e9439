import Encoding
import Threads

/// The lines of one watch, as they come to be.
struct WatchStream: Sendable {
  private let watch: Watch
  private let server: ClusterServer

  init(_ watch: Watch, _ server: ClusterServer) {
    self.watch = watch
    self.server = server
  }

  /// The server's own limit, in seconds.
  private static let longest = 1800
  /// How long before its end a watch gets a bookmark.
  private static let lastWord = Duration.milliseconds(100)

  func lines() -> AsyncStream<[JSONValue]> {
    let (lines, sink) = AsyncStream<[JSONValue]>.makeStream()
    let task = Task { await run(sink) }
    sink.onTermination = { _ in task.cancel() }
    return lines
  }

  private func run(_ sink: AsyncStream<[JSONValue]>.Continuation) async {
    defer { sink.finish() }
    if !watch.first.isEmpty, !isSilent { sink.yield(watch.first) }
    guard !watch.isOver else { return }
    let (signals, signal) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(4))
    let number = server.state.withLock { $0.open(signal) }
    defer { server.state.withLock { $0.close(number) } }
    signal.yield(true)
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await follow(signals, sink) }
      group.addTask {
        let second = server.state.withLock { $0.watchSecond }
        let life = second * (watch.timeout ?? Self.longest)
        try? await Task.sleep(for: max(life - Self.lastWord, .zero))
        signal.yield(false)
        signal.finish()
      }
      await group.next()
      group.cancelAll()
    }
  }

  /// Tells what is new each time somebody knocks.
  private func follow(
    _ signals: AsyncStream<Bool>, _ sink: AsyncStream<[JSONValue]>.Continuation
  ) async {
    var watch = watch
    var told = ContinuousClock.now
    for await goesOn in signals {
      if isSilent {
        guard goesOn else { break }
        continue
      }
      let (news, pause) = server.state.withLock { state in
        (watch.news(state.cluster), state.bookmarkPause)
      }
      if !news.isEmpty { sink.yield(news) }
      let isDue = ContinuousClock.now - told >= pause
      if watch.hasBookmarks, !goesOn || isDue {
        sink.yield([watch.bookmark()])
        told = .now
      }
      if !goesOn { break }
    }
  }

  private var isSilent: Bool { server.state.withLock { $0.areWatchesSilent } }
}
