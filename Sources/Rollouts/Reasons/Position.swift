/// Where a rollout stands, as a decision tells it: the phase, and what the candidate gets in it.
///
/// In a record it is one flat object: `{"phase": "step", "place": 1, "of": 4, "route": …}`.
package enum Position: Equatable, Sendable {
  case idle, vacating, preparing, healthy, restoring, retiring, retired
  /// The place counts from 1; there are `of` steps in the manifest of that moment.
  case step(place: Int, of: Int, route: Route)
  case baking(route: Route)

  package var phase: Phase.Name {
    switch self {
    case .idle: .idle
    case .vacating: .vacating
    case .preparing: .preparing
    case .step: .step
    case .baking: .baking
    case .healthy: .healthy
    case .restoring: .restoring
    case .retiring: .retiring
    case .retired: .retired
    }
  }

  /// What the candidate gets; nil where the traffic is not split.
  package var route: Route? {
    switch self {
    case .step(_, _, let route), .baking(let route): route
    default: nil
    }
  }

  package var isStep: Bool { if case .step = self { true } else { false } }

  package var isBaking: Bool { if case .baking = self { true } else { false } }
}

extension Position: Codable {
  private enum CodingKeys: CodingKey { case phase, place, of, route }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let phase = try values.decode(Phase.Name.self, forKey: .phase)
    if let key = Self.foreignKeys(of: phase).first(where: values.contains) {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: values, debugDescription: "\(phase.rawValue) has none")
    }
    switch phase {
    case .step:
      let (place, count) = (
        try values.decode(Int.self, forKey: .place), try values.decode(Int.self, forKey: .of)
      )
      guard (1...max(1, count)).contains(place) else {
        throw DecodingError.dataCorruptedError(
          forKey: .place, in: values, debugDescription: "place \(place) of \(count)")
      }
      self = .step(place: place, of: count, route: try values.decode(Route.self, forKey: .route))
    case .baking: self = .baking(route: try values.decode(Route.self, forKey: .route))
    case .idle: self = .idle
    case .vacating: self = .vacating
    case .preparing: self = .preparing
    case .healthy: self = .healthy
    case .restoring: self = .restoring
    case .retiring: self = .retiring
    case .retired: self = .retired
    }
  }

  /// What a position in a phase does not have.
  private static func foreignKeys(of phase: Phase.Name) -> [CodingKeys] {
    switch phase {
    case .step: []
    case .baking: [.place, .of]
    default: [.place, .of, .route]
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(phase, forKey: .phase)
    try values.encodeIfPresent(route, forKey: .route)
    guard case .step(let place, let count, _) = self else { return }
    try values.encode(place, forKey: .place)
    try values.encode(count, forKey: .of)
  }
}

extension Rollout {
  /// Where the rollout stands.
  package var position: Position {
    switch phase {
    case .idle: .idle
    case .vacating: .vacating
    case .preparing: .preparing
    case .step(let place, let route, _):
      .step(
        place: place + 1, of: max(place + 1, deployment?.strategy.steps.count ?? 0), route: route)
    case .baking(let holdback, _): .baking(route: .split(weight: holdback.complement))
    case .healthy: .healthy
    case .restoring: .restoring
    case .retiring: .retiring
    case .retired: .retired
    }
  }
}

extension Position {
  /// Whether a decision can begin here when the one before it ended at `end`.
  ///
  /// A deployment that is gone begins anew when its manifest comes back, and how many steps there are may
  /// change with the manifest between two decisions.
  package func continues(_ end: Position) -> Bool {
    switch (end, self) {
    case (.retired, .idle): true
    case (.step(let place, _, let route), .step(let next, _, let sameRoute)):
      place == next && route == sameRoute
    default: self == end
    }
  }
}
