import Dispatch
import Foundation
import Threads

/// Runs `body` until it ends or the process is asked to stop; a second request ends it at once.
///
/// `finishing` is awaited before `body` is cancelled: it lets what must not be cut short come to its
/// end.
func untilInterrupted(
  _ body: @escaping @Sendable () async throws -> Void,
  finishing: @escaping @Sendable () async -> Void
) async throws {
  let task = Task { try await body() }
  let isAsked = Lock(false)
  let sources = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      let isSecond = isAsked.withLock { asked in
        defer { asked = true }
        return asked
      }
      if isSecond { Foundation.exit(128 + number) }
      Task {
        await finishing()
        task.cancel()
      }
    }
    source.resume()
    return source
  }
  defer { sources.forEach { $0.cancel() } }
  do {
    try await task.value
  } catch is CancellationError {}
}
