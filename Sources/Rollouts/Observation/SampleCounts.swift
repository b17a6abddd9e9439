import Analysis

/// What a sample of the requests to one revision held, in counts: never a payload.
///
/// The bins are those of the deployment's profile. A request is sampled whatever it holds; one that
/// cannot be read is bad input, and one whose answer cannot be read is bad output.
package struct SampleCounts: Equatable, Sendable, Codable {
  /// The requests that were looked at.
  package let requests: Int
  /// Requests that break the profile's contract: wrong types, values out of range, missing columns.
  package let badInputs: Int
  /// Answers that do.
  package let badOutputs: Int
  /// Predictions old enough that their label would be known, and whose label is.
  package let labelled: Int
  /// How wrong those were together, in millionths: a million is one that could not be more wrong.
  package let wrong: Int
  /// Samples that were lost on the way, so that the others may not be like all.
  package let dropped: Int
  /// The answers that were compared with stable's, request by request; nil where none are.
  package let pairs: Pairs?
  /// Whom this revision answered, each counted once; nil where no goal is followed.
  package let entities: Entities?
  /// What the requests of each slice came to; nil where they are not sliced.
  package let slices: SlicedCounts?
  /// How often each bin of each feature was hit, in the profile's order.
  package let features: [[Int]]
  /// The hits of the outputs' bins, column by column.
  package let outputs: [[Int]]

  /// Requests that this revision and stable both answered.
  package struct Pairs: Equatable, Sendable, Codable {
    package let compared: Int
    /// Those whose answers say different things, by the rules of the objective.
    package let differing: Int

    package init(compared: Int, differing: Int) {
      self.compared = compared
      self.differing = differing
    }

    package static let none = Pairs(compared: 0, differing: 0)
  }

  /// Entities that this revision answered first, and those of them that reached the goal afterwards.
  package struct Entities: Equatable, Sendable, Codable {
    package let seen: Int
    package let reached: Int

    package init(seen: Int, reached: Int) {
      self.seen = seen
      self.reached = reached
    }

    package static let none = Entities(seen: 0, reached: 0)

    /// The share that reached the goal.
    package var share: Ratio { Ratio(reached, of: seen) }
  }

  package init(
    requests: Int, badInputs: Int = 0, badOutputs: Int = 0, labelled: Int = 0, wrong: Int = 0,
    dropped: Int = 0, pairs: Pairs? = nil, entities: Entities? = nil, slices: SlicedCounts? = nil,
    features: [[Int]], outputs: [[Int]]
  ) {
    self.requests = requests
    self.badInputs = badInputs
    self.badOutputs = badOutputs
    self.labelled = labelled
    self.wrong = wrong
    self.dropped = dropped
    self.pairs = pairs
    self.entities = entities
    self.slices = slices
    self.features = features
    self.outputs = outputs
  }

  /// Returns the counts with other slices.
  package func with(_ slices: SlicedCounts?) -> SampleCounts {
    SampleCounts(
      requests: requests, badInputs: badInputs, badOutputs: badOutputs, labelled: labelled,
      wrong: wrong, dropped: dropped, pairs: pairs, entities: entities, slices: slices,
      features: features, outputs: outputs)
  }

  /// Returns what was counted since `earlier`; everything when that has other bins, or when any
  /// count went back.
  ///
  /// Slices begin again with every candidate, which takes nothing from what else is counted.
  package func since(_ earlier: SampleCounts?) -> SampleCounts {
    guard let earlier, let difference = with(nil).zipped(with: earlier.with(nil)) else {
      return self
    }
    return difference.with(slices?.since(earlier.slices))
  }

  private func zipped(with earlier: SampleCounts) -> SampleCounts? {
    let earlier = earlier.filled(like: self)
    let (now, then) = (integers, earlier.integers)
    guard shape == earlier.shape, zip(now, then).allSatisfy({ $0 >= $1 }) else { return nil }
    return SampleCounts(shape: shape, integers: zip(now, then).map { $0 - $1 })
  }
}

extension SampleCounts {
  /// These counts with zeros for what only later ones count.
  ///
  /// So they are of a time in which nothing was compared and no goal was followed, and the first pair starts no
  /// other count again.
  private func filled(like later: SampleCounts) -> SampleCounts {
    guard pairs == nil && later.pairs != nil || entities == nil && later.entities != nil else {
      return self
    }
    return SampleCounts(
      requests: requests, badInputs: badInputs, badOutputs: badOutputs, labelled: labelled,
      wrong: wrong, dropped: dropped, pairs: pairs ?? later.pairs.map { _ in .none },
      entities: entities ?? later.entities.map { _ in .none }, features: features,
      outputs: outputs)
  }
}

// As a row of integers: what a look records.

extension SampleCounts {
  /// How many bins each feature and each output has.
  package struct Shape: Equatable, Sendable {
    package let features: [Int]
    package let outputs: [Int]
    package let hasPairs: Bool
    package let hasEntities: Bool
    package let slices: SlicedCounts.Shape?

    package init(
      features: [Int], outputs: [Int], hasPairs: Bool = false, hasEntities: Bool = false,
      slices: SlicedCounts.Shape? = nil
    ) {
      self.features = features
      self.outputs = outputs
      self.hasPairs = hasPairs
      self.hasEntities = hasEntities
      self.slices = slices
    }

    /// How many integers there are in all.
    package var width: Int {
      SampleCounts.ownCounts + (hasPairs ? 2 : 0) + (hasEntities ? 2 : 0)
        + (slices?.width ?? 0) + (features + outputs).reduce(0, +)
    }
  }

  private static let ownCounts = 6

  package var shape: Shape {
    Shape(
      features: features.map(\.count), outputs: outputs.map(\.count), hasPairs: pairs != nil,
      hasEntities: entities != nil, slices: slices?.shape)
  }

  package var integers: [Int] {
    [requests, badInputs, badOutputs, labelled, wrong, dropped]
      + (pairs.map { [$0.compared, $0.differing] } ?? [])
      + (entities.map { [$0.seen, $0.reached] } ?? []) + (slices?.integers ?? [])
      + features.joined() + outputs.joined()
  }

  /// - Returns: nil when there are not as many integers as the shape has.
  package init?(shape: Shape, integers: [Int]) {
    guard integers.count == shape.width else { return nil }
    var rest = integers.dropFirst(Self.ownCounts)
    let pairs = shape.hasPairs ? take(2) : []
    let entities = shape.hasEntities ? take(2) : []
    let slices = shape.slices.flatMap { SlicedCounts(shape: $0, integers: take($0.width)) }
    func take(_ bins: Int) -> [Int] {
      defer { rest = rest.dropFirst(bins) }
      return Array(rest.prefix(bins))
    }
    self.init(
      requests: integers[0], badInputs: integers[1], badOutputs: integers[2],
      labelled: integers[3], wrong: integers[4], dropped: integers[5],
      pairs: shape.hasPairs ? Pairs(compared: pairs[0], differing: pairs[1]) : nil,
      entities: shape.hasEntities ? Entities(seen: entities[0], reached: entities[1]) : nil,
      slices: slices, features: shape.features.map(take), outputs: shape.outputs.map(take))
  }
}
