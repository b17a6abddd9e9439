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
    /// What may be a quarter or four times as frequent, which must be excluded as well: "class is yes";
    /// nil when nothing is.
    package let open: String?
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

// How drift is told to people.

extension DriftReport {
  /// "predictions moved: class is 9 for 62% instead of 10%; after 212 samples".
  package var summary: String {
    let counted = "\(samples) sample\(samples == 1 ? "" : "s")"
    guard let first = moved.first else {
      return "\(subject)\(move.map { " \($0.words)" } ?? ""): \(verdict.rawValue), after \(counted)"
    }
    let others = moved.count > 1 ? "; also \(names(moved.dropFirst()))" : ""
    return "\(subject) moved: \(first.summary)\(others); after \(counted)"
  }

  private func names(_ moved: ArraySlice<Moved>) -> String {
    let shown = moved.prefix(3).map(\.column).joined(separator: ", ")
    return moved.count > 3 ? "\(shown) and \(moved.count - 3) more" : shown
  }
}

extension DriftReport.Move {
  /// "moved by at most 14% (limit 20%)".
  package var words: String {
    let rest = open.map { ", too few of \($0) yet" } ?? ""
    return "moved by at most \(atMost.short) (limit \(notice))\(rest)"
  }
}

extension DriftReport.Moved {
  /// "amount is 500 or more for 32% instead of 10%".
  package var summary: String {
    "\(column) is \(bin) for \(share.short) instead of \(expected.short)"
  }
}
