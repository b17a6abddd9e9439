import Analysis
import Encoding
import Profiles
import Rollouts

/// `spec.drift` as written, before the profile is known.
struct WrittenDrift {
  let sample: SampleRate
  let predictions: DriftSettings.Gate?
  let inputs: DriftSettings.Gate?
  let outputs: DriftSettings.Gate?
  /// The objectives of the contract.
  let contract: [Objective]
  let labels: Located<WrittenLabels>?

  func settings(_ profile: DataProfile, digest: String) -> DriftSettings {
    DriftSettings(
      profile: profile, digest: digest, sample: sample,
      predictions: predictions, inputs: inputs, outputs: outputs,
      maturity: labels?.value.maturity ?? WrittenLabels.defaultMaturity)
  }
}

/// `spec.drift`: what is compared with the training data, and with the old model.
enum DriftForm {
  static let form: Form<WrittenDrift> = .object(
    defaulted(
      "sample", sample, default: "auto",
      "The share of the requests that is looked at; auto: all while they are few, and about "
        + "\(SampleRate.mostPerSecond) each second otherwise."),
    defaulted(
      "predictions", predictions, default: [:],
      "Whether the new model predicts as the old one does on the same traffic."),
    defaulted(
      "inputs", gate(default: "alert"), default: [:],
      "Whether the traffic is like the training data, whichever model answers."),
    optional(
      "outputs", outputs,
      "Whether what serves answers as the training data does; said, and nothing more."),
    defaulted(
      "contract", contract, default: ["outputs": ["below": "1%"]],
      "How much may be outside of what the profile allows."),
    optional(
      "labels", WrittenLabels.form.located,
      "How wrong the predictions may be, once their labels are known.")
  ) { _, sample, predictions, inputs, outputs, contract, labels in
    WrittenDrift(
      sample: sample, predictions: predictions, inputs: inputs, outputs: outputs,
      contract: contract, labels: labels)
  }

  private static let sample: Form<SampleRate> = Form.upToAll.map { .share($0) }.or("auto", .auto)

  private static let tolerance = Form.percentage(
    Ratio(perMillion: 10_000)...Ratio(perMillion: 1_000_000))
  private static let meaning = "How far the odds of each bin may move."

  private static let outputs: Form<DriftSettings.Gate> = .object(
    defaulted("tolerance", tolerance, default: "25%", meaning)
  ) { _, tolerance in .init(tolerance: tolerance, action: .alert) }

  private static func gate(default action: String) -> Form<DriftSettings.Gate?> {
    .object(
      defaulted("tolerance", tolerance, default: "25%", meaning),
      defaulted("action", Self.action, default: .string(action), "What happens when more moved.")
    ) { _, tolerance, action in .some(action.map { .init(tolerance: tolerance, action: $0) }) }
  }

  private static let action = Form.word(
    DriftSettings.Action.allCases.reversed().map { ($0.rawValue, $0) } + [("off", nil)])

  private static let predictions: Form<DriftSettings.Gate?> = .object(
    defaulted("tolerance", tolerance, default: "25%", meaning),
    defaulted("action", Self.action, default: "rollback", "What happens when more moved."),
    defaulted(
      "notice", Form.percentage(Ratio(perMillion: 10_000)...Ratio(perMillion: 900_000)),
      default: "20%",
      "The share of the predictions whose move must be excluded before the new model gets all "
        + "traffic.")
  ) { fields, tolerance, action, notice in
    guard notice.value > tolerance.tolerableMove else {
      fields.error(
        "a move of \(notice) is within the tolerance of \(tolerance)", on: "notice",
        hint: "it must be more than \(Ratio(tolerance.tolerableMove).short)")
      return nil
    }
    return .some(action.map { .init(tolerance: tolerance, action: $0, notice: notice) })
  }

  /// What can be promised.
  static let limits = Ratio(perMillion: 100)...Ratio(perMillion: 500_000)

  private static let promise: Form<Ratio> = .object(
    required("below", Form.percentage(limits), "The largest share that keeps the promise.")
  ) { _, below in below }

  private static let contract: Form<[Objective]> = .object(
    optional("inputs", promise, "Requests with wrong types, missing columns, values out of range."),
    optional("outputs", promise, "Answers with them.")
  ) { _, inputs, outputs in
    [
      inputs.map { Objective(.badInputs(below: $0)) },
      outputs.map { Objective(.badOutputs(below: $0)) },
    ].compactMap(\.self)
  }
}
