package import Analysis
package import Profiles

/// One column of two profiles.
package struct ColumnComparison {
  package enum Verdict: String, Encodable, CaseIterable {
    case moved
    case same
    /// The other side does not have the column.
    case absent
    /// It has other bins, which do not say what these would hold.
    case otherBins
    /// Nothing was counted on one side, or there is one bin alone.
    case empty
  }

  package let reference: ProfileColumn
  package let current: ProfileColumn?
  /// How many values break the reference's contract; nil where there are no values.
  package let offences: Int?
  package let verdict: Verdict
  package let sizes: EffectSizes?
  /// The sizes without missing values, which have no place in an order; nil for categories.
  package let ordered: EffectSizes?

  package init(_ reference: ProfileColumn, _ current: ProfileColumn?, offences: Int? = nil) {
    self.reference = reference
    self.current = current
    self.offences = offences
    let comparable = current?.kind == reference.kind ? current : nil
    sizes = comparable.flatMap { Self.sizes($0.counts[...], reference.counts[...]) }
    ordered =
      reference.kind.edges == nil
      ? nil
      : comparable.flatMap { Self.sizes($0.counts.dropLast(), reference.counts.dropLast()) }
    verdict =
      if current == nil {
        .absent
      } else if comparable == nil {
        .otherBins
      } else if let sizes {
        sizes.populationStability > sizes.criticalPopulationStability ? .moved : .same
      } else {
        .empty
      }
  }

  private static func sizes(_ current: ArraySlice<Int>, _ reference: ArraySlice<Int>)
    -> EffectSizes?
  {
    guard let current = BinCounts(Array(current)), let reference = BinCounts(Array(reference))
    else {
      return nil
    }
    return EffectSizes(current: current, reference: reference)
  }

  /// How much it moved beside what chance reaches, to sort by: what cannot be compared comes first.
  package var weight: Double {
    guard let sizes else { return verdict == .empty ? 0 : .infinity }
    return sizes.populationStability / sizes.criticalPopulationStability
  }

  /// By how many standard deviations of the reference the values moved on average, when those of a
  /// range are in its middle; nil for categories.
  package var shiftInDeviations: Double? {
    guard ordered != nil, let current, let positions,
      let now = BinCounts(current.counts.dropLast()),
      let before = BinCounts(reference.counts.dropLast())
    else { return nil }
    return wasserstein(current: now, reference: before, at: positions)?.inDeviations
  }

  /// The middle of each range; the outer ones are taken to be as wide as their neighbours.
  private var positions: [Double]? {
    guard let edges = reference.kind.edges, let first = edges.first, let last = edges.last,
      edges.count > 1
    else { return nil }
    let middles = zip(edges, edges.dropFirst()).map { ($0 + $1) / 2 }
    return [first - (middles[0] - first)] + middles + [last + (last - middles[middles.count - 1])]
  }

  /// The bin whose share changed most: its name, its share before and now.
  package var largestChange: (bin: String, before: Double, now: Double)? {
    guard sizes != nil, let current else { return nil }
    let changes = reference.counts.indices.map { index in
      (
        bin: reference.label(ofBin: index), before: reference.share(of: index),
        now: current.share(of: index)
      )
    }
    return changes.max { abs($0.now - $0.before) < abs($1.now - $1.before) }
  }
}

/// Two profiles, column by column: what moved most comes first.
package struct ProfileComparison {
  package let reference: DataProfile
  package let current: DataProfile
  package let columns: [ColumnComparison]

  /// - Parameters:
  ///   - current: What is.
  ///   - reference: What was.
  ///   - offences: How many values of a column break the reference's contract, where that is known.
  package init(
    of current: DataProfile, with reference: DataProfile, offences: ((String) -> Int)? = nil
  ) {
    self.reference = reference
    self.current = current
    let pairs = [(reference.features, current.features), (reference.outputs, current.outputs)]
    columns = pairs.flatMap { before, now in
      let byName = Dictionary(now.map { ($0.name, $0) }) { first, _ in first }
      return before.map { ColumnComparison($0, byName[$0.name], offences: offences?($0.name)) }
    }.enumerated().sorted { left, right in
      (right.element.weight, left.offset) < (left.element.weight, right.offset)
    }.map(\.element)
  }
}
