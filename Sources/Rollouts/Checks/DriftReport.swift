/// What was found about drift, with the numbers it rests on.
package struct DriftReport: Equatable, Sendable, Codable {
  package enum Subject: String, Sendable, Codable, CaseIterable {
    /// The candidate's beside stable's, on the same traffic.
    case predictions
    /// The traffic's features beside the profile, whoever answers.
    case inputs
    /// The answers of what serves alone beside the profile.
    case outputs
  }

  /// Whether it says that the world is no longer the one that the model was trained on.
  package var isAgainstTraining: Bool { subject != .predictions && verdict == .fail }

  package let subject: Subject
  /// What was to happen if it moved.
  package let action: DriftSettings.Action
  package let verdict: CheckVerdict
  /// The samples of the candidate, or of all traffic.
  package let samples: Int
  /// The samples, or the rows of the profile, that they are compared with.
  package let reference: Int
  /// The natural logarithm of the evidence that anything moved, in thousandths.
  package let logE: Int
  /// How much may have moved, where that is asked.
  package let move: Move?
  /// The columns that moved, most clearly moved first: of them at most one in twenty did not.
  package let moved: [Moved]

  /// The share of the predictions that may have moved from some bins to others.
  package struct Move: Equatable, Sendable, Codable {
    /// More is excluded, at a confidence of 95%.
    package let atMost: Ratio
    /// What must be excluded for a pass.
    package let notice: Ratio
    /// What may be a quarter or four times as frequent, which must be excluded as well; nil when
    /// nothing is.
    package let open: Bin?

    /// A bin of a column, as a person calls them.
    package struct Bin: Equatable, Sendable, Codable {
      package let column: String
      package let bin: String
    }
  }

  /// One column that moved.
  package struct Moved: Equatable, Sendable, Codable {
    package let column: String
    /// What a person calls the bin that moved most clearly.
    package let bin: String
    /// The share of that bin now, and what it was compared with.
    package let share: Ratio
    package let expected: Ratio
    /// The population stability index of the column, and what noise alone reaches in one of a hundred
    /// cases.
    package let index: Factor
    package let criticalIndex: Factor
    /// The Jensen-Shannon distance to the base 2.
    package let distance: Factor
    package let logE: Int
    /// When it began to move, by the best guess.
    package let since: Instant
  }

  /// A list for a person; the evidence is about all columns in any case.
  static let mostMoved = 10
  /// The share of the listed columns that may be there by chance, on average.
  static let falseDiscoveries = 0.05
}

extension Reason.Shift {
  init(_ moved: DriftReport.Moved) {
    self.init(
      column: moved.column, bin: moved.bin, share: moved.share, expected: moved.expected)
  }
}
