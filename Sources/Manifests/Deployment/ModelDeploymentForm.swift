import Analysis
import Encoding
import Rollouts

/// The kind `ModelDeployment`: what a team asks for.
enum ModelDeploymentForm {
  static let kind = "ModelDeployment"

  static let form: Form<WrittenDeployment> = .object(
    required("apiVersion", Form.constant(ManifestKind.apiVersion), "The version of this format."),
    required("kind", Form.constant(kind), "What this manifest describes."),
    required("metadata", metadata, "What the deployment is called."),
    required("spec", spec, "What should serve, how it goes live and what it promises.")
  ) { _, _, _, name, spec in spec.written(name) }

  static let metadata: Form<DeploymentName> = .object(
    required("name", Form.name, "The name of the endpoint."),
    defaulted(
      "namespace", Form.name, default: .string(DeploymentName.defaultNamespace),
      "The team or area it belongs to."),
    optional("labels", Form.map(of: Form.anyText), "For other tools; Serin ignores them."),
    optional("annotations", Form.map(of: Form.anyText), "For other tools; Serin ignores them.")
  ) { _, name, namespace, _, _ in DeploymentName(namespace: namespace, name: name) }

  private struct Spec {
    let runtime: String?
    let suspended: Bool
    let model: Model
    let profile: ProfileReference?
    let strategy: Strategy
    let rivals: [Revision]
    let objectives: [Objective]
    let analysis: AnalysisSettings
    let bake: WrittenBake
    let prepareWithin: Duration
    let whenNothingServes: WhenNothingServes
    let drift: WrittenDrift?
    let replicas: Int
    let serving: ServingMode
    let slices: Slices?
    let load: LoadTest?
    let group: String?

    func written(_ name: DeploymentName) -> WrittenDeployment {
      let deployment = Deployment(
        name: name, runtime: runtime, revision: Revision(of: model), strategy: strategy,
        objectives: objectives, analysis: analysis, bake: bake.length,
        holdback: bake.holdback(for: drift, strategy, analysis), prepareWithin: prepareWithin,
        suspended: suspended, whenNothingServes: whenNothingServes,
        replicas: replicas == 1 ? nil : replicas, serving: serving == .online ? nil : serving,
        slices: slices, loadTest: load, group: group, rivals: rivals.isEmpty ? nil : rivals)
      return WrittenDeployment(deployment: deployment, drift: drift, profile: profile)
    }
  }

