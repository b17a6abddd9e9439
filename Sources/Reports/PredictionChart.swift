import Analysis
import Audit
package import Charts
import Ledger
package import Profiles

extension PanelChart {
  /// How the candidate of a rollout predicted, beside what it was compared with.
  static func predictions(_ predicted: [DecisionEvidence.Predicted]) -> PanelChart {
    PanelChart(
      title: "How the candidate predicted",
      description: "How often each bin of each output was predicted in the whole rollout, by "
        + "candidate and stable on the same traffic.",
      caption: "share of the sampled predictions",
      names: Names(reference: "stable", current: "candidate"),
      panels: predicted.map { output in
        let (candidate, stable) = (output.candidate, output.stable)
        return Panel(
          title: candidate.name,
          note: "\(candidate.predictions) beside \(stable.predictions)",
          form: stable.form(besides: candidate))
      })
  }
}

extension ProfileColumn {
  fileprivate var predictions: Int { counts.reduce(0) { $0.adding(saturating: $1) } }

  /// Of categories, what changed most comes first: few are drawn.
  package func form(besides current: ProfileColumn) -> PanelChart.Form {
    let pairs = counts.indices.map { bin in
      PanelChart.Bin(
        label: label(ofBin: bin), reference: share(of: bin), current: current.share(of: bin))
    }
    let hit = pairs.filter { $0.current > 0 || $0.reference != 0 }
    guard let edges = kind.edges, !edges.isEmpty else {
      return .categories(
        hit.enumerated().sorted { ($1.element.change, $0.offset) < ($0.element.change, $1.offset) }
          .map(\.element))
    }
    let hasMissing = counts[bins - 1] > 0 || current.counts[bins - 1] > 0
    return .ranges(hasMissing ? pairs : pairs.dropLast(), edges: edges.map(plain))
  }
}

extension PanelChart.Bin {
  fileprivate var change: Double { abs(current - (reference ?? 0)) }
}
