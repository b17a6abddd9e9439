import Analysis

/// What all checks say together, at one look.
struct Judgement {
  let verdicts: [CheckVerdict]
  /// Which of them are waited for: proven before the candidate goes on.
  let awaited: [Bool]
  /// Which of them can have data at all: pairs come only from a mirror, and some are of another step.
  let meant: [Bool]
  /// Whether the candidate predicts as stable does; nil when that is not asked, or not compared in this step.
  let predictions: CheckVerdict?
  /// Whether entities do better or worse with the candidate; nil when that is not asked, or no more.
  let goal: GoalCheck.Verdict?
  /// The slices that fail, the worst one first.
  let slices: [SliceChecks.Failure]
  /// Whether the evidence has grown so far that the candidate gets no more traffic; a healthy one gets
  /// here with a probability of at most a tenth.
  let isSuspicious: Bool

  /// Whether every check is proven, an A/B test is won, and the evidence against the candidate does not mount.
  var isProven: Bool { open.isEmpty && !isSuspicious && goal ?? .better == .better }

  /// The checks that are waited for.
  var open: [Int] { verdicts.indices.filter { awaited[$0] && verdicts[$0] != .pass } }

  /// Whether a check that can have data has none.
  var lacksData: Bool { verdicts.indices.contains { meant[$0] && verdicts[$0] == .noData } }

  /// Whether enough predictions were compared for all traffic; what is found in them is evidence like
  /// any other.
  var hasPredictions: Bool { predictions.map { $0 == .pass || $0 == .fail } ?? true }

  /// What a sum of logarithms may be off by: evidence that never changed is not quite zero.
  static let rounding = 1e-9
  /// The probability of proving a promise that is broken, per objective.
  static let beta = 0.05
  static let logProven = -Analysis.log(beta)
  static let logHoldBar = Analysis.log(AnalysisSettings.holdBar)
}

extension Checks {
  /// Evaluates every objective of a candidate now, and its predictions.
  func judge(
    _ deployment: Deployment, in step: Route?, at now: Instant, _ engine: Engine
  ) -> Judgement {
    let (settings, drift) = (deployment.analysis, deployment.drift)
    let (hold, fail) = (Judgement.logHoldBar, -Analysis.log(settings.alpha))
    // What cannot reach either bar need not be known.
    let logE = logBound(drift) < min(hold, fail) ? -.infinity : logE(drift)
    let blamed = logE >= fail ? blamed(drift, settings.alpha, engine) : []
    let verdicts = checks.indices.map { index in
      blamed.contains(.objective(index)) ? .fail : verdict(on: index, deployment, step, now)
    }
    return Judgement(
      verdicts: verdicts, awaited: checks.map { $0.objective.isAwaited(in: step) },
      meant: checks.map { $0.objective.isMeant(in: step) },
      predictions: predictions.flatMap {
        if blamed.contains(.predictions) { return .fail }
        return step?.isMatch == true ? nil : $0.verdict(drift, settings)
      },
      goal: goal.flatMap { goal in
        isCompared(goal, in: step)
          ? blamed.contains(.goal) ? .worse : goal.verdict(bar: fail) : nil
      },
      slices: blamed.contains(.slices) ? slices?.blamed(settings.alpha, engine) ?? [] : [],
      isSuspicious: logE >= hold)
  }

  /// Whether nothing speaks against the candidate, although it may not be proven yet: enough
  /// requests, few enough of them possibly bad, and no evidence.
  func isClean(_ deployment: Deployment, in step: Route?) -> Bool {
    let least = deployment.minRequestsUnproven(in: step)
    return checks.indices.allSatisfy {
      !checks[$0].objective.isAwaited(in: step)
        || isWithin($0, atLeast: least) && checks[$0].test.logE <= Judgement.rounding
    }
  }

