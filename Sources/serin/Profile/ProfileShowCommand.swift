import ArgumentParser
import Charts
import Foundation
import Manifests
import Profiles

struct ProfileShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what a profile says, column by column.")

  @Argument(help: "A file with a DataProfile.") var profile: String
  @Option(help: ArgumentHelp("Where to draw the distributions.", valueName: "file"))
  var svg: String?
  @Option(name: [.short, .customLong("output")], help: "text or json.") var output = Output.text

  func run() throws {
    let profile = try DataProfile.given(profile)
    if let svg {
      try Data(PanelChart.distributions(of: profile).svg.utf8).write(to: URL(filePath: svg))
    }
    switch output {
    case .text: print(ProfileText(profile).description)
    case .json: try printJSON(profile)
    }
  }
}

/// A profile as a table.
struct ProfileText: CustomStringConvertible {
  let description: String

  init(_ profile: DataProfile) {
    let rows = profile.features.map { Self.row($0, of: profile.rows, isOutput: false) }
    let outputs = profile.outputs.map { Self.row($0, of: profile.rows, isOutput: true) }
    description = """
      \(profile.summary)
      \(profile.digest)

      \(safeTable(["COLUMN", "KIND", "MISSING", "ALLOWED", "DISTRIBUTION"], rows + outputs))
      """
  }

  private static func row(_ column: ProfileColumn, of rows: Int, isOutput: Bool) -> [String] {
    let missing = column.counts[column.bins - 1]
    return [
      column.name, (isOutput ? "output " : "") + column.kind.name,
      missing == 0 ? "-" : percent(Double(missing) / Double(rows)), column.allowed,
      column.distribution,
    ]
  }
}

extension ProfileColumn.Kind {
  /// "number", "vector of 8".
  var name: String {
    switch self {
    case .number: "number"
    case .category: "category"
    case .text: "text"
    case .vector(let dimension, _): "vector of \(dimension)"
    }
  }
}

extension ProfileColumn {
  /// "0 to 150, or missing".
  fileprivate var allowed: String {
    let range = range.map { "\(plain($0.least)) to \(plain($0.largest))" }
    return isOptional ? "\(range ?? "anything"), or missing" : range ?? "anything"
  }

  /// The most frequent categories, or how many values are below some edges.
  fileprivate var distribution: String {
    let seen = Double(max(1, counts.dropLast().reduce(0, +)))
    if case .category(let values) = kind {
      let named = zip(values, counts).map { "\($0) \(percent(Double($1) / seen))" }
      let hidden = named.count - 4 + (counts[values.count] > 0 ? 1 : 0)
      return named.prefix(4).joined(separator: ", ") + (hidden > 0 ? ", \(hidden) more" : "")
    }
    return lowMiddleHigh(seen).map { "\(percent($0.share)) below \(plain($0.edge))" }
      .joined(separator: ", ")
  }

  /// The edges below which there are about a tenth, half and nine tenths of the values.
  private func lowMiddleHigh(_ seen: Double) -> [(edge: Double, share: Double)] {
    var passed = 0
    let edges = (kind.edges ?? []).enumerated().map { index, edge in
      passed += counts[index]
      return (edge: edge, share: Double(passed) / seen)
    }
    var chosen: [(edge: Double, share: Double)] = []
    for target in [0.1, 0.5, 0.9] {
      let nearest = edges.min { abs($0.share - target) < abs($1.share - target) }
      if let nearest, chosen.last?.edge != nearest.edge { chosen.append(nearest) }
    }
    return chosen
  }
}
