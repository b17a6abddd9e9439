import Encoding
import Rollouts

/// A strategy, with the places of its steps, for checks that compare it with other keys.
struct WrittenStrategy {
  var strategy: Strategy
  var places: [TextPosition] = []
  /// What is promised in single steps.
  var objectives: [Located<Objective>] = []
  /// What an A/B test tries beside the model of the manifest.
  var rivals: [Located<Model>] = []
}

/// `spec.strategy`: exactly one way to take over.
enum StrategyForm {
  static let form: Form<WrittenStrategy> = .choice(
    required("canary", canary, "Traffic moves in steps, each one judged."),
    required(
      "blueGreen", BlueGreenForm.form,
      "The new model is prepared beside the old one, then takes all traffic at once."),
    required(
      "recreate", Form.nothing.map { WrittenStrategy(strategy: .init(kind: .recreate, steps: [])) },
      "The old model is gone before the new one is loaded: for machines that hold only one."),
    required(
      "shadow", ShadowForm.form,
      "The new model answers copies of requests, and no client, until it is proven."),
    required(
      "abTest", ABTestForm.form,
      "Both models serve until the entities of one are shown to reach a goal more often."),
    beside: optional(
      "revertAt", Form.word([("steps", Strategy.RevertAt.steps), ("once", .once)]),
      "How the model before the present one comes back when it is named again: by the steps, or with "
        + "all traffic at once. Default: steps.")
  ) { fields, written, revertAt in
    guard let revertAt else { return written }
    let strategy = written.strategy
    guard !strategy.steps.isEmpty else {
      fields.error(
        "revertAt is for strategies with steps", on: "revertAt",
        hint: "remove it: without steps every model gets all traffic at once")
      return nil
    }
    var reverting = written
    reverting.strategy = strategy.reverting(revertAt)
    return reverting
  }

  /// A step as written, before the defaults of its canary are known.
  struct WrittenStep {
    let route: Route
    var atLeast: Duration?
    var atMost: Duration?
    var atMostPerSecond: Int?
    var hours: Hours?
    var analysis: StepAnalysis?
    var objectives: [Located<Objective>] = []
  }

  /// The time in which a fault that shows slowly (a cache that fills, a leak) has a chance to show.
  private static let usualAtLeast = Duration.seconds(5 * 60)
  /// Twice the shortest time, and never less than small shares need to see some requests.
  private static let shortestAtMost = Duration.seconds(10 * 60)

  static let time = Form.duration(.zero...longestDuration)
  static let atLeast = "The shortest time that a step lasts. Default: 5m."
  static let atMost =
    "The longest time that a step may stay inconclusive. Default: twice atLeast, 10m or more."

  /// Fewer than one a second are the share's to ask for; more than the most are no limit.
  static let copiesPerSecond = Form.integer(1...1_000_000)
  static let atMostPerSecond =
    "How many requests a second are copied at most, on average. Default: as many as the share asks for."

  private static let step: Form<WrittenStep> = .either(
    scalar: Form.weight.map { WrittenStep(route: .split(weight: $0)) },
    mapping: .object(
      optional("weight", Form.weight, "The new model's share of the traffic."),
      optional(
        "mirror", Form.upToAll,
        "The share of the requests that the new model gets a copy of; no client gets its answers."),
      optional(
        "match", MatchForm.form,
        "The header by which clients ask for the new model; all others get the old one."),
      optional("atLeast", time, atLeast), optional("atMost", time, atMost),
      optional("atMostPerSecond", copiesPerSecond, atMostPerSecond),
      optional("hours", HoursForm.form, HoursForm.summary),
      optional(
        "slos", ObjectiveForm.list.located,
        "What is promised in this step, beside what is promised in all of them."),
      optional("analysis", StepAnalysisForm.form, StepAnalysisForm.summary),
      planned: ["approval"]
    ) { fields, weight, mirror, match, atLeast, atMost, copies, hours, slos, analysis in
      let routes = [
        weight.map(Route.split(weight:)), mirror.map(Route.mirror(weight:)), match.map(Route.match),
      ].compactMap(\.self)
      guard let route = routes.first, routes.count == 1 else {
        fields.error("exactly one of weight, mirror, match is expected, found \(routes.count)")
        return nil
      }
      guard copies == nil || route.isMirror else {
        fields.error(
          "atMostPerSecond limits copies, and this step makes none", on: "atMostPerSecond",
          hint: "remove it, or copy requests: {mirror: 10%, atMostPerSecond: 50}")
        return nil
      }
      guard hours == nil || route.isMirror else {
        fields.error(
          "hours are of copies, and this step makes none", on: "hours",
          hint: "remove them, or copy requests: {mirror: 10%, hours: …}")
        return nil
      }
      let own = slos.map { slos in
        slos.value.map { Located(value: $0.during(route), position: slos.position) }
      }
      return WrittenStep(
        route: route, atLeast: atLeast, atMost: atMost, atMostPerSecond: copies,
        hours: hours, analysis: analysis, objectives: own ?? [])
    })