  private static let spec: Form<Spec> = .object(
    optional(
      "runtime", Form.name,
      "The operator's name of the runtime. Default: the first that the controller has."),
    defaulted(
      "suspended", Form.boolean, default: false,
      "Whether the rollout stands still; its rollback stays armed."),
    required("model", ModelForm.form, "The model that should serve."),
    defaulted(
      "strategy", StrategyForm.form, default: ["canary": ["steps": ["5%", "25%", "50%"]]],
      "How a new model takes over."),
    defaulted(
      "slos", ObjectiveForm.list, default: [["errors": ["below": "1%"]]],
      "What is promised; a model that breaks it is rolled back."),
    defaulted("analysis", AnalysisForm.form, default: [:], "How sure a verdict must be."),
    defaulted(
      "bake", BakeForm.form, default: "30m",
      "How long the old model stays loaded after promotion, with the promises still watched."),
    defaulted(
      "prepareWithin", Form.duration(.seconds(1)...longestDuration), default: "10m",
      "How long a model may take to be fetched, loaded and ready."),
    defaulted(
      "whenNothingServes", Form.word([("tryRejected", .tryRejected), ("alert", .alert)]),
      default: "tryRejected",
      "What happens when nothing serves and a rejected model is all that is asked for: one that "
        + "was stable once is tried again, or it is an alert."),
    optional("drift", DriftForm.form, "How drift is watched, and what it does."),
    defaulted(
      "replicas", Form.integer(1...16), default: 1, "How many servers each revision has."),
    defaulted(
      "serving", Form.word([("online", ServingMode.online), ("batch", .batch)]), default: "online",
      "How the model is used: it answers requests, or jobs read it before each run. With batch, the "
        + "defaults are strategy blueGreen, bake and noDataAfter "
        + "\(BatchRules.usualTime.manifestText), and dependence clustered "
        + "\(BatchRules.usualCluster)."
    ),
    optional(
      "slices", SlicesForm.form,
      "Requests that are judged in groups of their own, by a value that comes with each."),
    optional(
      "load", LoadForm.form,
      "A load that a new model must bear before it gets any traffic. Default: none."),
    optional(
      "group", Form.name,
      "The name of the group that it moves with: all deployments of the namespace with this name go on "
        + "together or go back together. Default: none.")
  ) {
    fields, runtime, suspended, model, strategy, objectives, analysis, bake, prepareWithin,
    whenNothingServes, drift, replicas, serving, slices, load, group in
    let batch = serving == .batch ? BatchRules(fields: fields) : nil
    let written = batch?.strategy(strategy) ?? strategy
    batch?.refuse(written, objectives, bake)
    if drift != nil, model.profile == nil {
      fields.error(
        "drift needs the profile of the model's training data", on: "drift",
        hint: "make one with serin profile build, and name it as model.profile")
      return nil
    }
    if analysis.dependence == .matched { leaveRoomForBaseline(written, fields) }
    let isMirrored = written.strategy.steps.contains(where: \.route.isMirror)
    if !isMirrored, objectives.contains(where: \.isOfPairs) {
      fields.error(
        "disagreement needs two answers to one request, and no step mirrors any", on: "slos",
        hint: "begin with a step like {mirror: 10%}, or choose strategy: {shadow: {}}")
    }
    if let load, batch == nil {
      LoadForm.check(load, of: model, written.strategy, within: prepareWithin, fields)
    }
    StepObjectives(own: written.objectives, general: objectives, findings: fields.findings).check()
    if group != nil { GroupForm.check(written.strategy, serving, fields) }
    ArmRules(fields: fields).check(written, model.model)
    let holdback = bake.holdback(for: drift, written.strategy, analysis)
    if slices != nil, batch == nil { checkSlices(written.strategy, objectives, holdback, fields) }
    if written.strategy.isExclusive, bake.holdback ?? .none > .none {
      fields.error(
        "nothing can be held back with \"recreate\": the old model is gone by then", on: "bake",
        hint: "remove holdback, or choose canary or blueGreen")
    }
    return Spec(
      runtime: runtime, suspended: suspended, model: model.model, profile: model.profile,
      strategy: written.strategy, rivals: written.rivals.map { Revision(of: $0.value) },
      objectives: objectives + written.objectives.map(\.value),
      analysis: batch?.analysis(analysis) ?? analysis, bake: batch?.bake(bake) ?? bake,
      prepareWithin: prepareWithin, whenNothingServes: whenNothingServes, drift: drift,
      replicas: replicas, serving: serving, slices: slices, load: load, group: group)
  }

  /// Refuses slices of which nothing could be said.
  private static func checkSlices(
    _ strategy: Strategy, _ objectives: [Objective], _ holdback: PerMille, _ fields: Fields
  ) {
    if objectives.allSatisfy(\.isSampled) {
      fields.error(
        "slices are judged by errors and latency, and neither is promised", on: "slices",
        hint: "add a promise to slos like {errors: {below: 1%}}, or remove slices")
    }
    if strategy.steps.allSatisfy({ $0.route.share == .none }), holdback == .none {
      fields.error(
        "slices are compared with those of the old model, and clients never get answers of both",
        on: "slices", hint: "choose canary, or hold something back in the bake")
    }
  }

