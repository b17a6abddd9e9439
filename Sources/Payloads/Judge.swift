import Control
import Profiles

/// How wrong a prediction was, from 0 (right) to 1,000,000.
///
/// | output | label | how wrong |
/// | --- | --- | --- |
/// | category, text | the right one | 0 when they are the same, else 1,000,000 |
/// | number within 0…1, a probability | 0 or 1, or between | the squared difference (Brier) |
/// | any other number | the right one | the difference, as a share of what it may be at most |
/// | vector, or several probabilities: scores of classes | the class's index, or name | as a category |
///
/// "At most" is half of the contract's range; without one, the span of the profile's edges, which of
/// ten quantile bins is from the 10th to the 90th percentile. A larger difference is as wrong as can be.
/// Only the first output is judged, unless all are probabilities.
struct Judge {
  /// A prediction or a label, reduced to what is compared.
  enum Answer: Equatable {
    /// The hash of its text.
    case category(UInt64)
    case number(Double)
  }

  private enum Rule {
    case nothing, sameness, probability
    case distance(most: Double)
    case highest(classes: ByteKeys, count: Int)
  }

  static let most = 1_000_000
  private let rule: Rule

  init(_ outputs: [ProfileColumn]) {
    guard let first = outputs.first else {
      rule = .nothing
      return
    }
    if outputs.count > 1, outputs.allSatisfy(Self.isProbability) {
      rule = .highest(classes: ByteKeys(outputs.map(\.name)), count: outputs.count)
      return
    }
    switch first.kind {
    case .category, .text: rule = .sameness
    case .vector(let dimension, _): rule = .highest(classes: ByteKeys([]), count: dimension)
    case .number:
      rule = Self.isProbability(first) ? .probability : .distance(most: Self.span(of: first))
    }
  }

  private static func isProbability(_ column: ProfileColumn) -> Bool {
    guard case .number(let edges) = column.kind else { return false }
    let extremes = column.range.map { [$0.least, $0.largest] } ?? edges
    return !extremes.isEmpty && extremes.allSatisfy { (0...1).contains($0) }
  }

  private static func span(of column: ProfileColumn) -> Double {
    if let range = column.range { return range.largest / 2 - range.least / 2 }
    guard let first = column.kind.edges?.first, let last = column.kind.edges?.last else { return 0 }
    return last - first
  }

  func wrong(_ prediction: Answer, label: Answer) -> Int {
    guard case (.number(let predicted), .number(let right)) = (prediction, label) else {
      return prediction == label ? 0 : Self.most
    }
    let difference = abs(predicted - right)
    switch rule {
    case .probability: return Self.millionths(difference * difference)
    case .distance(let most) where most > 0: return Self.millionths(difference / most)
    default: return difference == 0 ? 0 : Self.most
    }
  }

  private static func millionths(_ share: Double) -> Int {
    Int((min(1, share) * Double(most)).rounded())
  }
}

// What was predicted.

extension Judge {
  /// Returns the prediction of an answer that has one row; nil when nothing in it can be judged.
  func prediction(in reader: borrowing PayloadReader, _ places: ColumnPlaces) -> Answer? {
    guard places.rows == 1, let first = places.places.first, let first else { return nil }
    switch (rule, reader.values[first.start]) {
    case (.nothing, _): return nil
    case (.highest(_, let count), _): return highest(of: count, in: reader, places)
    case (.sameness, .text(let text)): return .category(textHash(reader.texts[text.range]))
    case (.sameness, .number(let value)): return .category(Self.hash(value))
    case (.sameness, .flag(let value)): return .category(textHash((value ? "true" : "false").utf8))
    case (_, .number(let value)): return .number(value)
    case (_, .flag(let value)): return .number(value ? 1 : 0)
    default: return nil
    }
  }

  /// The index of the largest score; of equal ones the first.
  private func highest(
    of count: Int, in reader: borrowing PayloadReader, _ places: ColumnPlaces
  ) -> Answer? {
    var best: (index: Int, score: Double)?
    for index in 0..<count {
      let isVector = places.places.count == 1
      let place = isVector ? places.places[0].map { $0.start + index } : places.places[index]?.start
      guard let place, case .number(let score) = reader.values[place] else { return nil }
      if score > best?.score ?? -.infinity { best = (index, score) }
    }
    return best.map { .number(Double($0.index)) }
  }

  /// A whole number has the same text with and without ".0".
  private static func hash(_ value: Double) -> UInt64 {
    if let whole = Int(exactly: value) { return textHash("\(whole)".utf8) }
    return textHash("\(value)".utf8)
  }
}

// What was right.

extension Judge {
  /// Returns what a label says; nil when it is none for this output.
  func answer(_ label: Label.Value) -> Answer? {
    switch (rule, label) {
    case (.nothing, _): nil
    case (.sameness, .text(let text)): .category(textHash(text.utf8))
    case (.sameness, .number(let value)): .category(Self.hash(value))
    case (.probability, _): Self.number(label).flatMap { (0...1).contains($0) ? .number($0) : nil }
    case (.distance, _): Self.number(label).map(Answer.number)
    case (.highest(let classes, let count), _): Self.index(label, classes, count)
    }
  }

  private static func number(_ label: Label.Value) -> Double? {
    let value: Double? =
      switch label {
      case .number(let value): value
      case .text("true"): 1
      case .text("false"): 0
      case .text(let text): Double(text)
      }
    return value.flatMap { $0.isFinite ? $0 : nil }
  }

  private static func index(_ label: Label.Value, _ classes: ByteKeys, _ count: Int) -> Answer? {
    if case .text(let text) = label {
      let name = Array(text.utf8)
      if let index = classes.find(name.span) { return .number(Double(index)) }
    }
    guard let value = number(label), let index = Int(exactly: value), (0..<count).contains(index)
    else { return nil }
    return .number(Double(index))
  }
}

/// The hash by Fowler, Noll and Vo (FNV-1a, 64 bits) of a text's UTF-8 bytes.
private func textHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
