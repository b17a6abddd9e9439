import Encoding
import Rollouts

/// `spec.slos`: promises, each at most once.
enum ObjectiveForm {
  private static let written = Form.list(of: objective, count: 1...16)

  static let list: Form<[Objective]> = Form(schema: written.schema) { node, findings in
    guard let items = written.read(node, findings) else { return nil }
    var names: Set<String> = []
    for item in items where !names.insert(item.value.name).inserted {
      findings.error(
        "\"\(item.value.name)\" is promised twice", at: item.position, hint: "keep one of them")
    }
    return names.count == items.count ? items.map(\.value) : nil
  }

  private static let objective: Form<Objective> = .choice(
    required("latency", latency, "How long a share of the answers may take at most."),
    required("errors", errors, "The share of requests that may fail."),
    required(
      "disagreement", disagreement,
      "The share of mirrored requests that the two models may answer differently."))

  private static let errors: Form<Objective> = .object(
    required(
      "below", Form.percentage(DriftForm.limits),
      "The largest share of requests that may end in a 5xx, a reset or a timeout."),
    weight, floor
  ) { fields, below, weight, floor in
    let objective = Objective.errors(below: below, weight: weight, floor: floor)
    return isSound(objective, fields) ? objective : nil
  }

  private static let latency: Form<Objective> = .object(
    required("percentile", Form.percentile, "The share of the requests that must be in time."),
    required("below", Form.latency(1...60_000), "The time in which they must be answered."),
    weight, floor
  ) { fields, percentile, below, weight, floor in
    let nearest = LatencyEdges.around(below)
    if !nearest.isEmpty {
      fields.warning(
        "\(below)ms lies between two buckets of the histogram, so it is judged conservatively",
        on: "below",
        hint: "exact near it: " + nearest.map { "\($0)ms" }.joined(separator: ", "))
    }
    let objective = Objective.latency(
      percentile: percentile, below: below, weight: weight, floor: floor)
    return isSound(objective, fields) ? objective : nil
  }

  private static let disagreement: Form<Objective> = .object(
    required(
      "below", Form.percentage(DriftForm.limits),
      "The largest share of answers that may differ from the old model's."),
    AgreementForm.usual, AgreementForm.outputs, weight
  ) { _, below, usual, outputs, weight in
    Objective(
      .disagreement(below: below, by: AgreementForm.agreement(usual, outputs)), weight: weight)
  }

  private static let weight = defaulted(
    "weight", Form.integer(1...100), default: 1, "Its part of the evidence beside the others.")

  private static let floor = optional(
    "floor", Form.percentage(DriftForm.limits),
    "The share of bad requests below which being worse than the old model does not count.")

  private static func isSound(_ objective: Objective, _ fields: Fields) -> Bool {
    guard let floor = objective.floor, floor > objective.allowed else { return true }
    fields.error(
      "a floor of \(floor) is above what is promised, \(objective.allowed)", on: "floor")
    return false
  }
}
