import ArgumentParser
import Encoding
import Foundation
import Ledger
import Manifests
import Rollouts

/// How a command prints what it found.
enum Output: String, ExpressibleByArgument, CaseIterable { case text, json }

/// Prints a value as JSON, in the canonical form and one member a line.
func printJSON(_ value: some Encodable) throws { print(try JSONValue(encoding: value).indented) }

/// Returns rows as columns that line up; the last column is as long as it is.
///
/// Users wrote what stands in them: nothing in it can steer a terminal or begin a line.
func safeTable(_ header: [String], _ rows: [[String]]) -> String {
  let rows = rows.map { $0.map(CommitMessage.line) }
  let widths = header.indices.map { column in
    ([header] + rows).map { $0[column].count }.max() ?? 0
  }
  return ([header] + rows).map { row in
    zip(row, widths).map { text, width in
      text + String(repeating: " ", count: width - text.count)
    }.joined(separator: "  ").trimmingTrailingSpaces
  }.joined(separator: "\n")
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension Instant {
  /// "2026-09-24 10:11:12" in the machine's time zone.
  var localText: String {
    let style = Date.VerbatimFormatStyle(
      format:
        "\(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
      timeZone: .current, calendar: Calendar(identifier: .gregorian))
    return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(style)
  }
}
