import Analysis
import Manifests
import Profiles
import Profiling
import Reports
import Rollouts

extension ProfileComparison {
  /// For people: what moved, where, and beside it what chance alone reaches.
  var text: String {
    let rows = columns.map { column in
      [
        column.reference.name, column.verdict.words,
        beside(column.sizes?.populationStability, column.sizes?.criticalPopulationStability),
        beside(column.sizes?.jensenShannon, column.sizes?.criticalJensenShannon),
        beside(column.ordered?.kolmogorovSmirnov, column.ordered?.criticalKolmogorovSmirnov),
        column.shiftInDeviations.map { "\(Factor($0))" } ?? "-",
        column.offences.map { $0 == 0 ? "-" : "\($0)" } ?? "-", column.where,
      ]
    }
    let header = ["COLUMN", "VERDICT", "PSI", "JS", "KS", "SHIFT", "NOT ALLOWED", "MOSTLY"]
    return """
      reference: \(reference.summary)
      current:   \(current.summary)

      \(safeTable(header, rows))

      \(conclusion)
      """
  }

  private var conclusion: String {
    let moved = columns.count { $0.verdict == .moved }
    let compared = columns.count { $0.sizes != nil }
    return
      "\(moved) of \(compared.of("column")) moved: the PSI is beyond what one of a hundred columns "
      + "reaches by chance, and beyond 0.1. In brackets stands what chance reaches."
      + (columns.contains { $0.verdict == .otherBins } ? "\n\(Self.otherBins)" : "")
  }

  private static let otherBins =
    "Profiles with other bins cannot be compared: give the rows instead, or count them with serin "
    + "profile build --like REFERENCE."

  /// "0.35 (0.1)".
  private func beside(_ value: Double?, _ chance: Double?) -> String {
    guard let value, let chance else { return "-" }
    return "\(Factor(value)) (\(Factor(chance)))"
  }

  /// For spreadsheets, with all digits.
  var csv: String {
    let rows = columns.map { column in
      let form = Form(column)
      return [
        form.column, form.verdict.rawValue, form.populationStability,
        form.criticalPopulationStability, form.jensenShannon, form.criticalJensenShannon,
        form.kolmogorovSmirnov, form.criticalKolmogorovSmirnov, form.shiftInDeviations,
        form.notAllowed.map { "\($0)" },
      ].map { $0 ?? "" }
    }
    return CSV(Form.names, rows).text
  }

  var forms: [Form] { columns.map(Form.init) }

  /// One column for programs.
  ///
  /// Numbers are decimal text: what is printed is what was computed.
  struct Form: Encodable {
    let column: String
    let verdict: ColumnComparison.Verdict
    let populationStability: String?
    let criticalPopulationStability: String?
    let jensenShannon: String?
    let criticalJensenShannon: String?
    let kolmogorovSmirnov: String?
    let criticalKolmogorovSmirnov: String?
    let shiftInDeviations: String?
    let notAllowed: Int?

    static let names = [
      "column", "verdict", "populationStability", "criticalPopulationStability", "jensenShannon",
      "criticalJensenShannon", "kolmogorovSmirnov", "criticalKolmogorovSmirnov",
      "shiftInDeviations", "notAllowed",
    ]

    init(_ comparison: ColumnComparison) {
      column = comparison.reference.name
      verdict = comparison.verdict
      populationStability = comparison.sizes?.populationStability.description
      criticalPopulationStability = comparison.sizes?.criticalPopulationStability.description
      jensenShannon = comparison.sizes?.jensenShannon.description
      criticalJensenShannon = comparison.sizes?.criticalJensenShannon.description
      kolmogorovSmirnov = comparison.ordered?.kolmogorovSmirnov.description
      criticalKolmogorovSmirnov = comparison.ordered?.criticalKolmogorovSmirnov.description
      shiftInDeviations = comparison.shiftInDeviations?.description
      notAllowed = comparison.offences
    }
  }
}

extension ColumnComparison {
  /// "large: 3% to 12%".
  fileprivate var `where`: String {
    largestChange.map { "\($0.bin): \(percent($0.before)) to \(percent($0.now))" } ?? "-"
  }
}

extension ColumnComparison.Verdict {
  fileprivate var words: String {
    switch self {
    case .moved: "moved"
    case .same: "same"
    case .absent: "not there"
    case .otherBins: "other bins"
    case .empty: "nothing to compare"
    }
  }
}
