import Encoding
import Rollouts

/// `spec.strategy.abTest`: two models side by side, until entities are shown to do better with one.
enum ABTestForm {
  static let form: Form<WrittenStrategy> = .object(
    required(
      "affinity", AffinityForm.form,
      "By what an entity (a user, a tenant, a session) is known; it stays with one model throughout."
    ),
    required("goal", goal, "What an entity is to reach; the model with which more do wins."),
    defaulted(
      "split", Form.weight, default: "50%", "The share of the entities that the new model gets."),
    defaulted(
      "atLeast", StrategyForm.time, default: "1h", "The shortest time until one of them wins."),
    defaulted(
      "atMost", StrategyForm.time, default: "7d",
      "The longest time that it may stay open; then analysis.onInconclusive says what follows.")
  ) { fields, affinity, goal, split, atLeast, atMost in
    guard atLeast <= atMost else {
      fields.error("atMost is shorter than atLeast", on: "atMost")
      return nil
    }
    let step = Step(route: .split(weight: split), atLeast: atLeast, atMost: atMost)
    return WrittenStrategy(
      strategy: Strategy(kind: .abTest, steps: [step], affinity: affinity, goal: goal))
  }

  private static let goal: Form<Goal> = .object(
    required("metric", metric, "What feedback calls it: POST /v1/feedback with this metric."),
    defaulted(
      "better", Form.word([("higher", Goal.Better.higher), ("lower", .lower)]),
      default: "higher", "Whether it is good when more entities reach it, or when fewer do.")
  ) { _, metric, better in Goal(metric: metric, better: better) }

  private static let metric: Form<String> = .scalar(
    "the name of a metric", example: "write it like conversion",
    schema: ["type": "string", "maxLength": 63, "pattern": "^[A-Za-z0-9_.-]+$"]
  ) { scalar throws(TextRefusal) in
    guard scalar.text.wholeMatch(of: /[A-Za-z0-9_.-]{1,63}/) != nil else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the name of a metric",
        hint: "letters, digits, dots, hyphens and underscores, at most 63")
    }
    return scalar.text
  }
}
