import CCurl
import Threads

/// What tasks ask of the client's thread, and the bell that wakes it.
///
/// `@unchecked Sendable`: `multi` is used here only for `curl_multi_wakeup`, which libcurl allows
/// from any thread, and only under `state`'s lock while the handle is open.
final class CommandQueue: @unchecked Sendable {
  enum Command: Sendable {
    case start(HTTPRequest, Transfer)
    case resume(Transfer)
    case cancel(Transfer)
    case stop
  }

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  private let multi: UnsafeMutableRawPointer
  private let state = Lock(State())

  init(waking multi: UnsafeMutableRawPointer) { self.multi = multi }

  func post(_ command: Command) {
    state.withLock { state in
      guard !state.isClosed else { return }
      state.commands.append(command)
      // The thread takes all commands at once, so only the first has to wake it.
      if state.commands.count == 1 { curl_multi_wakeup(multi) }
    }
  }

  func take() -> [Command] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Lets nobody use the handle any more; called before it is freed.
  func close() { state.withLock { $0.isClosed = true } }
}
