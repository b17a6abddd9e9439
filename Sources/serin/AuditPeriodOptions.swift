import ArgumentParser
import Foundation
import Ledger
import Manifests
import Reports
import Rollouts

/// A question to the decisions of some days.
struct AuditPeriodOptions: ParsableArguments {
  /// How lists are printed; a CSV goes into a spreadsheet.
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json }

  @Option(help: "The first day, like 2026-10-01 (UTC). (default: that of the first decision)")
  var from: Day?
  @Option(help: "The last day. (default: that of the last decision)") var to: Day?
  @OptionGroup var ledger: LedgerOptions
  @Option(name: [.short, .customLong("output")], help: "text, csv or json.")
  var output = Format.text

  var period: Period { Period(from: from?.beginning, until: to?.end) }

  /// "from 2026-10-01 to 2026-12-31".
  var words: String {
    let parts = [from.map { "from \($0.text)" }, to.map { "to \($0.text)" }].compactMap(\.self)
    return parts.isEmpty ? "in all" : parts.joined(separator: " ")
  }

  func validate() throws {
    guard let from, let to, from.beginning > to.beginning else { return }
    throw ValidationError("--from \(from.text) is after --to \(to.text).")
  }
}

/// A day on the command line, in UTC.
struct Day: ExpressibleByArgument {
  let text: String
  let beginning: Instant

  init?(argument: String) {
    guard argument.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil,
      let moment = Moment(argument: argument), moment.instant.iso8601.hasPrefix(argument)
    else { return nil }
    text = argument
    beginning = moment.instant
  }

  /// The first moment of the next day.
  var end: Instant { beginning.advanced(by: .seconds(86_400)) }
}
