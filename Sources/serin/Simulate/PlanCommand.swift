import ArgumentParser
import Charts
import Encoding
import Foundation
import Git
import Ledger
import Manifests
import Rollouts
import Simulation
import Wording

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Show how a manifest would go live, and what it would notice.",
    discussion: """
      Prints the steps with the time and the requests that each one has, how long a healthy revision \
      takes, and how soon a regression of a given size would be rolled back, from simulated rollouts \
      in which stable uses half of what is promised. With --repo the ledger says what stable is.
      """)

  @Argument(help: "A file with a ModelDeployment.") var manifest: String
  @Option(help: "Which deployment of the file, as NAME or NAMESPACE/NAME.") var deployment: String?
  @Option(
    help: ArgumentHelp(
      "Requests of all clients together. (default: \(Factor(TrafficOptions.usualRate)))",
      valueName: "rate"))
  var requestsPerSecond: Double?
  @Option(help: "A clone, or the URL of a repository, with the ledger. (default: none)")
  var repo: String?
  @Option(help: "The branch of the decisions.") var ledgerBranch = Defaults.ledgerBranch
  @Option(help: ArgumentHelp("Where to draw how the traffic moves.", valueName: "file"))
  var svg: String?
  @Option(
    help: ArgumentHelp(
      "A Controller file: what its runtimes cannot do or see is said. (default: none)",
      valueName: "file"))
  var config: String?
  @OptionGroup var remote: RemoteOptions

  func run() async throws {
    let deployment = try ManifestArgument.simulated(in: manifest, named: deployment)
    let runtime = try config.map { try Self.runtime(of: deployment, in: $0) }
    if let svg { try Data(deployment.planChart.svg.utf8).write(to: URL(filePath: svg)) }
    let rate = try TrafficOptions.rate(
      requestsPerSecond ?? TrafficOptions.usualRate, for: deployment)
    let stable = try await stable(of: deployment.name)
    let replaced = stable.flatMap { $0 == deployment.revision ? nil : ", to replace \($0)" } ?? ""
    print(DisplayText.safe("\(deployment.name) \(deployment.revision)\(replaced)") + "\n")
    if requestsPerSecond == nil {
      print(
        "\(Factor(rate)) requests per second are assumed: give yours with --requests-per-second.\n")
    }
    print(steps(of: deployment, rate) + "\n")
    let remarks = [
      deployment.costOfCopies(atRate: rate), deployment.hoursOfCopies, deployment.reachOfMatch,
      deployment.company, deployment.contest, deployment.reachOfSlices, deployment.ownWindows,
    ]
    for remark in remarks.compactMap(\.self) {
      print(remark + "\n")
    }
    if let goal = deployment.strategy.goal {
      print(Self.entities(EntityStudy.study(deployment), goal) + "\n")
    }
    print("At \(Factor(rate)) requests per second, with stable at half of what is promised:\n")
    // How long an A/B test takes is no matter of requests.
    if deployment.strategy.goal == nil {
      let healthy = await RolloutStudy(
        deployment, Traffic(deployment, requestsPerSecond: rate), seeds: 1..<41,
        for: deployment.longestRollout)
      print(Self.pace(healthy) + "\n")
    }
    let findings = await Detectability.study(deployment, requestsPerSecond: rate)
    print(Self.detection(findings))
    let gate = await GateStudy.study(deployment, requestsPerSecond: rate)
    if let gate { print("\n\(Self.predictions(gate))") }
    let warnings =
      Remark.all(on: deployment.revision, replacing: stable).map(\.summary)
      + findings.warnings(and: gate, requestsPerSecond: rate)
      + (runtime?.warnings(about: deployment) ?? [])
    for warning in warnings { print("\nwarning: \(warning)") }
  }

  /// The runtime that the deployment is for.
  ///
  /// - Throws: `Failure` when there is none, or when it does not do what the deployment asks.
  private static func runtime(
    of deployment: Deployment, in file: String
  ) throws -> RuntimeSettings {
    let runtimes = try ControllerOptions.read(file).runtimes
    guard let runtime = runtimes.first(where: { $0.name == deployment.runtime ?? runtimes[0].name })
    else {
      throw Failure(
        .user, "\(file) has no runtime \(DisplayText.safe(deployment.runtime ?? ""))",
        hint: "it has \(runtimes.map(\.name).joined(separator: ", "))")
    }
    let refusals = runtime.refusals(of: deployment)
    guard refusals.isEmpty else {
      throw Failure(
        .user,
        "the runtime \(runtime.name) cannot carry it out: \(refusals.joined(separator: "; "))")
    }
    return runtime
  }

  /// What the ledger says is stable; nil without a ledger, or before the first version.
  private func stable(of name: DeploymentName) async throws -> Revision? {
    guard let repo else { return nil }
    let repository = RepositorySettings(
      url: repo, authentication: remote.authentication ?? .init())
    let branch = try await Composition.ledger(repository, branch: ledgerBranch)
    let reader = LedgerReader(paths: try await branch.paths()) { try await branch.read($0) }
    return try await reader.newest().first { $0.deployment == name }?.stable
  }

  private func steps(of deployment: Deployment, _ rate: Double) -> String {
    var rows = deployment.strategy.steps.enumerated().map { index, step in
      let requests = { (share: Ratio, time: Duration) in
        Int(rate * share.value * (time / .seconds(1)))
      }
      let range = step.share(atRate: rate).map {
        "\(requests($0, step.atLeast)) to \(requests($0, step.atMost))"
      }
      return [
        "step \(index + 1)", step.route.label, step.atLeast.shortText, step.atMost.shortText,
        range ?? "with the header",
      ]
    }
    let requests = Int(rate * (deployment.bake / .seconds(1)))
    rows.append([
      "bake", "\(deployment.holdback.complement)", deployment.bake.shortText,
      (deployment.bake * 2).shortText, "\(requests)",
    ])
    return safeTable(["PHASE", "TRAFFIC", "AT LEAST", "AT MOST", "CANDIDATE REQUESTS"], rows)
  }

  private static func pace(_ study: RolloutStudy) -> String {
    let parts = study.groups.map {
      "\($0.count) of \(study.rollouts) healthy rollouts \($0.outcome.words), median "
        + $0.elapsed.shortText
    }
    return parts.joined(separator: "\n")
  }

  private static func predictions(_ gate: GateStudy) -> String {
    let rows = gate.moves.map {
      ["\($0.share)", percent($0.detected), $0.elapsed?.shortText ?? "-"]
    }
    let steps = "the steps give \(gate.given.lowerBound) to \(gate.given.upperBound)"
    return """
      \(gate.needs); \(steps).

      \(safeTable(["PREDICTIONS MOVED", "ROLLED BACK", "MEDIAN TIME"], rows))
      """
  }

  private static func entities(_ rows: [EntityStudy], _ goal: Goal) -> String {
    let table = safeTable(
      ["TIMES AS OFTEN", "WINS", "MEDIAN ENTITIES"],
      rows.map {
        ["x\(Factor($0.ratio).fine)", percent($0.won), $0.entities.map { "\($0)" } ?? "-"]
      })
    return """
      Decided on \(goal.words). With one in ten entities reaching it with the old model, within \
      \(EntityStudy.most) entities:

      \(table)
      """
  }

  private static func detection(_ findings: [Detectability]) -> String {
    let rows = findings.map {
      [
        $0.objective.words, "x\($0.factor)", percent($0.detected),
        $0.elapsed?.shortText ?? "-",
      ]
    }
    return safeTable(["OBJECTIVE", "REGRESSION", "ROLLED BACK", "MEDIAN TIME"], rows)
  }
}