  /// Never less than `logE`, and far quicker to have: most looks come nowhere near a verdict.
  private func logBound(_ drift: DriftSettings?) -> Double {
    var bound = -Double.infinity
    for index in checks.indices { bound = max(bound, checks[index].test.logBound) }
    if let goal = comparedGoal { bound = max(bound, goal.logWorse) }
    if let slices { bound = max(bound, slices.logBound) }
    guard let predictions = deciding(drift) else { return bound }
    return max(bound, predictions.logE)
  }

  /// Whether entities are compared: while clients are split, and until the bake.
  private func isCompared(_ goal: GoalCheck, in step: Route?) -> Bool {
    step?.isDrawn == true && !goal.isOver
  }

  /// The A/B test, where the revisions got the entities that were asked for.
  private var comparedGoal: GoalCheck? { goal.flatMap { $0.isSplitWrong ? nil : $0 } }

  /// The predictions, where they may take the candidate back.
  private func deciding(_ drift: DriftSettings?) -> PredictionDrift? {
    drift?.predictions?.action == .rollback ? predictions : nil
  }

  /// What the evidence against a candidate consists of.
  private enum Part: Hashable {
    case objective(Int)
    case predictions, goal, slices
  }

  /// The evidence of all tests that may take the candidate back, each with its weight: the objectives,
  /// the predictions where they may, an A/B test, and all slices together.
  private func parts(_ drift: DriftSettings?) -> [(part: Part, logE: Double, weight: Int)] {
    var parts = checks.indices.map {
      (Part.objective($0), checks[$0].test.logE, checks[$0].objective.weight)
    }
    if let predictions = deciding(drift) { parts.append((.predictions, predictions.logE, 1)) }
    if let goal = comparedGoal { parts.append((.goal, goal.logWorse, 1)) }
    if let slices { parts.append((.slices, slices.logE, 1)) }
    return parts
  }

  /// The evidence of all tests together: the one number the guarantee is about.
  func logE(_ drift: DriftSettings?) -> Double {
    LogMean(parts(drift).lazy.map { ($0.logE, $0.weight) }).logE
  }

  /// Returns which parts caused it: the one with the largest share of the evidence, and whatever else is
  /// a discovery at the same rate.
  private func blamed(
    _ drift: DriftSettings?, _ alpha: Double, _ engine: Engine
  ) -> Set<Part> {
    let parts = parts(drift)
    let shares = parts.map { $0.logE + Analysis.log(Double($0.weight)) }
    let worst = shares.indices.max { shares[$0] < shares[$1] }
    let found = discoveries(among: parts.map(\.logE), rate: alpha) + [worst].compactMap(\.self)
    return Set(found.map { parts[$0].part }).filter {
      if case .objective(let index) = $0 { hasEnoughBad(index, engine) } else { true }
    }
  }

  /// Returns the objectives of a slice that caused its evidence.
  func failures(_ alpha: Double, _ engine: Engine) -> Set<Int> {
    Set(
      blamed(nil, alpha, engine).compactMap { part in
        if case .objective(let index) = part { index } else { nil }
      })
  }

  /// Returns what a check that is waited for had none of for as long as the manifest accepts; nil when
  /// all had some.
  func missing(
    _ deployment: Deployment, in step: Route?, _ now: Instant
  ) -> Reason.Missing? {
    if let goal, isCompared(goal, in: step), !goal.hasData, let since = countingSince,
      now.since(since) >= deployment.patience(for: .entities, in: step)
    {
      return .entities
    }
    let index = checks.indices.first {
      checks[$0].objective.isAwaited(in: step) && hasNoData($0, deployment, step, now)
    }
    return index.map { checks[$0].objective.isOfPairs ? .pairs : .requests }
  }

  /// Puts a judgement in numbers that can be recorded.
  ///
  /// Of pairs, and of what is promised in another step, nothing is said here, unless what was found earlier fails the
  /// candidate.
  func reports(_ judgement: Judgement, _ settings: AnalysisSettings) -> [CheckReport] {
    checks.indices.compactMap { index in
      let (check, verdict) = (checks[index], judgement.verdicts[index])
      return judgement.meant[index] || verdict == .fail
        ? report(on: check, verdict, alpha: settings.alpha) : nil
    }
  }

