/// How often each of a feature's bins was hit: categories, or ranges of numbers in ascending order,
/// then whatever else is counted, such as missing and unseen values.
package struct BinCounts: Equatable, Sendable {
  package let counts: [Int]
  package let total: Int

  /// Of no bin: what an arm without traffic counts.
  package static let none = BinCounts(unchecked: [])

  /// Creates counts, or nil when they cannot be counts: negative, or together beyond the integers
  /// that a Double holds exactly.
  package init?(_ counts: [Int]) {
    guard !counts.contains(where: { $0 < 0 }) else { return nil }
    self.init(unchecked: counts)
    guard total <= Bins.largestTotal else { return nil }
  }

  private init(unchecked counts: [Int]) {
    self.counts = counts
    total = counts.reduce(0) { $0.adding(saturating: $1) }
  }

  /// Returns how many hit the bin, of all that were counted; nil beyond exact integers, to which
  /// only a sum of several looks gets.
  func trials(of bin: Int) -> Trials? { Trials(bad: counts[bin], total: total) }

  package static func + (left: BinCounts, right: BinCounts) -> BinCounts {
    if left.counts.isEmpty { return right }
    if right.counts.isEmpty { return left }
    return BinCounts(unchecked: zip(left.counts, right.counts).map { $0.adding(saturating: $1) })
  }
}

extension BinCounts: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let counts = try container.decode([Int].self)
    guard !counts.contains(where: { $0 < 0 }) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a negative count")
    }
    self.init(unchecked: counts)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(counts)
  }
}

/// One feature, or one output, of what both arms answered in the same time.
package struct BinArms: Equatable, Sendable, Codable {
  package let candidate: BinCounts
  /// The arm to compare with; `.none` when it had no traffic, or when a profile is compared with.
  package let stable: BinCounts

  package static let none = BinArms(candidate: .none, stable: .none)

  package init(candidate: BinCounts, stable: BinCounts = .none) {
    self.candidate = candidate
    self.stable = stable
  }

  /// Whether both arms count so many bins, or none at all.
  func hasBins(_ count: Int) -> Bool {
    [candidate, stable].allSatisfy { $0.counts.isEmpty || $0.counts.count == count }
  }
}

extension BinArms: Summable {
  package static func + (left: BinArms, right: BinArms) -> BinArms {
    BinArms(candidate: left.candidate + right.candidate, stable: left.stable + right.stable)
  }
}
