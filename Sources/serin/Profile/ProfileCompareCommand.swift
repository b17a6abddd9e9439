import ArgumentParser
import Charts
import Foundation
import Manifests
import Profiles
import Profiling

struct ProfileCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare rows, or a profile, with a profile or with other rows.",
    discussion: """
      Rows are read as by serin profile build. As a reference they are counted into a profile of their \
      own first, which is kept nowhere; to say what their columns are, build one.

      For each column it shows the population stability index (PSI), the Jensen-Shannon distance \
      (JS), for what has an order also the largest difference of the distribution functions (KS) and \
      by how many standard deviations the values moved (SHIFT), each beside what chance alone reaches \
      with so many rows. What moved most comes first.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json }

  @Argument(help: "A file with a DataProfile, which ends in .yaml or .yml, or rows.")
  var reference: String
  @Argument(help: "Rows, or a profile with the same bins.") var current: String
  @Option(help: ArgumentHelp("Where to draw what was compared.", valueName: "file"))
  var svg: String?
  @Option(help: "The one column to draw. Default: all, those that moved most first.")
  var column: String?
  @Option(name: [.short, .customLong("output")], help: "text, csv or json.")
  var output = Format.text

  func run() throws {
    let comparison = try comparison()
    if let svg { try Data(try picture(of: comparison).utf8).write(to: URL(filePath: svg)) }
    switch output {
    case .text: print(comparison.text)
    case .csv: print(comparison.csv, terminator: "")
    case .json: try printJSON(comparison.forms)
    }
  }

  func validate() throws {
    guard reference != "-" || current != "-" else {
      throw ValidationError("Only one of both can be standard input.")
    }
    guard column == nil || svg != nil else {
      throw ValidationError("--column is about a picture: say with --svg where to draw it.")
    }
  }

  private func comparison() throws -> ProfileComparison {
    let reference = try referenceProfile()
    if Self.isProfile(current) {
      return ProfileComparison(of: try .given(current), with: reference)
    }
    let table = TableFile(shown: current)
    let counter = try table.counter(like: reference)
    return ProfileComparison(
      of: try table.profile(from: counter), with: reference, offences: counter.offences)
  }

  private func referenceProfile() throws -> DataProfile {
    if Self.isProfile(reference) { return try .given(reference) }
    let table = TableFile(shown: reference)
    return try table.profile(from: try table.builder(ProfileOptions()))
  }

  private static func isProfile(_ path: String) -> Bool {
    path.hasSuffix(".yaml") || path.hasSuffix(".yml")
  }

  private func picture(of comparison: ProfileComparison) throws -> String {
    guard let column else { return PanelChart.changes(in: comparison).svg }
    guard
      let found = comparison.columns.first(where: {
        $0.sizes != nil && $0.reference.name == column
      }), let current = found.current
    else { throw Failure(.user, "there is no column \"\(column)\" to draw") }
    return BarChart.shares(
      of: found.reference, named: comparison.reference.source, besides: current,
      named: comparison.current.source
    ).svg
  }
}

extension BarChart {
  /// The shares of a column's bins in two profiles.
  static func shares(
    of reference: ProfileColumn, named referenceName: String, besides current: ProfileColumn,
    named currentName: String
  ) -> BarChart {
    let pairs = reference.counts.indices.map { bin in
      Pair(
        label: reference.label(ofBin: bin), reference: 100 * reference.share(of: bin),
        current: 100 * current.share(of: bin))
    }
    return BarChart(
      title: reference.name,
      description: "How often each bin of \(reference.name) was hit, before and now.",
      caption: "share of rows (%)", referenceName: referenceName, currentName: currentName,
      pairs: pairs)
  }
}
