import Analysis

/// What all checks say together, at one look.
struct Judgement {
  let verdicts: [CheckVerdict]
  /// The natural logarithm of the evidence of all tests together.
  let logE: Double
  /// Whether nothing speaks against the candidate, although it may not be proven yet: enough
  /// requests, few enough of them possibly bad, and no evidence.
  let isClean: Bool

  /// Whether every check is proven, and the evidence against the candidate does not mount.
  var isProven: Bool { verdicts.allSatisfy { $0 == .pass } && !isSuspicious }

  /// Whether the evidence has grown so far that the candidate gets no more traffic; a healthy one gets
  /// here with a probability of at most a tenth.
  var isSuspicious: Bool { logE >= Analysis.log(AnalysisSettings.holdBar) }

  /// What a sum of logarithms may be off by: evidence that never changed is not quite zero.
  static let rounding = 1e-9
  /// The probability of proving a promise that is broken, per objective.
  static let beta = 0.05
  /// Fewer bad requests than this never condemn: the first two requests of all may fail by accident.
  static let leastBad = 3
}

extension Checks {
  /// Evaluates every objective of a candidate now.
  func judge(_ settings: AnalysisSettings, at now: Instant) -> Judgement {
    let evidence = checks.map(\.test.logE)
    let logE = LogMean(zip(evidence, checks.lazy.map(\.objective.weight))).logE
    let blamed = logE >= -Analysis.log(settings.alpha) ? blamed(evidence, settings.alpha) : []
    let verdicts = checks.indices.map { index in
      blamed.contains(index) ? .fail : verdict(on: checks[index], settings, now)
    }
    let isClean = zip(evidence, checks).allSatisfy {
      $0 <= Judgement.rounding && isWithin($1, settings)
    }
    return Judgement(verdicts: verdicts, logE: logE, isClean: isClean)
  }

  /// Returns which objectives caused it: the one with the largest part in the evidence, and whatever
  /// else is a discovery at the same rate.
  private func blamed(_ evidence: [Double], _ alpha: Double) -> Set<Int> {
    let parts = evidence.indices.map {
      evidence[$0] + Analysis.log(Double(checks[$0].objective.weight))
    }
    let worst = parts.indices.max { parts[$0] < parts[$1] }
    return Set(discoveries(among: evidence, rate: alpha) + [worst].compactMap(\.self))
      .filter { checks[$0].badInRollout >= Judgement.leastBad }
  }

  private func verdict(
    on check: Check, _ settings: AnalysisSettings, _ now: Instant
  ) -> CheckVerdict {
    if check.candidate.total == 0 || isBlind(check, settings, now) { return .blind }
    guard isWithin(check, settings), check.test.logProof >= -Analysis.log(Judgement.beta) else {
      return .undecided
    }
    return .pass
  }

  private func isWithin(_ check: Check, _ settings: AnalysisSettings) -> Bool {
    check.candidate.total >= settings.minRequests
      && Ratio(check.possiblyBad, of: check.candidate.total) <= check.objective.allowed
  }

  /// Whether some check had no data for as long as the manifest accepts.
  func isBlind(_ settings: AnalysisSettings, _ now: Instant) -> Bool {
    checks.contains { isBlind($0, settings, now) }
  }

  private func isBlind(_ check: Check, _ settings: AnalysisSettings, _ now: Instant) -> Bool {
    guard let since = check.lastData ?? countingSince else { return false }
    return now.since(since) >= settings.blindAfter
  }

  /// Puts a judgement in numbers that can be recorded.
  func reports(_ judgement: Judgement, _ settings: AnalysisSettings) -> [CheckReport] {
    zip(checks, judgement.verdicts).map { report(on: $0, $1, alpha: settings.alpha) }
  }

  func report(on check: Check, _ verdict: CheckVerdict, alpha: Double) -> CheckReport {
    let reference = check.baseline ?? check.stable
    let arms = Arms(candidate: check.candidate.trials, stable: reference.trials)
    let range = confidenceInterval(of: arms.candidate, alpha: alpha)
    let effect = oddsRatioInterval(of: arms, alpha: alpha)
    return CheckReport(
      objective: check.objective, verdict: verdict, candidate: check.candidate,
      stable: check.stable, baseline: check.baseline, possiblyBad: check.possiblyBad,
      range: .init(low: Ratio(range.low), high: Ratio(range.high)),
      effect: .init(low: Factor(effect?.low ?? 0), high: Factor(effect?.high ?? .infinity)),
      logE: .init(check.test))
  }
}

extension Ratio {
  /// A share between 0 and 1, to the nearest millionth.
  fileprivate init(_ share: Double) {
    self.init(perMillion: Int((max(0, min(1, share)) * 1_000_000).rounded()))
  }
}

extension CheckReport.LogE {
  fileprivate init(_ test: ObjectiveTest) {
    total = Self.thousandths(test.logE)
    promise = Self.thousandths(test.logPromise ?? 0)
    comparison = Self.thousandths(test.logComparison)
    proof = Self.thousandths(test.logProof)
  }

  private static func thousandths(_ logarithm: Double) -> Int {
    Int((max(-1e6, min(1e6, logarithm)) * 1000).rounded())
  }
}
