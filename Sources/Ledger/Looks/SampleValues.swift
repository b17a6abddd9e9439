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
  /// `"entities"` follow, each where two of them are of those, and the shape of slices where there are any.
  var json: JSONValue {
    let parts = [shape.features, shape.outputs, integers].map {
      JSONValue.array($0.map { .number($0) })
    }
    return .array(
      parts + (shape.hasPairs ? ["pairs"] : []) + (shape.hasEntities ? ["entities"] : [])
        + [shape.slices?.json].compactMap(\.self))
  }

  init?(json: JSONValue) {
    guard case .array(let parts) = json, parts.count >= 3,
      let features = parts[0].integers,
      let outputs = parts[1].integers, let integers = parts[2].integers,
      (features + outputs).allSatisfy({ (0...integers.count).contains($0) })
    else { return nil }
    var words = parts[3...]
    let slices = words.last.flatMap(SlicedCounts.Shape.init(json:))
    if slices != nil { words.removeLast() }
    guard [[], ["pairs"], ["entities"], ["pairs", "entities"]].contains(Array(words)) else {
      return nil
    }
    let shape = Shape(
      features: features, outputs: outputs, hasPairs: words.contains("pairs"),
      hasEntities: words.contains("entities"), slices: slices)
    self.init(shape: shape, integers: integers)
  }
}

extension SlicedCounts.Shape {
  /// `{"edges":[250],"names":["acme"]}`: the names stand here, and nowhere in a short look.
  fileprivate var json: JSONValue {
    [
      "names": .array(names.map(JSONValue.string)), "edges": .array(edges.map { .number($0) }),
    ]
  }

  fileprivate init?(json: JSONValue) {
    guard case .object(let members) = json, members.count == 2,
      case .array(let names)? = members["names"], let edges = members["edges"]?.integers
    else { return nil }
    let texts = names.compactMap(\.string)
    guard texts.count == names.count else { return nil }
    self.init(names: texts, edges: edges)
  }
}