  /// Refuses what would leave a baseline without the candidate's share, so that nothing is compared.
  private static func leaveRoomForBaseline(_ written: WrittenStrategy, _ fields: Fields) {
    if written.strategy.kind != .canary {
      fields.error(
        "\"dependence: matched\" needs the steps of a canary", on: "strategy",
        hint: "only there is the new model compared with a fresh copy of the old one")
    }
    for (step, place) in zip(written.strategy.steps, written.places)
    where step.route.isMirror || step.route.isMatch {
      let what = step.route.isMirror ? "mirror" : "match"
      fields.findings.error(
        "\"dependence: matched\" compares what answers clients: a \(what) has nothing for it",
        at: place, hint: "remove the \(what), or choose another dependence")
    }
    for (step, place) in zip(written.strategy.steps, written.places) where step.route.share > .half
    {
      fields.findings.error(
        "\(step.route.share) is more than half: with \"dependence: matched\" a fresh copy of the old "
          + "model gets as much", at: place,
        hint: "let the last step be 50% or less, or choose another dependence")
    }
  }
}

/// `spec.analysis`.
enum AnalysisForm {
  /// Far more requests than a step can wait for, and far from the end of 64 bits.
  private static let mostRequests = 1_000_000_000

  /// How many requests prove something at least.
  static let requests = Form.integer(1...mostRequests)
  /// How long a candidate may go without any.
  static let silence = Form.duration(.seconds(1)...longestDuration)

  static let form: Form<AnalysisSettings> = .object(
    defaulted(
      "confidence",
      Form.percentage(Ratio(perMillion: 500_000)...Ratio(perMillion: 999_900)), default: "99%",
      "A healthy model is kept with at least this probability over the whole rollout."),
    defaulted(
      "dependence", dependence, default: "interval",
      "What is assumed of requests that fail together: the less, the longer a verdict takes."),
    defaulted(
      "tolerance", Form.percentage(Ratio(perMillion: 0)...Ratio(perMillion: 1_000_000)),
      default: "25%", "How much worse than the old model, in odds, the new one may be."),
    defaulted(
      "interval", Form.duration(.seconds(1)...Duration.seconds(300)), default: "5s",
      "The time between two looks."),
    defaulted(
      "minRequests", requests, default: 200,
      "The requests below which a step is inconclusive, where the step does not say how many."),
    defaulted(
      "onNoData", Form.word([("hold", .hold), ("rollback", .rollback)]), default: "hold",
      "What happens when there is no data for longer than noDataAfter."),
    defaulted(
      "onInconclusive",
      Form.word([("hold", .hold), ("rollback", .rollback), ("promote", .promote)]),
      default: "hold", "What happens when a step is still inconclusive after atMost."),
    defaulted(
      "noDataAfter", silence, default: "60s",
      "How long a step may go without data, where the step does not say how long."),
    defaulted(
      "warmUp", Form.integer(0...1_000_000), default: 0,
      "The new model's first requests, so many for each of its servers, which do not count.")
  ) {
    fields, confidence, dependence, tolerance, interval, minRequests, onNoData, onInconclusive,
    noDataAfter, warmUp in
    if dependence == .matched, fields.values["tolerance"] != nil {
      fields.warning(
        "with \"dependence: matched\" nothing is tolerated: the new model must be as good",
        on: "tolerance", hint: "remove it")
    }
    return AnalysisSettings(
      confidence: confidence, dependence: dependence, tolerance: tolerance, interval: interval,
      minRequests: minRequests, onNoData: onNoData, onInconclusive: onInconclusive,
      noDataAfter: noDataAfter, warmUp: warmUp == 0 ? nil : warmUp)
  }

  private static let dependence: Form<Dependence> = .either(
    scalar: Form.word([
      ("independent", .independent), ("interval", .interval), ("robust", .robust),
      ("matched", .matched),
    ]),
    mapping: .object(
      required(
        "clustered", Form.integer(1...1000), "The largest number of requests that fail together.")
    ) { _, size in .clustered(size) })
}
