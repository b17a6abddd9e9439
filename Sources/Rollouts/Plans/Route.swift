/// What a candidate gets of the traffic while stable serves, too.
///
/// A closed list. In the order of risk: a mirror shows the candidate requests and clients get none of
/// its answers, so that every mirror comes before every split.
package enum Route: Hashable, Sendable {
  /// A copy of so many of a thousand requests; stable answers all clients.
  case mirror(weight: PerMille)
  /// So many of a thousand requests, whichever they are.
  case split(weight: PerMille)

  /// The share of the clients that the candidate answers.
  package var share: PerMille {
    switch self {
    case .mirror: .none
    case .split(let weight): weight
    }
  }

  /// The share of the requests that the candidate sees.
  package var weight: PerMille {
    switch self {
    case .mirror(let weight), .split(let weight): weight
    }
  }

  package var isMirror: Bool { if case .mirror = self { true } else { false } }
}

extension Route: Comparable {
  package static func < (left: Route, right: Route) -> Bool {
    left.isMirror == right.isMirror ? left.weight < right.weight : left.isMirror
  }
}

extension Route: Codable {
  private enum CodingKeys: CodingKey { case mirror, split }
  private enum WeightKeys: CodingKey { case weight }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let key: CodingKeys = values.contains(.mirror) ? .mirror : .split
    let weight = try values.nestedContainer(keyedBy: WeightKeys.self, forKey: key)
      .decode(PerMille.self, forKey: .weight)
    self = key == .mirror ? .mirror(weight: weight) : .split(weight: weight)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    var own = values.nestedContainer(keyedBy: WeightKeys.self, forKey: isMirror ? .mirror : .split)
    try own.encode(weight, forKey: .weight)
  }
}
