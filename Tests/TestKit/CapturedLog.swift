package import Logging
import Threads

/// A log that a test reads: "warning MESSAGE KEY=VALUE …", the keys in order.
package struct CapturedLog: LogHandler {
  private let written = Lock<[String]>([])
  package var metadata: Logger.Metadata = [:]
  package var logLevel = Logger.Level.trace

  package init() {}

  package var lines: [String] { written.withLock { $0 } }

  package var logger: Logger { Logger(label: "test") { _ in self } }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let fields = (event.metadata ?? [:]).map { " \($0)=\($1)" }.sorted().joined()
    written.withLock { $0.append("\(event.level) \(event.message)\(fields)") }
  }
}
