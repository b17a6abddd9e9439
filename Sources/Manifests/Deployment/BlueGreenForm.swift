import Encoding
import Rollouts

/// `spec.strategy.blueGreen`: all traffic at once, and before that a preview for clients that ask for it.
enum BlueGreenForm {
  /// A mapping, or nothing.
  static let form = Form<WrittenStrategy>(
    schema: written.schema.merging(["type": ["object", "null"]]) { $1 }
  ) { node, findings in
    node.isNull
      ? WrittenStrategy(strategy: Strategy(kind: .blueGreen, steps: []))
      : written.read(node, findings)
  }

  private static let written: Form<WrittenStrategy> = .object(
    optional(
      "preview", preview,
      "How long requests with the header \(HeaderMatch.preview.header): \(HeaderMatch.preview.value) "
        + "reach the new model before the switch. Default: no preview.")
  ) { _, preview in
    WrittenStrategy(
      strategy: Strategy(
        kind: .blueGreen, steps: (preview?.step).map { [$0] } ?? [],
        atEnd: preview?.then ?? .promote))
  }

  private struct Preview {
    let step: Step
    let then: Strategy.AtEnd
  }

  private static let preview: Form<Preview> = .object(
    optional("atLeast", StrategyForm.time, StrategyForm.atLeast),
    optional("atMost", StrategyForm.time, StrategyForm.atMost),
    optional("analysis", StepAnalysisForm.form, StepAnalysisForm.summary),
    defaulted(
      "then", Form.word([("promote", Strategy.AtEnd.promote), ("hold", .hold)]),
      default: "promote",
      "What follows: the switch, or nothing until the manifest says otherwise.")
  ) { fields, atLeast, atMost, analysis, then in
    let written = StrategyForm.WrittenStep(
      route: .match(.preview), atLeast: atLeast, atMost: atMost, analysis: analysis)
    guard let step = StrategyForm.resolve(written, atLeast: nil, atMost: nil) else {
      fields.error("atMost is shorter than atLeast", on: "atMost")
      return nil
    }
    return Preview(step: step, then: then)
  }
}
