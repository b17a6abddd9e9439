/// What has to be so for one deployment.
///
/// Carrying a plan out twice is the same as carrying it out once. A plan leaves the shell nothing to
/// decide: which revisions are loaded, and how requests reach them.
package struct Plan: Equatable, Sendable {
  /// Grows with every change of the plan; a runtime refuses a generation older than its own.
  ///
  /// The decision that holds it is committed BEFORE it takes effect, so a controller that
  /// restarts never gives one generation two meanings.
  package let generation: Int
  /// The revisions that must be loaded; every other one is drained and unloaded.
  package let loaded: [Revision]
  /// The revision that is loaded for the way back alone, as stable through the bake; nil when each one has requests, or
  /// is to have some.
  ///
  /// A runtime may stop its servers, if it starts them before any request goes there again.
  package let reserve: Revision.ID?
  /// How requests reach the revisions that are loaded; none when requests are refused.
  package let routes: [Route]
  /// How many requests and answers are captured, of each revision alike.
  package let sampling: SampleRate
  /// Whether drift is watched, in every phase alike; it may change within a generation.
  package let isWatched: Bool
  /// By what clients stay with a revision; it may change within a generation.
  package let affinity: Affinity?
  /// Beside whose names a client is hashed, where that is more than the last share's: all candidates of an A/B test,
  /// also when one of them has left.
  package let drawnBy: [Revision.ID]
  /// Whether it is counted what entities reach, as in an A/B test; it may change within a generation.
  package let countsEntities: Bool
  /// What holds the value that names a captured request's slice; nil when there are none.
  package let slices: SliceKey?
  /// How many requests a second are copied at most, on average; it may change within a generation.
  package let copiesPerSecond: Int?
  /// How many servers each of them has; scaling is no decision, so it may change within a generation.
  package let replicas: Int
  /// Whether requests are answered, or jobs are told what to read.
  package let serving: ServingMode
  /// What a revision must bear before it counts as ready; nil when that is nothing.
  ///
  /// It may change within a generation, and means nothing to a revision that was ready.
  package let loadTest: LoadTestOrder?
  /// Whether nothing is to answer ever again, because the deployment was removed.
  package let isGone: Bool

  /// A rule for requests; a closed list, of which an adapter translates each case.
  package enum Route: Equatable, Sendable, Codable {
    /// Who answers, in per mille of the requests; the shares add up to 1000.
    ///
    /// They are drawn in this order, and one revision may have several of them.
    case split([Share])
    /// Who is sent a copy of so many of them, and whose answers reach no client.
    case mirror(Share)
    /// Who answers the requests that carry a header, before any share of them is drawn.
    case match(Match)

    private enum CodingKeys: CodingKey { case split, mirror, match }

    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      if let copied = try values.decodeIfPresent(Share.self, forKey: .mirror) {
        self = .mirror(copied)
      } else if let match = try values.decodeIfPresent(Match.self, forKey: .match) {
        self = .match(match)
      } else {
        self = .split(try values.decode([Share].self, forKey: .split))
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      switch self {
      case .split(let shares): try values.encode(shares, forKey: .split)
      case .mirror(let share): try values.encode(share, forKey: .mirror)
      case .match(let match): try values.encode(match, forKey: .match)
      }
    }

    /// The revisions that answer clients, with their shares of them.
    package var shares: [Share] {
      switch self {
      case .split(let shares): shares
      case .mirror, .match: []
      }
    }

    /// Who is sent copies, and of which share of the requests.
    package var mirror: Share? { if case .mirror(let share) = self { share } else { nil } }

    /// Who answers the requests that carry a header.
    package var match: Match? { if case .match(let match) = self { match } else { nil } }
  }

  /// Who answers clients, in per mille of all requests; none when requests are refused.
  package var shares: [Share] { routes.flatMap(\.shares) }

  /// Who is sent a copy of a share of the requests; nil when requests are answered and no more.
  package var mirror: Share? { routes.lazy.compactMap(\.mirror).first }

  /// Who answers the requests that carry a header; nil when no header chooses.
  package var match: Match? { routes.lazy.compactMap(\.match).first }

  /// The revisions that get requests, be it copies alone.
  package var reached: [Revision.ID] {
    (shares + [mirror].compactMap(\.self)).map(\.revision) + [match?.revision].compactMap(\.self)
  }

  /// Returns what a revision gets of the requests.
  package func route(to revision: Revision.ID) -> Rollouts.Route {
    if let mirror, mirror.revision == revision { return .mirror(weight: mirror.weight) }
    if let match, match.revision == revision { return .match(match.when) }
    return .split(weight: weight(of: revision))
  }

  /// The share of the clients that a revision answers.
  package func weight(of revision: Revision.ID) -> PerMille {
    PerMille(shares.filter { $0.revision == revision }.reduce(0) { $0 + $1.weight.value })
  }

  /// Which of the entities that a revision answers count: so many of so many, in per mille of all.
  package struct Thinning: Equatable, Sendable {
    package let counted: Int
    package let of: Int

    package init(counted: Int, of: Int) {
      self.counted = counted
      self.of = of
    }
  }

  package struct Share: Equatable, Sendable, Codable {
    package let revision: Revision.ID
    package let weight: PerMille

    package init(revision: Revision.ID, weight: PerMille) {
      self.revision = revision
      self.weight = weight
    }
  }

  package struct Match: Equatable, Sendable, Codable {
    package let revision: Revision.ID
    package let when: HeaderMatch

    package init(revision: Revision.ID, when: HeaderMatch) {
      self.revision = revision
      self.when = when
    }
  }

  package init(
    generation: Int, loaded: [Revision], reserve: Revision.ID? = nil, routes: [Route],
    sampling: SampleRate = .none,
    isWatched: Bool = false, affinity: Affinity? = nil, drawnBy: [Revision.ID] = [],
    countsEntities: Bool = false,
    slices: SliceKey? = nil,
    copiesPerSecond: Int? = nil,
    replicas: Int = 1, serving: ServingMode = .online, loadTest: LoadTestOrder? = nil,
    isGone: Bool = false
  ) {
    let shares = routes.flatMap(\.shares)
    precondition(shares.isEmpty || shares.map(\.weight.value).reduce(0, +) == 1000)
    precondition(routes.isEmpty || !shares.isEmpty)
    for kind in [routes.count { $0.mirror != nil }, routes.count { $0.match != nil }] {
      precondition(kind <= 1)
    }
    self.generation = generation
    self.loaded = loaded
    self.reserve = reserve
    self.routes = routes
    self.sampling = sampling
    self.isWatched = isWatched
    self.affinity = affinity
    self.drawnBy = drawnBy
    self.countsEntities = countsEntities
    self.slices = slices
    self.copiesPerSecond = copiesPerSecond
    self.replicas = replicas
    self.serving = serving
    self.loadTest = loadTest
    self.isGone = isGone
    precondition(reached.allSatisfy { revision in loaded.contains { $0.id == revision } })
    precondition(reserve.map { id in loaded.contains { $0.id == id } } ?? true)
    precondition(reserve.map { !reached.contains($0) } ?? true)
  }

  /// Creates a plan with one split, or none where there are no shares.
  package init(
    generation: Int, loaded: [Revision], shares: [Share], sampling: SampleRate = .none,
    replicas: Int = 1, isGone: Bool = false
  ) {
    self.init(
      generation: generation, loaded: loaded, routes: shares.isEmpty ? [] : [.split(shares)],
      sampling: sampling, replicas: replicas, isGone: isGone)
  }
}
