import Analysis
import Profiles
import Rollouts

/// `spec.testResult` of a profile.
enum TestResultForm {
  static let form: Form<TestResult> = .object(
    optional(
      "errorRate", Form.percentage(Ratio(perMillion: 0)...Ratio(perMillion: 1_000_000)),
      "Of classes: the share that was wrong, which is what accuracy leaves."),
    optional(
      "brierScore", Form.number,
      "Of a probability: the mean of the squared differences from 0 or 1."),
    optional(
      "meanAbsoluteError", Form.number,
      "Of other numbers: the mean difference, in the unit of the output."),
    required(
      "rows", Form.integer(1...Bins.largestTotal), "How many rows with a label there were.")
  ) { fields, errorRate, brierScore, meanAbsoluteError, rows in
    let written: [(measure: TestResult.Measure, value: Double)] = [
      errorRate.map { (.errorRate, $0.value) }, brierScore.map { (.brierScore, $0) },
      meanAbsoluteError.map { (.meanAbsoluteError, $0) },
    ].compactMap(\.self)
    guard written.count == 1 else {
      let names = TestResult.Measure.allCases.map(\.rawValue).joined(separator: ", ")
      fields.error("exactly one of \(names) is expected, found \(written.count)")
      return nil
    }
    let (measure, value) = written[0]
    if let result = TestResult(measure, value, rows: rows) { return result }
    let range = measure == .brierScore ? "0 to 1" : "0 or more"
    fields.error("\(value) is out of range: \(range)", on: measure.rawValue)
    return nil
  }

  /// Refuses a measure by which live predictions would not be judged.
  static func compare(
    _ result: Located<TestResult>, with outputs: [ProfileColumn], _ findings: Findings
  ) {
    let found = result.value.measure
    guard let measure = Loss(outputs).measure else {
      return findings.error(
        "a test result without outputs", at: result.position,
        hint: "build the profile with serin profile build --output NAME")
    }
    guard found != measure else { return }
    findings.error(
      "such outputs are judged by \(measure.rawValue), not by \(found.rawValue)",
      at: result.position, hint: hint(measure))
  }

  private static func hint(_ measure: TestResult.Measure) -> String {
    switch measure {
    case .errorRate: "they are classes: write the share that was wrong"
    case .brierScore:
      "the output is within 0 to 1: write the mean squared difference; of answers that are 0 or 1 it "
        + "is the error rate"
    case .meanAbsoluteError: "the output is a number: write the mean difference, in its own unit"
    }
  }
}
