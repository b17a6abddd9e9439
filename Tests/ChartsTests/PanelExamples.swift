import Charts

extension Examples {
  /// Every form of panel, with what crowds and what is odd.
  static let panels = PanelChart(
    title: "2000 rows of train.csv, 10 features", description: "How ten columns are distributed.",
    caption: "areas are shares of the values",
    panels: [
      panel("amount", density(tenths, [17, 39, 58, 79, 98, 118, 139, 158, 178])),
      panel("deviations", density(tenths, normal), remark: "4% missing"),
      panel(
        "country", categories([("DE", 0.6), ("US", 0.21), ("<b>\"FR\"</b>", 0.189), ("?", 4e-6)])),
      panel("a_feature_whose_name_is_far_too_long_for_it", density(tenths, exponential)),
      panel("mostly zero", density([0, 0.6, 0.1, 0.1, 0.1, 0.1], [0, 0.01, 17, 40, 80])),
      panel("class", categories((0..<20).map { ("class \($0)", 0.05) }), remark: "33% missing"),
      panel("below zero", density([0.2, 0.6, 0.2], [-9, -1])),
      panel("flag", density([0.3, 0.7], [0.5])), panel("constant", density([1], [])),
      panel("not finite", density([0.5, .nan, 0.5], [1, .infinity])),
    ])

  /// Two distributions beside each other.
  static let comparedPanels = PanelChart(
    title: "live.csv beside train.csv", description: "What moved.", caption: "share of rows",
    names: PanelChart.Names(reference: "train.csv", current: "live.csv"),
    panels: [
      panel(
        "amount",
        .ranges(
          (0..<10).map { bin("bin \($0)", 0.02 * Double($0), besides: 0.1) },
          edges: (1..<10).map { "\($0 * 20)" }), remark: "moved"),
      panel(
        "country",
        .categories((0..<7).map { bin("class \($0)", 0.05 * Double($0), besides: 0.1) })),
      panel("nothing", .ranges([], edges: [])),
    ])

  private static let tenths = [Double](repeating: 0.1, count: 10)
  private static let normal = [-1.28, -0.84, -0.52, -0.25, 0, 0.25, 0.52, 0.84, 1.28]
  private static let exponential = [0.105, 0.223, 0.357, 0.51, 0.69, 0.916, 1.2, 1.6, 2.3]

  static func panel(
    _ title: String, _ form: PanelChart.Form, remark: String = ""
  ) -> PanelChart.Panel {
    PanelChart.Panel(title: title, note: "a note", remark: remark, form: form)
  }

  static func density(_ shares: [Double], _ edges: [Double]) -> PanelChart.Form {
    .density(shares.enumerated().map { bin("bin \($0.offset)", $0.element) }, edges: edges)
  }

  private static func categories(_ shares: [(String, Double)]) -> PanelChart.Form {
    .categories(shares.map { bin($0.0, $0.1) })
  }

  static func bin(
    _ label: String, _ share: Double, besides reference: Double? = nil
  ) -> PanelChart.Bin {
    PanelChart.Bin(label: label, reference: reference, current: share)
  }
}
