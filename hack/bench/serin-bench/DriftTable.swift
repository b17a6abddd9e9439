import Foundation
import Randomness

/// Made-up rows, as a model's features are: normal numbers, and some categories.
struct DriftTable {
  static let numbers = 15
  static let categories = 5
  private static let classes = 10.0
  /// How many of the numbers move, and by how many deviations.
  private static let movers = 3
  private static let move = 0.1

  let rows: Int
  let hasMoved: Bool

  /// Writes the rows as CSV, numbers with all the digits that they have in practice.
  func write(to file: URL) throws {
    var random = SplitMix64(seed: hasMoved ? 2 : 1)
    let names =
      (0..<Self.numbers).map { "number_\($0)" } + (0..<Self.categories).map { "category_\($0)" }
    var text = names.joined(separator: ",") + "\n"
    for _ in 0..<rows { text += row(&random) + "\n" }
    try Data(text.utf8).write(to: file)
  }

  private func row(_ random: inout SplitMix64) -> String {
    let numbers = (0..<Self.numbers).map { index in
      "\(random.normal() + (hasMoved && index < Self.movers ? Self.move : 0))"
    }
    let categories = (0..<Self.categories).map { _ in
      "class \(Int(random.uniform() * Self.classes))"
    }
    return (numbers + categories).joined(separator: ",")
  }
}
