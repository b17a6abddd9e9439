/// Finds the word that a person probably meant.
package enum Suggestion {
  /// Words longer than this are not compared: the comparison costs the product of both lengths.
  private static let longestWord = 64

  /// Returns the closest of `candidates`, or nil when none is close.
  static func closest(to word: String, in candidates: [String]) -> String? {
    guard word.utf8.count <= longestWord else { return nil }
    // One slip in a short word, two in a usual one, and a third of a long one.
    let limit = word.count <= 4 ? 1 : max(2, word.count / 3)
    let typed = Array(word.lowercased())
    let ranked = candidates.map { ($0, distance(typed, Array($0.lowercased()))) }
    return ranked.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
  }

  /// Returns the hint for a word that is none of `candidates`.
  package static func hint(
    for word: String, in candidates: [String], calling them: String
  ) -> String {
    if let close = closest(to: word, in: candidates) { return "did you mean \"\(close)\"?" }
    return "\(them): \(candidates.joined(separator: ", "))"
  }

  /// Damerau and Levenshtein's distance in its restricted form: how many letters were added, left
  /// out, exchanged, or swapped with their neighbour.
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, letter) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
        if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[right.count]
  }
}
