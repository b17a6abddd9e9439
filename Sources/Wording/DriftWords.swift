package import Rollouts

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
    let rest = open.map { ", too few of \($0.column) is \($0.bin) yet" } ?? ""
    return "moved by at most \(atMost.short) (limit \(notice))\(rest)"
  }
}

extension DriftReport.Moved {
  /// "amount is 500 or more for 32% instead of 10%".
  package var summary: String {
    "\(column) is \(bin) for \(share.short) instead of \(expected.short)"
  }
}
