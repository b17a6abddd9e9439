/// How wrong a prediction was, from 0 (right) to 1,000,000: on the test set, and in live traffic.
///
/// | output | label | how wrong | on average |
/// | --- | --- | --- | --- |
/// | category, text | the right one | 0 when they are the same, else 1,000,000 | error rate |
/// | number within 0…1, a probability | 0 or 1, or between | the squared difference | Brier score |
/// | any other number | the right one | the difference, as a share of what it may be at most | mean absolute error |
/// | vector, or several probabilities: scores of classes | the class's index, or name | as a category | error rate |
///
/// "At most" is half of the contract's range; without one, the span of the profile's edges, which of
/// ten quantile bins is from the 10th to the 90th percentile. A larger difference is as wrong as can be.
/// Only the first output is judged, unless all are probabilities.
///
/// The Brier score stands for the logarithmic loss: both are proper, so that nobody gains by saying
/// another probability than is believed, but one certain mistake makes the logarithm infinite, and
/// then no number of requests bounds its mean.
package struct Loss: Sendable {
  /// A prediction or a label, reduced to what is compared.
  package enum Answer: Equatable, Sendable {
    /// The hash of its text.
    case category(UInt64)
    case number(Double)
  }

  private enum Rule: Sendable {
    case nothing, sameness, probability
    case distance(most: Double)
    case highest(classes: ByteKeys, count: Int)
  }

  package static let most = 1_000_000
  private let rule: Rule

  package init(_ outputs: [ProfileColumn]) {
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

  /// What the mean is called; nil when there is nothing to judge.
  package var measure: TestResult.Measure? {
    switch rule {
    case .nothing: nil
    case .probability: .brierScore
    case .distance(let most) where most > 0: .meanAbsoluteError
    case .sameness, .highest, .distance: .errorRate
    }
  }

  /// As how much a mean of the measure counts, from 0 to 1.
  func share(_ value: Double) -> Double {
    guard case .distance(let most) = rule, most > 0 else { return min(1, value) }
    return min(1, value / most)
  }

  package func wrong(_ prediction: Answer, label: Answer) -> Int {
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

extension Loss {
  /// How many scores a prediction is the highest of; nil when it is no choice between scores.
  package var scores: Int? { if case .highest(_, let count) = rule { count } else { nil } }

  /// Returns the prediction that a text is; nil when none is expected.
  package func prediction(_ text: Span<UInt8>) -> Answer? {
    if case .sameness = rule { Self.category(text) } else { nil }
  }

  package func prediction(_ value: Double) -> Answer? {
    switch rule {
    case .nothing, .highest: nil
    case .sameness: Self.category(value)
    case .probability, .distance: value.isFinite ? .number(value) : nil
    }
  }

  /// Returns the class with the largest score; of equal ones the first.
  package func prediction(_ scores: some Sequence<Double>) -> Answer? {
    var best: (index: Int, score: Double)?
    for (index, score) in scores.enumerated() where score > best?.score ?? -.infinity {
      best = (index, score)
    }
    return best.map { .number(Double($0.index)) }
  }
}

// What was right.

extension Loss {
  /// Returns what a label says; nil when it is none for this output.
  package func label(_ text: Span<UInt8>) -> Answer? {
    switch rule {
    case .nothing: return nil
    case .sameness: return Self.category(text)
    case .highest(let classes, _):
      if let index = classes.find(text) { return .number(Double(index)) }
      return Self.number(text).flatMap(label)
    case .probability, .distance: return Self.number(text).flatMap(label)
    }
  }

  package func label(_ value: Double) -> Answer? {
    guard value.isFinite else { return nil }
    switch rule {
    case .nothing: return nil
    case .sameness: return Self.category(value)
    case .probability: return (0...1).contains(value) ? .number(value) : nil
    case .distance: return .number(value)
    case .highest(_, let count):
      let isIndex = Int(exactly: value).map { (0..<count).contains($0) } ?? false
      return isIndex ? .number(value) : nil
    }
  }

  private static func number(_ text: Span<UInt8>) -> Double? {
    let truth = withCategoryKey(text) { key in truths.find(key) }
    if let truth { return truth == 0 ? 1 : 0 }
    guard let number = DecimalText(text, from: 0), number.end == text.count else { return nil }
    return number.value
  }
}

// Categories.

extension Loss {
  private static func category(_ text: Span<UInt8>) -> Answer {
    withCategoryKey(text) { key in .category(hash(key)) }
  }

  /// A whole number has the same text with and without ".0".
  private static func category(_ value: Double) -> Answer {
    let text = Int(exactly: value).map { "\($0)" } ?? "\(value)"
    return .category(hash(Array(text.utf8).span))
  }

  /// The hash by Fowler, Noll and Vo (FNV-1a, 64 bits).
  private static func hash(_ bytes: Span<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x100_0000_01B3 }
    return hash
  }
}

private let truths = ByteKeys(["true", "false"])