extension Deployment {
  /// Which models are tried together; nil where one alone is.
  var contest: String? {
    guard let rivals = self.rivals else { return nil }
    let names = ([self.revision] + rivals).map(\.description).joined(separator: ", ")
    let share = self.strategy.steps.first.map { "\($0.route.share)" } ?? ""
    return DisplayText.safe(
      "Tried together: \(names). Each gets \(share) of the entities and is compared with the old model, at "
        + "alpha divided by \(models.count); what follows is of each alone.")
  }

  /// What a mirror asks of the machine and of the model; nil without one.
  fileprivate func costOfCopies(atRate rate: Double) -> String? {
    let mirrors = self.strategy.steps.filter(\.route.isMirror)
    let shares = mirrors.map { (step: $0, share: $0.share(atRate: rate)?.value ?? 0) }
    guard let most = shares.max(by: { $0.share < $1.share })?.step, let weight = most.route.weight
    else { return nil }
    let limit = most.atMostPerSecond.map { ", and at most \($0) a second" } ?? ""
    return
      "The new model answers copies of up to \(weight) of the requests\(limit): so much more load, and what "
      + "the model does beside answering (a call, a line in a table) it does for a copy as well."
  }
}

extension Deployment {
  /// When requests are copied; nil around the clock.
  fileprivate var hoursOfCopies: String? {
    steps(", ") { $0.hours.map { "from \($0.words)" } }.map {
      "Requests are copied at certain hours alone: \($0). Outside them the rollout "
        + "stands still in that step. All times here are within the hours: by the clock it takes longer."
    }
  }

