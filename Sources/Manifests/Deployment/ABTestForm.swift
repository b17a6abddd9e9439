import Encoding
import Rollouts

/// `spec.strategy.abTest`: models side by side, until entities are shown to do better with one.
enum ABTestForm {
  static let form: Form<WrittenStrategy> = .object(
    required(
      "affinity", AffinityForm.form,
      "By what an entity (a user, a tenant, a session) is known; it stays with one model throughout."
    ),
    required("goal", goal, "What an entity is to reach; the model with which more do wins."),
    defaulted(
      "split", Form.weight, default: "50%",
      "The share of the entities that the new model gets, and each of arms; with arms the default is an equal part."
    ),
    defaulted(
      "atLeast", StrategyForm.time, default: "1h", "The shortest time until one of them wins."),
    defaulted(
      "atMost", StrategyForm.time, default: "7d",
      "The longest time that it may stay open; then analysis.onInconclusive says what follows."),
    optional(
      "match", MatchForm.form,
      "The header of the entities that get the new model, where somebody else draws them: split is then the share that they are. Default: Serin draws them."
    ),
    optional(
      "arms", Form.list(of: ModelForm.form, count: 1...mostArms),
      "More models that are tried at the same time, each with the fields of spec.model. Default: none."
    )
  ) { fields, affinity, goal, split, atLeast, atMost, match, arms in
    guard atLeast <= atMost else {
      fields.error("atMost is shorter than atLeast", on: "atMost")
      return nil
    }
    guard match == nil || arms == nil else {
      fields.error(
        "match tells two models apart, and arms are more", on: "match",
        hint: "remove match: then Serin draws who gets which")
      return nil
    }
    if let match, case .header(match.header) = affinity {
      fields.error(
        "all entities with the new model would be one: \(match.header) is what tells the models apart",
        on: "affinity", hint: "say what tells the entities apart, like x-user-id")
      return nil
    }
    guard let weight = weight(split, beside: arms?.count ?? 0, fields) else { return nil }
    for arm in arms ?? [] where arm.value.profile != nil {
      fields.findings.error(
        "a profile is for drift, which is not watched beside arms", at: arm.position,
        hint: "remove profile")
    }
    let route = match.map { Route.drawn(by: $0, weight: weight) } ?? .split(weight: weight)
    let step = Step(route: route, atLeast: atLeast, atMost: atMost)
    return WrittenStrategy(
      strategy: Strategy(kind: .abTest, steps: [step], affinity: affinity, goal: goal),
      rivals: (arms ?? []).map { Located(value: $0.value.model, position: $0.position) })
  }

  /// With the model of the manifest, and the one that serves: four at a time.
  private static let mostArms = 2

  /// The share of each new model; nil when that leaves nothing to the old one.
  private static func weight(_ split: PerMille, beside others: Int, _ fields: Fields) -> PerMille? {
    guard others > 0, fields.values["split"] != nil else {
      return others == 0 ? split : PerMille(1000 / (others + 2))
    }
    guard split.value * (others + 1) < 1000 else {
      fields.error(
        "\(others + 1) new models with \(split) each leave nothing to the old one", on: "split",
        hint: "leave split out: then each has \(PerMille(1000 / (others + 2)))")
      return nil
    }
    return split
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
