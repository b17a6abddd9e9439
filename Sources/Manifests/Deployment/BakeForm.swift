import Analysis
import Rollouts

/// `spec.bake` as written, before it is known whether anything is compared in it.
struct WrittenBake {
  let length: Duration
  var holdback: PerMille?

  /// What the old model keeps when the manifest does not say: of most traffic enough for a comparison
  /// within minutes, and few clients wait for the new model.
  private static let usualHoldback = PerMille(50)

  /// Returns what the old model keeps of the traffic.
  ///
  /// Something by default where predictions are compared, since nothing else but old and new beside
  /// each other tells a bad model from a changed world.
  func holdback(for drift: WrittenDrift?, _ strategy: Strategy, _ analysis: AnalysisSettings)
    -> PerMille
  {
    if let holdback { return holdback }
    let isCompared =
      drift?.predictions != nil && !strategy.isExclusive && analysis.dependence != .matched
    return isCompared && length > .zero ? Self.usualHoldback : .none
  }
}

/// `spec.bake`: a duration, or a mapping that also holds something back.
enum BakeForm {
  private static let length = Form.duration(.zero...longestDuration)
  private static let share: Form<PerMille> = Form.percentage(
    Ratio(perMillion: 0)...Ratio(perMillion: 500_000)
  ).map { PerMille($0.perMillion / 1000) }

  static let form: Form<WrittenBake> = .either(
    scalar: length.map { WrittenBake(length: $0) },
    mapping: .object(
      required("for", length, "How long it takes."),
      optional(
        "holdback", share,
        "The share of the traffic that the old model keeps, to be compared with. Default: 5% where "
          + "drift.predictions is asked, otherwise none.")
    ) { fields, length, holdback in
      if length == .zero, holdback ?? .none > .none {
        fields.error("a bake of 0s holds nothing back", on: "holdback", hint: "remove it")
        return nil
      }
      return WrittenBake(length: length, holdback: holdback)
    })
}