  /// A rollout of more steps than this is a mistake in a template.
  private static let mostSteps = 50

  private static let canary: Form<WrittenStrategy> = .object(
    required(
      "steps", Form.list(of: step, count: 1...mostSteps), "Shares of the traffic, ascending."),
    optional("atLeast", time, "\(atLeast) For all steps that say nothing else."),
    optional("atMost", time, "\(atMost) For all steps that say nothing else."),
    optional(
      "affinity", AffinityForm.form,
      "By what clients stay with one model. Default: each request goes anywhere.")
  ) { fields, written, atLeast, atMost, affinity in
    var steps: [Step] = []
    var isSound = true
    for item in written {
      if let last = steps.last, item.value.route <= last.route {
        let order = order(of: last.route, item.value.route)
        fields.findings.error(
          "\(item.value.route.text) does not follow \(last.route.text): \(order)",
          at: item.position)
        isSound = false
      }
      let resolved = resolve(item.value, atLeast: atLeast, atMost: atMost)
      guard let resolved else {
        fields.findings.error("atMost is shorter than atLeast", at: item.position)
        isSound = false
        continue
      }
      steps.append(resolved)
    }
    guard isSound else { return nil }
    return WrittenStrategy(
      strategy: Strategy(
        kind: .canary, steps: steps, affinity: affinity),
      places: written.map(\.position), objectives: written.flatMap(\.value.objectives))
  }

  /// Why a step cannot follow another one.
  private static func order(of last: Route, _ next: Route) -> String {
    switch (last, next) {
    case (.match, .match): "one match is enough"
    case (.split, .match): "a match comes before the shares"
    case (.match, .mirror), (.split, .mirror): "mirrors come first"
    default: "shares must ascend"
    }
  }

  /// A name as HTTP allows it.
  static func field(_ what: String) -> Form<String> {
    .scalar(
      "the name of \(what)", example: "write it like x-user-id",
      schema: ["type": "string", "maxLength": 100, "pattern": "^[A-Za-z0-9_-]+$"]
    ) { scalar throws(TextRefusal) in
      guard scalar.text.wholeMatch(of: /[A-Za-z0-9_-]{1,100}/) != nil else {
        throw TextRefusal(
          message: "\"\(scalar.text.shortened)\" is not the name of \(what)",
          hint: "letters, digits, hyphens and underscores, at most 100")
      }
      return scalar.text
    }
  }

  /// Fills in what was not written; nil when what was written contradicts itself.
  static func resolve(
    _ step: WrittenStep, atLeast: Duration?, atMost: Duration?
  ) -> Step? {
    let writtenAtMost = step.atMost ?? atMost
    let shortest =
      step.atLeast ?? atLeast ?? min(usualAtLeast, writtenAtMost ?? usualAtLeast)
    let longest = writtenAtMost ?? max(shortest * 2, shortestAtMost)
    guard shortest <= longest else { return nil }
    return Step(
      route: step.route, atLeast: shortest, atMost: longest,
      atMostPerSecond: step.atMostPerSecond, hours: step.hours, analysis: step.analysis)
  }
}

extension Route {
  /// As a step says it: "5%", "mirror 20%", "match x-beta".
  fileprivate var text: String {
    switch self {
    case .mirror(let weight): "mirror \(weight)"
    case .match(let match): "match \(match.header)"
    case .split(let weight), .drawn(_, let weight): weight.description
    }
  }
}
