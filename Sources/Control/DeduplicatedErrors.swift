package import Logging

/// Says what goes wrong once, and once when it works again, however often it is tried.
///
/// A controller that looks every second must not write the same line every second.
package actor DeduplicatedErrors {
  private let logger: Logger
  private var open: [String: String] = [:]

  package init(logger: Logger) { self.logger = logger }

  /// Runs `body`, and returns nil after saying so when it fails.
  @discardableResult
  package nonisolated func run<Value>(
    _ what: String, _ body: () async throws -> Value
  ) async -> Value? {
    do {
      let value = try await body()
      await settle(what)
      return value
    } catch {
      await note(what, error)
      return nil
    }
  }

  /// Says that something failed, unless that is because it is to end.
  package func note(_ what: String, _ error: any Error) {
    guard !Task.isCancelled else { return }
    let text = "\(error)"
    guard open[what] != text else { return }
    open[what] = text
    logger.warning("cannot \(what); trying again", metadata: ["error": "\(text)"])
  }

  package func settle(_ what: String) {
    guard open.removeValue(forKey: what) != nil else { return }
    logger.info("can \(what) again")
  }
}
