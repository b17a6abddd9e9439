/// What a candidate gets of the traffic while stable serves, too.
///
/// A closed list. In the order of risk: a mirror shows the candidate requests and clients get none of
/// its answers; by a header a client asks for them; a split asks no client.
package enum Route: Hashable, Sendable {
  /// A copy of so many of a thousand requests; stable answers all clients.
  case mirror(weight: PerMille)
  /// The requests that carry a header; stable answers all others.
  case match(HeaderMatch)
  /// So many of a thousand requests, whichever they are.
  case split(weight: PerMille)

  /// The share of the clients that the candidate answers without being asked for.
  package var share: PerMille {
    switch self {
    case .mirror, .match: .none
    case .split(let weight): weight
    }
  }

  /// The share of the requests that the candidate sees; nil where the clients choose it.
  package var weight: PerMille? {
    switch self {
    case .mirror(let weight), .split(let weight): weight
    case .match: nil
    }
  }

  package var isMirror: Bool { if case .mirror = self { true } else { false } }

  package var isMatch: Bool { match != nil }

  /// By what clients ask for the candidate; nil where they cannot.
  package var match: HeaderMatch? { if case .match(let match) = self { match } else { nil } }
}

extension Route {
  /// In the name of a check: "5%", "mirror-20%", "match".
  var name: String {
    switch self {
    case .mirror(let weight): "mirror-\(weight)"
    case .match: "match"
    case .split(let weight): weight.description
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
    case .split(let weight): (2, weight.value)
    }
  }
}

extension Route: Codable {
  private enum CodingKeys: CodingKey { case mirror, match, split }
  private enum WeightKeys: CodingKey { case weight }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let match = try values.decodeIfPresent(HeaderMatch.self, forKey: .match) {
      self = .match(match)
      return
    }
    let key: CodingKeys = values.contains(.mirror) ? .mirror : .split
    let weight = try values.nestedContainer(keyedBy: WeightKeys.self, forKey: key)
      .decode(PerMille.self, forKey: .weight)
    self = key == .mirror ? .mirror(weight: weight) : .split(weight: weight)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .match(let match): try values.encode(match, forKey: .match)
    case .mirror(let weight), .split(let weight):
      var own = values.nestedContainer(
        keyedBy: WeightKeys.self, forKey: isMirror ? .mirror : .split)
      try own.encode(weight, forKey: .weight)
    }
  }
}
