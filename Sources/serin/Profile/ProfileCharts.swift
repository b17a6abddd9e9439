import Analysis
import Charts
import Profiles
import Profiling
import Reports
import Rollouts

extension PanelChart {
  /// How the values of each column of a profile are distributed.
  static func distributions(of profile: DataProfile) -> PanelChart {
    let columns = profile.features.map { ($0, "") } + profile.outputs.map { ($0, "output, ") }
    return PanelChart(
      title: profile.summary,
      description: "How the values of \(columns.count.of("column")) are distributed; "
        + "serin profile show prints it as a table.",
      caption: "areas are shares of the values; how far the pale outer ranges go is not known",
      panels: columns.map { column, prefix in
        Panel(
          title: column.name, note: prefix + column.kind.measure,
          remark: column.missing == 0 ? "" : "\(percent(column.missing)) missing",
          form: column.form)
      })
  }

  /// What moved and what did not: the columns that have the same bins in both profiles.
  static func changes(in comparison: ProfileComparison) -> PanelChart {
    let panels = comparison.columns.compactMap(Panel.init)
    return PanelChart(
      title: "\(comparison.current.source) beside \(comparison.reference.source)",
      description: "How often each bin of \(panels.count.of("column")) was hit, before and now; "
        + "serin profile compare prints what moved as a table.",
      caption: "share of rows; in brackets what chance reaches",
      names: Names(
        reference: comparison.reference.source, current: comparison.current.source),
      panels: panels)
  }
}

extension PanelChart.Panel {
  /// - Returns: nil where the columns cannot be compared.
  fileprivate init?(_ comparison: ColumnComparison) {
    guard let current = comparison.current, let sizes = comparison.sizes else { return nil }
    let index =
      "PSI \(Factor(sizes.populationStability)) (\(Factor(sizes.criticalPopulationStability)))"
    let form = comparison.reference.form(besides: current)
    self.init(
      title: comparison.reference.name,
      note: index + (form.endsWithMissing ? "; last: missing" : ""),
      remark: comparison.verdict == .moved ? "moved" : "",
      form: form)
  }
}

extension ProfileColumn {
  /// The share of the rows without a value.
  fileprivate var missing: Double { share(of: bins - 1) }

  fileprivate var form: PanelChart.Form {
    let seen = Double(max(1, counts.dropLast().reduce(0, +)))
    let bins = (0..<kind.bins).map {
      PanelChart.Bin(label: label(ofBin: $0), current: Double(counts[$0]) / seen)
    }
    guard let edges = kind.edges else {
      return .categories(bins.last?.current == 0 ? bins.dropLast() : bins)
    }
    return .density(bins, edges: edges)
  }
}

extension PanelChart.Form {
  /// Whether the last of some ranges is none.
  fileprivate var endsWithMissing: Bool {
    if case .ranges(let bins, let edges) = self { bins.count > edges.count + 1 } else { false }
  }
}

extension ProfileColumn.Kind {
  /// What the picture's axis shows: "number", "text, characters".
  fileprivate var measure: String {
    switch self {
    case .number, .category: name
    case .text: "\(name), characters"
    case .vector: "\(name), norm"
    }
  }
}
