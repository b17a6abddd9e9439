import ArgumentParser
import Audit
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

  var period: Period { Period(from: from?.beginning, until: to?.next.beginning) }

  /// "from 2026-10-01 to 2026-12-31".
  var words: String {
    let parts = [from.map { "from \($0)" }, to.map { "to \($0)" }].compactMap(\.self)
    return parts.isEmpty ? "in all" : parts.joined(separator: " ")
  }

  func validate() throws {
    guard let from, let to, from > to else { return }
    throw ValidationError("--from \(from) is after --to \(to).")
  }
}

extension Day: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
