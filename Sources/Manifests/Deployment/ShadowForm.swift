import Encoding
import Rollouts

/// `spec.strategy.shadow`: copies of requests first, and clients later or never.
enum ShadowForm {
  /// What comes after the mirror.
  private enum Then { case goOn, promote, hold }

  /// What a canary does that says nothing else.
  private static let usualSteps = [50, 250, 500].map { PerMille($0) }

  static let form: Form<WrittenStrategy> = .object(
    defaulted(
      "mirror", Form.upToAll, default: "10%",
      "The share of the requests that the new model gets a copy of: so much more load."),
    optional(
      "atMostPerSecond", StrategyForm.copiesPerSecond, StrategyForm.atMostPerSecond),
    optional("hours", HoursForm.form, HoursForm.summary),
    optional("atLeast", StrategyForm.time, StrategyForm.atLeast),
    optional("atMost", StrategyForm.time, StrategyForm.atMost),
    optional(
      "analysis", StepAnalysisForm.form,
      "\(StepAnalysisForm.summary) Of the mirror, and not of the steps that follow."),
    defaulted(
      "then", Form.word([("continue", Then.goOn), ("promote", .promote), ("hold", .hold)]),
      default: "continue",
      "What follows when it is proven: the steps 5%, 25% and 50% of a canary, all traffic, or nothing "
        + "until the manifest says otherwise.")
  ) { fields, mirror, copies, hours, atLeast, atMost, analysis, then in
    let routes =
      [Route.mirror(weight: mirror)] + (then == .goOn ? usualSteps : []).map(Route.split(weight:))
    let steps = routes.compactMap { route in
      StrategyForm.resolve(
        .init(
          route: route, atMostPerSecond: route.isMirror ? copies : nil,
          hours: route.isMirror ? hours : nil, analysis: route.isMirror ? analysis : nil),
        atLeast: atLeast, atMost: atMost)
    }
    guard steps.count == routes.count else {
      fields.error("atMost is shorter than atLeast", on: "atMost")
      return nil
    }
    return WrittenStrategy(
      strategy: Strategy(
        kind: .shadow, steps: steps, atEnd: then == .hold ? .hold : .promote))
  }
}
