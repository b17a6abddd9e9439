import Analysis

/// Bifet and Gavaldà's ADWIN (2007): some cut of the window into an older and a newer part has means
/// that differ by more than chance.
///
/// The window is kept as an exponential histogram: up to five buckets of 1, 2, 4, … labels each. It is
/// cut at their edges, after every 32nd label.
package struct ADWIN: LabelDetector {
  private static let confidence = 0.002
  private static let labelsPerCheck = 32
  private static let bucketsPerSize = 5
  private static let fewest = 5.0

  /// The errors in each bucket, by its size, the older ones first.
  private var rows: [[Double]] = [[]]
  private var labels = 0
  private var wrong = 0

  package init() {}

  package mutating func alarms(isWrong: Bool) -> Bool {
    labels += 1
    wrong += isWrong ? 1 : 0
    insert(isWrong ? 1 : 0)
    return labels.isMultiple(of: Self.labelsPerCheck) && hasCut
  }

  private mutating func insert(_ errors: Double) {
    rows[0].append(errors)
    var row = 0
    while rows[row].count > Self.bucketsPerSize {
      if row + 1 == rows.count { rows.append([]) }
      rows[row + 1].append(rows[row][0] + rows[row][1])
      rows[row].removeFirst(2)
      row += 1
    }
  }

  private var hasCut: Bool {
    var (older, errors) = (0.0, 0.0)
    for (row, buckets) in rows.enumerated().reversed() {
      for bucket in buckets {
        older += Double(1 << row)
        errors += bucket
        let newer = Double(labels) - older
        guard newer >= Self.fewest else { return false }
        let difference = abs(errors / older - (Double(wrong) - errors) / newer)
        if older >= Self.fewest, difference > chance(older, newer) { return true }
      }
    }
    return false
  }

  /// By how much the means of two parts differ at most, with the stated confidence.
  private func chance(_ older: Double, _ newer: Double) -> Double {
    let width = Double(labels)
    let rate = Double(wrong) / width
    let parts = 1 / (older - Self.fewest + 1) + 1 / (newer - Self.fewest + 1)
    let bar = log(2 * log(width) / Self.confidence)
    return (2 * parts * rate * (1 - rate) * bar).squareRoot() + 2.0 / 3 * bar * parts
  }
}
