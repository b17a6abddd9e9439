import ArgumentParser
import Charts
import Foundation
import Manifests
import Profiles

struct ProfileCompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Compare rows, or a profile, with a profile.",
    discussion: """
      For each column it shows the population stability index (PSI), the Jensen-Shannon distance \
      (JS), for what has an order also the largest difference of the distribution functions (KS) and \
      by how many standard deviations the values moved (SHIFT), each beside what chance alone reaches \
      with so many rows. What moved most comes first.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, csv, json }

  @Argument(help: "A file with a DataProfile.") var reference: String
  @Argument(help: "Rows as for serin profile build, or a profile with the same bins.")
  var current: String
  @Option(help: ArgumentHelp("Where to draw a column.", valueName: "file")) var svg: String?
  @Option(help: "Which column to draw. Default: the one that moved most.") var column: String?
  @Option(name: [.short, .customLong("output")], help: "text, csv or json.")
  var output = Format.text

  func run() throws {
    let comparison = try comparison()
    if let svg { try Data(try chart(of: comparison).svg.utf8).write(to: URL(filePath: svg)) }
    switch output {
    case .text: print(comparison.text)
    case .csv: print(comparison.csv, terminator: "")
    case .json: try printJSON(comparison.forms)
    }
  }

  private func comparison() throws -> ProfileComparison {
    let reference = try DataProfile.given(reference)
    if current.hasSuffix(".yaml") || current.hasSuffix(".yml") {
      return ProfileComparison(of: try .given(current), with: reference)
    }
    let table = TableFile(path: current)
    let counter = try table.counter(like: reference)
    return ProfileComparison(
      of: try table.profile(from: counter), with: reference, offences: counter.offences)
  }

  private func chart(of comparison: ProfileComparison) throws -> BarChart {
    let drawable = comparison.columns.filter { $0.sizes != nil }
    let found = drawable.first { column == nil || $0.reference.name == column }
    guard let found, let current = found.current else {
      throw Failure(
        .user, column.map { "there is no column \"\($0)\" to draw" } ?? "there is nothing to draw")
    }
    return .shares(
      of: found.reference, named: comparison.reference.source, besides: current,
      named: comparison.current.source)
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
