package import Rollouts

/// What a runtime has for one deployment at a moment.
package struct Stock: Equatable, Sendable {
  package var holdings: [Revision.ID: Holding]
  /// What the data plane was told last; nil before it was told anything.
  package var routing: Routing?
  /// Whether the data plane is known to do what it was told.
  package var isInForce: Bool

  package init(
    holdings: [Revision.ID: Holding] = [:], routing: Routing? = nil, isInForce: Bool = false
  ) {
    self.holdings = holdings
    self.routing = routing
    self.isInForce = isInForce
  }

  /// The revisions that are asked now, or may still be.
  package var busy: Set<Revision.ID> { routing?.revisions ?? [] }
}

/// One revision that a runtime has.
package struct Holding: Equatable, Sendable {
  /// How many servers it has, ready or not.
  package var servers: Int
  /// Whether it answers, as a whole.
  package var isReady: Bool
  /// How far its end is; nil when that has not begun.
  package var ending: Ending?

  package enum Ending: Equatable, Sendable {
    /// It gets no new requests and answers those that it has.
    ///
    /// How long it has done so is measured by the runtime, on a clock that cannot be set.
    case draining(for: Duration, isIdle: Bool)
    /// Its servers are being ended, which cannot be called off.
    case unloading
  }

  package init(servers: Int = 1, isReady: Bool, ending: Ending? = nil) {
    self.servers = servers
    self.isReady = isReady
    self.ending = ending
  }
}
