/// What a candidate gets of the traffic while stable serves, too.
///
/// A closed list: a mirror and a match of requests come as cases beside the split.
package enum Route: Hashable, Sendable, Codable {
  /// So many of a thousand requests, whichever they are.
  case split(weight: PerMille)

  /// The share of the clients that the candidate answers.
  package var share: PerMille {
    switch self {
    case .split(let weight): weight
    }
  }
}
