import Encoding
import Profiles
import Rollouts

/// `spec.drift.labels` as written, before the profile is known.
struct WrittenLabels: Sendable {
  /// Nil when the profile's test result is to say.
  let below: Ratio?
  let maturity: Duration

  static let defaultMaturity = Duration.seconds(3600)

  static let form: Form<WrittenLabels> = .object(
    optional(
      "below", Form.percentage(DriftForm.limits),
      "The largest share of wrong predictions that keeps the promise. Default: what the profile's "
        + "test result gives."),
    defaulted(
      "maturity", Form.duration(.seconds(1)...longestDuration), default: "1h",
      "How old a prediction is when its label counts as known or missing.")
  ) { _, below, maturity in WrittenLabels(below: below, maturity: maturity) }
}

/// Where the promise about labels comes from: the manifest, or what the model reached on its test set.
struct LabelPromise {
  let labels: Located<WrittenLabels>
  let profile: DataProfile
  /// How much worse in odds than the test result is tolerated.
  let tolerance: Ratio
  let findings: Findings

  /// Returns the objective; nil after telling the findings why there is none.
  var objective: Objective? {
    guard let below = labels.value.below else { return derived.map(objective) }
    if let result = profile.testResult, result.share(profile.outputs) > below.value {
      findings.warning(
        "less is promised than the test set gave, \(result.text)", at: labels.position,
        hint: "a model as good as on its test set would be rolled back: without \"below\", the "
          + "promise is taken from there")
    }
    return objective(below)
  }

  private func objective(_ below: Ratio) -> Objective { Objective(.labels(below: below)) }

  private var derived: Ratio? {
    guard let result = profile.testResult else {
      findings.error(
        "nothing says how wrong the predictions may be", at: labels.position,
        hint: "promise it with below: 8%, or let the profile say what the model reached: "
          + "serin profile build --test FILE --label COLUMN")
      return nil
    }
    let below = Ratio(roundingUp: result.promise(profile.outputs, oddsRatio: 1 + tolerance.value))
    let origin =
      "\(result.text), up to \(Ratio(roundingUp: result.upperShare(profile.outputs))) with what "
      + "chance may hide, and \(tolerance) more in odds"
    guard below <= DriftForm.limits.upperBound else {
      findings.error(
        "the test result promises no less than \(below): \(origin)", at: labels.position,
        hint:
          "at most \(DriftForm.limits.upperBound) can be promised: write below, or test more rows")
      return nil
    }
    findings.note("the promise of labels is \(below): \(origin)", at: labels.position)
    return max(below, DriftForm.limits.lowerBound)
  }
}

extension Ratio {
  /// To hundredths of a percent.
  fileprivate init(roundingUp share: Double) {
    self.init(perMillion: min(10_000, Int((share * 10_000).rounded(.up))) * 100)
  }
}

extension TestResult {
  /// "an error rate of 6.2% in 20000 test rows".
  package var text: String {
    switch measure {
    case .errorRate: "an error rate of \(shortValue) in \(rows) test rows"
    case .brierScore: "a Brier score of \(shortValue) in \(rows) test rows"
    case .meanAbsoluteError: "a mean absolute error of \(shortValue) in \(rows) test rows"
    }
  }

  /// The value as a manifest spells it.
  var shortValue: String {
    switch measure {
    case .errorRate: Ratio(perMillion: Int((value * 1_000_000).rounded())).description
    case .brierScore, .meanAbsoluteError: plain(value)
    }
  }
}
