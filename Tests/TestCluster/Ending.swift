import Dispatch
import Foundation
import Threads

/// What asks this program to end: SIGINT, SIGTERM, or the end of its standard input.
final class Ending: Sendable {
  private struct State {
    var isAsked = false
    var actions: [@Sendable () -> Void] = []
  }

  private let state = Lock(State())

  /// Listens from now on.
  init() {
    for number in [SIGINT, SIGTERM] {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      // It holds its own source, which listens for as long as the program runs.
      source.setEventHandler { withExtendedLifetime(source) { self.ask() } }
      source.activate()
    }
    Thread.detachNewThread {
      while let data = try? FileHandle.standardInput.read(upToCount: 4096), !data.isEmpty {}
      self.ask()
    }
  }

  var isAsked: Bool { state.withLock { $0.isAsked } }

  private func ask() {
    let actions = state.withLock { state in
      defer { state = State(isAsked: true) }
      return state.actions
    }
    for action in actions { action() }
  }

  /// Does something when the end is asked for; at once when it was.
  func whenAsked(_ action: @escaping @Sendable () -> Void) {
    let isAsked = state.withLock { state in
      if !state.isAsked { state.actions.append(action) }
      return state.isAsked
    }
    if isAsked { action() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      whenAsked { continuation.resume() }
    }
  }
}
