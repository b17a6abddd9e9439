package import Profiles

extension TableFile {
  /// Counts the rows into a profile of their own.
  package func builder(_ options: ProfileOptions) throws -> ProfileBuilder {
    var builder = ProfileBuilder(options)
    try read(into: &builder)
    return builder
  }

  /// Returns what was counted.
  package func profile(from builder: consuming ProfileBuilder) throws -> DataProfile {
    guard let profile = builder.profile(source: source) else {
      throw TableError.noRows(path)
    }
    return profile
  }

  /// Counts the rows in the bins of a profile.
  package func counter(like reference: DataProfile) throws -> RowCounter {
    var counter = RowCounter(like: reference)
    try read(into: &counter)
    return counter
  }

  /// Judges the predictions of the table by its labels.
  package func testResult(_ outputs: [ProfileColumn], label: String) throws -> TestResult {
    var counter = TestCounter(outputs: outputs, label: label)
    try read(into: &counter)
    if let absent = counter.absentColumns.first {
      throw TableError.noColumn(path, named: absent)
    }
    guard let result = counter.result else {
      throw TableError.noJudgement(path)
    }
    return result
  }

  /// Returns what was counted as a profile.
  package func profile(from counter: RowCounter) throws -> DataProfile {
    guard let profile = counter.profile(source: source) else {
      throw counter.rows == 0 ? TableError.noRows(path) : TableError.noColumnOfProfile(path)
    }
    return profile
  }
}
