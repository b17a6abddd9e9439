/// What a candidate gets of the traffic while stable serves, too.
///
/// A closed list. In the order of risk: a mirror shows the candidate requests and clients get none of
/// its answers; by a header a client asks for them; a split asks no client, whoever draws it.
package enum Route: Hashable, Sendable {
  /// A copy of so many of a thousand requests; stable answers all clients.
  case mirror(weight: PerMille)
  /// The requests that carry a header; stable answers all others.
  case match(HeaderMatch)
  /// So many of a thousand requests, whichever they are.
  case split(weight: PerMille)
  /// The requests that carry a header, which somebody else gives to so many of a thousand entities.
  case drawn(by: HeaderMatch, weight: PerMille)

  /// The share of the clients that the candidate answers without being asked for.
  package var share: PerMille {
    switch self {
    case .mirror, .match: .none
    case .split(let weight), .drawn(_, let weight): weight
    }
  }

  /// The share of the requests that the candidate sees; nil where the clients choose it.
  package var weight: PerMille? {
    switch self {
    case .mirror(let weight), .split(let weight), .drawn(_, let weight): weight
    case .match: nil
    }
  }

  package var isMirror: Bool { if case .mirror = self { true } else { false } }

  package var isMatch: Bool { match != nil }

  /// Whether the candidate answers clients who were drawn, so that it can be compared with stable.
  package var isDrawn: Bool {
    switch self {
    case .split, .drawn: true
    case .mirror, .match: false
    }
  }

  /// By what clients ask for the candidate; nil where they cannot.
  package var match: HeaderMatch? { if case .match(let match) = self { match } else { nil } }
}

extension Route {
  /// In the name of a check: "5%", "mirror-20%", "match".
  var name: String {
    switch self {
    case .mirror(let weight): "mirror-\(weight)"
    case .match: "match"
    case .split(let weight), .drawn(_, let weight): weight.description
    }
  }
}

extension Route: Comparable {
  /// Of two matches none is riskier: a candidate that has one does not go on to another.
  package static func < (left: Route, right: Route) -> Bool { left.risk < right.risk }

  private var risk: (kind: Int, weight: Int) {
    switch self {
    case .mirror(let weight): (0, weight.value)
    case .match: (1, 0)
    case .split(let weight), .drawn(_, let weight): (2, weight.value)
    }
  }
}

extension Route: Codable {
  private enum CodingKeys: CodingKey { case mirror, match, split, drawn }
  private enum WeightKeys: CodingKey { case weight, by }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let match = try values.decodeIfPresent(HeaderMatch.self, forKey: .match) {
      self = .match(match)
      return
    }
    let key = [CodingKeys.mirror, .drawn].first(where: values.contains) ?? .split
    let own = try values.nestedContainer(keyedBy: WeightKeys.self, forKey: key)
    let weight = try own.decode(PerMille.self, forKey: .weight)
    switch key {
    case .mirror: self = .mirror(weight: weight)
    case .drawn: self = .drawn(by: try own.decode(HeaderMatch.self, forKey: .by), weight: weight)
    case .match, .split: self = .split(weight: weight)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .match(let match): try values.encode(match, forKey: .match)
    case .mirror(let weight):
      var own = values.nestedContainer(keyedBy: WeightKeys.self, forKey: .mirror)
      try own.encode(weight, forKey: .weight)
    case .split(let weight):
      var own = values.nestedContainer(keyedBy: WeightKeys.self, forKey: .split)
      try own.encode(weight, forKey: .weight)
    case .drawn(let match, let weight):
      var own = values.nestedContainer(keyedBy: WeightKeys.self, forKey: .drawn)
      try own.encode(match, forKey: .by)
      try own.encode(weight, forKey: .weight)
    }
  }
}