  /// Puts the checks of a slice in numbers that can be recorded.
  ///
  /// Nothing is to be proven of a slice: it fails, or nothing is said.
  func reports(failing objectives: Set<Int>, _ alpha: Double) -> [CheckReport] {
    checks.indices.map { index in
      let verdict: CheckVerdict =
        objectives.contains(index)
        ? .fail : checks[index].candidate.total == 0 ? .noData : .inconclusive
      return report(on: checks[index], verdict, alpha: alpha)
    }
  }

  func report(on check: Check, _ verdict: CheckVerdict, alpha: Double) -> CheckReport {
    let worth = check.objective.trialsPerRequest
    let (candidate, stable) = (check.candidate.rounded(to: worth), check.stable.rounded(to: worth))
    let baseline = check.baseline?.rounded(to: worth)
    let arms = Arms(candidate: candidate.trials, stable: (baseline ?? stable).trials)
    let range = confidenceInterval(of: arms.candidate, alpha: alpha)
    let effect = oddsRatioInterval(of: arms, alpha: alpha)
    return CheckReport(
      objective: check.objective, verdict: verdict, candidate: candidate, stable: stable,
      baseline: baseline, possiblyBad: check.possiblyBad.rounded(to: worth),
      range: .init(low: Ratio(range.low), high: Ratio(range.high)),
      effect: .init(low: Factor(effect?.low ?? 0), high: Factor(effect?.high ?? .infinity)),
      logE: .init(check.test, proof: check.recovery?.proof.logE))
  }
}

// Of one check. Each reads what it needs where it stands: to ask the check itself would copy all of it,
// at every look.
extension Checks {
  private func verdict(
    on index: Int, _ deployment: Deployment, _ step: Route?, _ now: Instant
  ) -> CheckVerdict {
    if checks[index].candidate.total == 0 || hasNoData(index, deployment, step, now) {
      return .noData
    }
    let isProven =
      isWithin(index, atLeast: deployment.minRequests(in: step))
      && checks[index].test.isProven(at: Judgement.logProven)
    return isProven ? .pass : .inconclusive
  }

  private func hasEnoughBad(_ index: Int, _ engine: Engine) -> Bool {
    checks[index].badInRollout >= engine.leastBad * checks[index].objective.trialsPerRequest
  }

  func isWithin(_ index: Int, atLeast requests: Int) -> Bool {
    let (candidate, objective) = (checks[index].candidate, checks[index].objective)
    return candidate.total >= requests * objective.trialsPerRequest
      && Ratio(checks[index].possiblyBad, of: candidate.total) <= objective.allowed
  }

  private func hasNoData(
    _ index: Int, _ deployment: Deployment, _ step: Route?, _ now: Instant
  ) -> Bool {
    guard let since = checks[index].lastData ?? countingSince else { return false }
    // A client that asked for it by a header came, and is not missed afterwards, unless the step says so.
    if step?.isMatch == true, checks[index].candidate.total > 0,
      deployment.window(in: step)?.noDataAfter == nil
    {
      return false
    }
    return now.since(since) >= deployment.patience(for: .requests, in: step)
  }
}

extension GoalCheck {
  /// What is proven, of a candidate that was not found to be worse.
  fileprivate func verdict(bar: Double) -> Verdict {
    !isSplitWrong && logBetter >= bar ? .better : .open
  }
}

extension Ratio {
  /// A share between 0 and 1, to the nearest millionth.
  package init(_ share: Double) {
    self.init(perMillion: Int((max(0, min(1, share)) * 1_000_000).rounded()))
  }
}

extension CheckReport.LogE {
  fileprivate init(_ test: ObjectiveTest, proof: Double?) {
    total = Self.thousandths(test.logE)
    promise = Self.thousandths(test.logPromise ?? 0)
    comparison = Self.thousandths(test.logComparison)
    self.proof = Self.thousandths(proof ?? test.logProof)
  }

  static func thousandths(_ logarithm: Double) -> Int {
    Int((max(-1e6, min(1e6, logarithm)) * 1000).rounded())
  }
}
