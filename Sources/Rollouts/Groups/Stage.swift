/// How far a candidate has come, by which members of a group are compared: their shares may differ.
package enum Stage: Hashable, Comparable, Sendable {
  /// It is loaded, and gets nothing.
  case preparing
  /// It is in the step of this place, which counts from 1.
  case step(place: Int)
  /// It has all traffic, and stable is still loaded.
  case baking
  /// Its bake is over: there is no way back.
  case ended
}

extension Stage: Codable {
  private enum CodingKeys: CodingKey { case phase, place }
  private enum Word: String, Codable { case preparing, step, baking, ended }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let word = try values.decode(Word.self, forKey: .phase)
    guard values.contains(.place) == (word == .step) else {
      throw DecodingError.dataCorruptedError(
        forKey: .place, in: values, debugDescription: "a step alone has a place")
    }
    switch word {
    case .preparing: self = .preparing
    case .step: self = .step(place: try values.decode(Int.self, forKey: .place))
    case .baking: self = .baking
    case .ended: self = .ended
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .preparing: try values.encode(Word.preparing, forKey: .phase)
    case .step(let place):
      try values.encode(Word.step, forKey: .phase)
      try values.encode(place, forKey: .place)
    case .baking: try values.encode(Word.baking, forKey: .phase)
    case .ended: try values.encode(Word.ended, forKey: .phase)
    }
  }
}

extension Phase {
  /// How far the candidate has come; nil without one.
  var stage: Stage? {
    switch self {
    case .vacating(arm: .candidate, since: _), .preparing: .preparing
    case .step(let place, _, _): .step(place: place + 1)
    case .baking: .baking
    default: nil
    }
  }
}
