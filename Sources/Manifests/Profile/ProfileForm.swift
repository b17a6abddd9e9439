import Analysis
import Encoding
import Profiles

/// The kind `DataProfile`: how the data of a model was distributed when it was trained.
enum ProfileForm {
  static let kind = "DataProfile"

  static let form: Form<DataProfile> = .object(
    required("apiVersion", Form.constant(ManifestKind.apiVersion), "The version of this format."),
    required("kind", Form.constant(kind), "What this file describes."),
    required("metadata", Form.metadata("The name of the profile."), "What the profile is called."),
    required("spec", spec, "What was counted, and how often each bin was hit.")
  ) { _, _, _, _, profile in profile }

  /// Far more columns than fit into a file.
  private static let mostColumns = 10_000

  private static let columns = Form.list(of: ProfileColumnForm.form, count: 0...mostColumns)

  private static let spec: Form<DataProfile> = .object(
    required("rows", Form.integer(1...Bins.largestTotal), "The rows that were counted."),
    required("source", Form.text(), "Where they came from, for people."),
    defaulted("features", columns, default: [], "What the model is given, column by column."),
    defaulted("outputs", columns, default: [], "What the model answers, column by column."),
    optional(
      "testResult", TestResultForm.form.located,
      "How wrong the model was on rows that it was not trained on.")
  ) { fields, rows, source, features, outputs, result in
    if features.isEmpty, outputs.isEmpty { fields.error("a profile without a column") }
    for columns in [features, outputs] {
      refuseRepetition(columns, fields.findings)
      for column in columns { compare(column, with: rows, fields.findings) }
    }
    let judged = outputs.map(\.value)
    if let result { TestResultForm.compare(result, with: judged, fields.findings) }
    return DataProfile(
      rows: rows, source: source, features: features.map(\.value), outputs: judged,
      testResult: result?.value)
  }

  private static func refuseRepetition(
    _ columns: [Located<ProfileColumn>], _ findings: Findings
  ) {
    var lines: [String: Int] = [:]
    for column in columns {
      let line = lines.updateValue(column.position.line, forKey: column.value.name)
      guard let line else { continue }
      findings.error(
        "the column \"\(column.value.name.shortened)\" is described twice", at: column.position,
        hint: "it is already on line \(line)")
    }
  }

  /// Every row counts once in each column: a row without a value is missing there.
  private static func compare(
    _ column: Located<ProfileColumn>, with rows: Int, _ findings: Findings
  ) {
    let total = column.value.counts.reduce(0) { $0.adding(saturating: $1) }
    guard total != rows else { return }
    findings.error(
      "the counts of \"\(column.value.name.shortened)\" add up to \(total), but \(rows) rows were "
        + "counted", at: column.position, hint: "each row is in one bin or missing")
  }
}