  /// "step 1 from 22:00 to 06:00, step 3 …": the steps of which there is something to say; nil where there are none.
  fileprivate func steps(_ separator: String, _ words: (Step) -> String?) -> String? {
    let told = self.strategy.steps.enumerated().compactMap { index, step in
      words(step).map { "step \(index + 1) \($0)" }
    }
    return told.isEmpty ? nil : told.joined(separator: separator)
  }
}

extension Deployment {
  /// Whom a header lets reach the new model; nil where none does.
  fileprivate var reachOfMatch: String? {
    if case .drawn(let match, let weight)? = self.strategy.steps.first?.route {
      return
        "Serin draws nobody: every client that sends \(match.words) is answered by the new model. They "
        + "are to be \(weight) of the entities, drawn by chance; where they are more or fewer, nothing "
        + "is decided."
    }
    return self.strategy.steps.lazy.compactMap(\.route.match).first.map {
      "Every client that sends \($0.words) is answered by the new model in that step. How many requests that is "
        + "depends on the clients: \(TrafficStream.assumedOfMatch) of all are assumed."
    }
  }
}

extension Deployment {
  /// That others move with it, whom nobody can tell from its manifest alone; nil when it moves alone.
  var company: String? {
    self.group.map {
      "It moves with the group \"\($0)\": at each step and at the end of the bake it waits for the others, and "
        + "goes back when one of them does. What is shown here is the deployment alone."
    }
  }
}

extension Deployment {
  /// That groups of requests are judged apart, of which no simulation knows what there will be; nil where none are.
  var reachOfSlices: String? {
    self.slices.map {
      DisplayText.safe(
        "Up to \($0.worst) values of \($0.by.words) are judged by themselves as well, and all others together. What is shown "
          + "here is of all requests.")
    }
  }
}

extension Deployment {
  /// Which steps are judged by another window than all others; nil where none are.
  fileprivate var ownWindows: String? {
    steps("; ") { $0.analysis?.words }.map {
      "Steps with a window of their own: \($0). In all else that window is of "
        + "\(self.analysis.minRequests) requests or more, and there is no data after "
        + "\(self.analysis.noDataAfter.shortText) without one."
    }
  }
}

extension StepAnalysis {
  /// "takes 500 requests or more and has no data after 5m without one".
  fileprivate var words: String {
    let parts = [
      minRequests.map { "takes \($0) requests or more" },
      noDataAfter.map { "has no data after \($0.shortText) without one" },
    ]
    return parts.compactMap(\.self).joined(separator: " and ")
  }
}

extension GateStudy {
  /// "The predictions gate needs about 240 samples of the candidate".
  fileprivate var needs: String {
    let needed = needed.map { "about \($0) samples" } ?? "more samples than one rollout has"
    return "The predictions gate needs \(needed) of the candidate"
  }

  /// Told when the steps are too short; nil when they are not.
  fileprivate func warning(requestsPerSecond rate: Double) -> String? {
    guard !isEnough else { return nil }
    return
      "at \(Factor(rate)) requests per second the steps are too short for the predictions gate: "
      + "it needs \(needed.map { "about \($0)" } ?? "more") samples of the candidate, and they give at "
      + "most \(given.upperBound)"
  }
}

extension [Detectability] {
  /// What a rollout would not notice, and whether it is too short for its predictions gate.
  func warnings(and gate: GateStudy?, requestsPerSecond rate: Double) -> [String] {
    warnings(requestsPerSecond: rate) + [gate?.warning(requestsPerSecond: rate)].compactMap(\.self)
  }

  /// What most rollouts would not notice, for each objective at most once.
  private func warnings(requestsPerSecond rate: Double) -> [String] {
    let objectives = map(\.objective)
    let distinct = objectives.enumerated().filter { objectives.firstIndex(of: $1) == $0 }.map(\.1)
    return distinct.compactMap { objective in
      let missed = filter { $0.objective == objective && !$0.isLikely }.map(\.factor).max()
      guard let missed else { return nil }
      let size = missed == 2 ? "a doubling" : "a rise to \(missed) times"
      return "at \(Factor(rate)) requests per second \(size) of \(objective.name) "
        + "would likely go unnoticed in this rollout"
    }
  }
}
