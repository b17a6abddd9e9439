package import Rollouts

/// Says whether two answers to one request say the same, by the rules of an agreement.
///
/// Every output of stable's has to be in the candidate's, with the same shape and equal values; what the
/// candidate says beyond that differs from nothing. NaN is equal to NaN alone, a text to the same bytes, and a
/// value never to one of another type, whatever types the answers declare.
package struct AnswerComparison {
  package enum Outcome: Equatable, Sendable {
    case same, different
    /// Neither answer can be read, both revisions refused, one failed, or one answer is not there.
    case unknown
  }

  private var stable = AnswerReader()
  private var candidate = AnswerReader()

  package init() {}

  /// Compares the answers of both arms; a request that one alone refuses is answered differently.
  mutating func compare(
    _ one: WaitingAnswers.Answer, _ other: WaitingAnswers.Answer, by agreement: Agreement
  ) -> Outcome {
    switch (one.said, other.said) {
    case (.refusal, .answer), (.answer, .refusal): return .different
    case (.answer(let body?), .answer(let otherBody?)):
      let (stable, candidate) = one.arm == .stable ? (body, otherBody) : (otherBody, body)
      return compare(stable: stable, candidate: candidate, by: agreement)
    default: return .unknown
    }
  }

  /// Compares two bodies; one that cannot be read differs from one that can.
  package mutating func compare(
    stable: [UInt8], candidate: [UInt8], by agreement: Agreement
  ) -> Outcome {
    defer {
      self.stable.release()
      self.candidate.release()
    }
    switch (self.stable.reads(stable), self.candidate.reads(candidate)) {
    case (true, true): return isSame(by: agreement) ? .same : .different
    case (false, false): return .unknown
    default: return .different
    }
  }

  private func isSame(by agreement: Agreement) -> Bool {
    stable.outputs.allSatisfy { name, output in
      guard let other = candidate.outputs[name], other.shape == output.shape else { return false }
      return isSame(output, other, by: agreement.rule(of: name.text))
    }
  }

  private func isSame(
    _ output: AnswerReader.Output, _ other: AnswerReader.Output, by rule: Agreement.Rule
  ) -> Bool {
    let (ours, theirs) = (output.values, other.values)
    let width = output.shape.last ?? 1
    switch rule {
    case .exact: return areSame(ours, theirs, .none)
    case .close(let absolute, let relative):
      return areSame(ours, theirs, Tolerance(absolute: absolute, relative: relative))
    case .argMax: return areOrderedAlike(ours, theirs, rows: width, first: 1)
    case .rank(let first): return areOrderedAlike(ours, theirs, rows: width, first: first)
    }
  }
}

// Value by value.

/// How far a number may be from stable's.
private struct Tolerance {
  let absolute: Double
  let relative: Double

  static let none = Tolerance(absolute: 0, relative: 0)

  func holds(_ candidate: Double, beside stable: Double) -> Bool {
    if candidate == stable || (candidate.isNaN && stable.isNaN) { return true }
    return candidate.isFinite && stable.isFinite
      && abs(candidate - stable) <= absolute + relative * abs(stable)
  }
}

extension AnswerComparison {
  private func areSame(_ ours: Range<Int>, _ theirs: Range<Int>, _ tolerance: Tolerance) -> Bool {
    zip(ours, theirs).allSatisfy { isSame($0, $1, tolerance) }
  }

  private func isSame(_ ours: Int, _ theirs: Int, _ tolerance: Tolerance) -> Bool {
    switch (stable.values[ours], candidate.values[theirs]) {
    case (.null, .null): true
    case (.flag(let one), .flag(let other)): one == other
    case (.number(let one), .number(let other)): tolerance.holds(other, beside: one)
    case (.text(let one), .text(let other)):
      stable.texts[one.range] == candidate.texts[other.range]
    case (.other(let one), .other(let other)): stable.body[one] == candidate.body[other]
    default: false
    }
  }
}

// Row by row.

extension AnswerComparison {
  /// Whether the largest numbers of each row stand in the same places.
  ///
  /// A row that is no list of several numbers has no order, and is compared exactly.
  private func areOrderedAlike(
    _ ours: Range<Int>, _ theirs: Range<Int>, rows width: Int, first count: Int
  ) -> Bool {
    guard width > 1 else { return areSame(ours, theirs, .none) }
    return stride(from: 0, to: ours.count, by: width).allSatisfy { start in
      let (row, other) = (ours.part(start, width), theirs.part(start, width))
      guard let one = stable.numbers(in: row), let two = candidate.numbers(in: other) else {
        return areSame(row, other, .none)
      }
      return one.map(\.isNaN) == two.map(\.isNaN) && one.leaders(count) == two.leaders(count)
    }
  }
}

extension AnswerReader {
  /// Returns the numbers of a row; nil when something else is among them.
  fileprivate func numbers(in row: Range<Int>) -> [Double]? {
    var numbers: [Double] = []
    for place in row {
      guard case .number(let number) = values[place] else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}

extension Range<Int> {
  fileprivate func part(_ offset: Int, _ count: Int) -> Range {
    lowerBound + offset..<lowerBound + offset + count
  }
}

extension [Double] {
  /// Returns the places of the largest numbers, the largest first; of equal ones the earlier is first, and NaN
  /// is less than any.
  fileprivate func leaders(_ count: Int) -> [Int] {
    let order = map { $0.isNaN ? -.infinity : $0 }
    if count <= 1 {
      // Not more than a look at each: this is asked of rows with many classes.
      return order.max().flatMap(order.firstIndex).map { [$0] } ?? []
    }
    let places = indices.sorted { (order[$1], $0) < (order[$0], $1) }
    return [Int](places.prefix(count))
  }
}
