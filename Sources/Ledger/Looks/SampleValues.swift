import Encoding
import Rollouts

// Samples in a look: mostly zeros, which are counted.

extension SampleCounts {
  /// Far above what is sampled in a look, and far from where sums overflow.
  static let largestPlain = 1 << 53

  var isPlain: Bool { integers.allSatisfy { (0...Self.largestPlain).contains($0) } }

  /// What a short look holds, when all counts are plain.
  var row: [Int] { integers.countingZeros }

  /// Takes what `row` holds out of a look, and moves behind it.
  init?(_ row: LookRow, at place: inout Int, _ shape: Shape) {
    guard let integers = row.numbers(shape.width, at: &place, upTo: Self.largestPlain) else {
      return nil
    }
    self.init(shape: shape, integers: integers)
  }

  /// `[[4,4],[3],[...]]`: how many bins the features and the outputs have, and all counts; `"pairs"` and
  /// `"entities"` follow, each where two of them are of those.
  var json: JSONValue {
    let parts = [shape.features, shape.outputs, integers].map {
      JSONValue.array($0.map { .number($0) })
    }
    return .array(
      parts + (shape.hasPairs ? ["pairs"] : []) + (shape.hasEntities ? ["entities"] : []))
  }

  init?(json: JSONValue) {
    guard case .array(let parts) = json, parts.count >= 3,
      [[], ["pairs"], ["entities"], ["pairs", "entities"]].contains(Array(parts.dropFirst(3))),
      let features = parts[0].integers,
      let outputs = parts[1].integers, let integers = parts[2].integers,
      (features + outputs).allSatisfy({ (0...integers.count).contains($0) })
    else { return nil }
    let shape = Shape(
      features: features, outputs: outputs, hasPairs: parts.contains("pairs"),
      hasEntities: parts.contains("entities"))
    self.init(shape: shape, integers: integers)
  }
}
