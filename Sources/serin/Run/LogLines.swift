import Encoding
import Foundation
import Ledger
import Logging
import Manifests
import Rollouts

/// How log lines look.
enum LogFormat: String, CaseIterable { case text, json }

/// Writes one line an event to standard error: for a person, or as JSON.
///
///     10:11:12 rollback  deployment=default/iris version=3 reason="errors 26 of 26 …"
struct LogLines: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  let format: LogFormat
  let now: @Sendable () -> Instant

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let line =
      switch format {
      case .text: text(event.level, "\(event.message)", all)
      case .json: json(event.level, "\(event.message)", all)
      }
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  /// The order in which a person wants to read them; the rest follows by name.
  private static let order = ["deployment", "version", "change", "reason", "error"]

  private func text(_ level: Logger.Level, _ message: String, _ all: Logger.Metadata) -> String {
    let known = Self.order.filter { all[$0] != nil }
    let keys = known + all.keys.filter { !known.contains($0) }.sorted()
    let fields = keys.map { "\($0)=\(quoted("\(all[$0] ?? "")"))" }
    let mark = level >= .warning ? "\(level.rawValue): " : ""
    let head = "\(now().localText.suffix(8)) \(mark)\(DisplayText.safe(message))"
    return ([head] + fields).joined(separator: "  ")
  }

  private func json(_ level: Logger.Level, _ message: String, _ all: Logger.Metadata) -> String {
    var members = all.mapValues { JSONValue.string("\($0)") }
    members["time"] = .string(now().iso8601)
    members["level"] = .string(level.rawValue)
    members["message"] = .string(message)
    return JSONValue.object(members).canonical
  }

  private func quoted(_ value: String) -> String {
    let safe = DisplayText.safe(value)
    return safe.contains(" ") || safe.contains("\"") ? "\"\(safe)\"" : safe
  }
}
