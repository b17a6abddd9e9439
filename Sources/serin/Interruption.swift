import Dispatch
import Foundation

/// Runs `body` until it ends or the process is asked to stop; a second request ends it at once.
func untilInterrupted(_ body: @escaping @Sendable () async throws -> Void) async throws {
  let task = Task { try await body() }
  let sources = [SIGINT, SIGTERM].map { number in
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      if task.isCancelled { Foundation.exit(128 + number) }
      task.cancel()
    }
    source.resume()
    return source
  }
  defer { sources.forEach { $0.cancel() } }
  do {
    try await task.value
  } catch is CancellationError {}
}
