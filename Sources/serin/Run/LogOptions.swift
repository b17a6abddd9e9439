import ArgumentParser
import Control
import Logging

extension LogFormat: ExpressibleByArgument {}

/// How much is said, and how.
struct LogOptions: ParsableArguments {
  @Option(help: "trace, debug, info, notice, warning or error.") var logLevel = "info"
  @Option(help: "text or json.") var logFormat = LogFormat.text

  func logger() throws -> Logger {
    guard let level = Logger.Level(rawValue: logLevel) else {
      throw ValidationError(
        "--log-level \(logLevel): not one of trace, debug, info, notice, warning, error")
    }
    return Logger(label: "serin") { _ in
      LogLines(logLevel: level, format: logFormat, now: { SystemClock().now })
    }
  }
}
