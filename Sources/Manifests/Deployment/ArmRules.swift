import Encoding
import Rollouts

/// What makes no sense, or is not done, with `spec.strategy.abTest.arms`.
struct ArmRules {
  let fields: Fields

  /// Reports what cannot be beside several models that are tried together.
  func check(_ written: WrittenStrategy, _ model: Model) {
    guard !written.rivals.isEmpty else { return }
    refuseDoubles(written.rivals, model)
    for key in ["drift", "slices", "load"] where fields.values[key] != nil {
      fields.error(
        "\(key) is judged of one new model, and abTest.arms has more", on: key,
        hint: "remove \(key), or try one model at a time")
    }
    if written.strategy.revertAt == .once {
      fields.error(
        "revertAt: once brings one model back, and abTest.arms has more", on: "strategy",
        hint: "remove revertAt, or arms")
    }
  }

  private func refuseDoubles(_ rivals: [Located<Model>], _ model: Model) {
    var seen = [model]
    for rival in rivals {
      if seen.contains(rival.value) {
        fields.findings.error(
          "v\(rival.value.version) is in the test already", at: rival.position,
          hint: "remove it, or name another model")
      }
      seen.append(rival.value)
    }
  }
}
