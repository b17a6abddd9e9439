package import Rollouts

/// The way from what a runtime has to what a plan asks for, on which no request meets a closed door.
///
/// Moving house is done so: the new flat is furnished, then the post is sent there, and the old flat is
/// given up when the last letter has come.
///
/// ```
/// load ──ready──► shift ──► drain ──idle, or long enough──► unload
///   ▲                         │
///   └────────── recall ◄──────┘
/// ```
///
/// It is worked out anew from what is so whenever something has changed. A runtime that was interrupted, or
/// that got another plan on the way, goes on from wherever it is. The runtime carries out what is due.
package struct Delivery: Equatable, Sendable {
  private let order: Order
  private let known: [Revision]
  private let stock: Stock
  private let drainTimeout: Duration

  /// What a plan asks for.
  package struct Order: Equatable, Sendable {
    package let loaded: [Revision]
    package let routing: Routing
    /// How many servers each revision has.
    package let replicas: Int

    package init(loaded: [Revision], routing: Routing, replicas: Int) {
      self.loaded = loaded
      self.routing = routing
      self.replicas = replicas
    }

    package init(_ plan: Plan) {
      self.init(
        loaded: plan.loaded,
        routing: Routing(
          generation: plan.generation, shares: plan.shares, mirror: plan.mirror,
          match: plan.match, affinity: plan.affinity, drawnBy: plan.drawnBy, slices: plan.slices,
          copiesPerSecond: plan.copiesPerSecond,
          sampling: plan.sampling),
        replicas: plan.replicas)
    }
  }

  /// Works out a delivery.
  ///
  /// - Parameters:
  ///   - order: What is asked for.
  ///   - known: Revisions that were asked for before: one that has lost its servers while it has traffic
  ///     can be loaded again.
  ///   - stock: What there is.
  ///   - drainTimeout: How long a revision without traffic may go on answering.
  package init(_ order: Order, known: [Revision] = [], stock: Stock, drainTimeout: Duration) {
    self.order = order
    self.known = known
    self.stock = stock
    self.drainTimeout = drainTimeout
  }

  /// All work that is left, in an order in which it can be done; none when everything is as it was ordered.
  package var work: [Work] { recalls + loads + shifts + endings }

  /// What may be done now.
  package var due: [Work.Deed] { work.filter(\.isDue).map(\.deed) }

  /// Returns those of the revisions that are no longer asked for and have to stay, because they have traffic.
  package static func kept(
    of known: [Revision], beside loaded: [Revision], under routing: Routing?
  ) -> [Revision] {
    let busy = routing?.revisions ?? []
    return known.filter { revision in
      busy.contains(revision.id) && !loaded.contains { $0.id == revision.id }
    }
  }
}

extension Delivery {
  private var wanted: Set<Revision.ID> { Set(order.loaded.map(\.id)) }

  /// A revision that is asked for again, or has traffic after all, does not end.
  private var recalls: [Work] {
    let held = wanted.union(stock.busy)
    return stock.holdings.filter { held.contains($0.key) && $0.value.isDraining }
      .keys.sorted().map { Work(.recall($0)) }
  }

  private var loads: [Work] {
    let kept = Self.kept(of: known, beside: order.loaded, under: stock.routing)
    return (order.loaded + kept).compactMap { revision in
      guard let holding = stock.holdings[revision.id] else { return Work(.load(revision)) }
      if holding.ending == .unloading {
        return Work(.load(revision), awaits: [.unloaded(revision.id)])
      }
      return holding.servers == order.replicas ? nil : Work(.load(revision))
    }
  }

  /// Traffic moves to revisions that are ready; where nothing moves there is nothing to wait for.
  private var shifts: [Work] {
    guard !isShifted else { return [] }
    return [Work(.shift(order.routing), awaits: moved.filter { !canAnswer($0) }.map { .ready($0) })]
  }

  /// Those to whom traffic moves.
  private var moved: [Revision.ID] {
    let (before, after) = (stock.routing, order.routing)
    let shares = before?.shares == after.shares ? [] : after.shares
    let mirror = before?.mirror == after.mirror ? nil : after.mirror
    let match = before?.match == after.match ? nil : after.match
    return (shares + [mirror].compactMap(\.self)).map(\.revision)
      + [match?.revision].compactMap(\.self)
  }

  private var isShifted: Bool { stock.isInForce && stock.routing == order.routing }

  private func canAnswer(_ revision: Revision.ID) -> Bool {
    guard let holding = stock.holdings[revision] else { return false }
    return holding.isReady && holding.ending == nil
  }

  private var endings: [Work] {
    stock.holdings.keys.filter { !wanted.contains($0) }.sorted().flatMap { ending(of: $0) }
  }

  private func ending(of revision: Revision.ID) -> [Work] {
    switch stock.holdings[revision]?.ending {
    case .unloading: []
    case .draining(let time, let isIdle) where !stock.busy.contains(revision):
      [unloading(of: revision, isDrained: isIdle || time >= drainTimeout, after: time)]
    case .draining, nil:
      [
        Work(.drain(revision), awaits: stock.busy.contains(revision) ? [.shifted] : []),
        unloading(of: revision, isDrained: false, after: .zero),
      ]
    }
  }

  private func unloading(
    of revision: Revision.ID, isDrained: Bool, after time: Duration
  ) -> Work {
    Work(
      .unload(revision),
      awaits: isDrained ? [] : [.drained(revision, atMost: drainTimeout - time)])
  }
}

extension Holding {
  fileprivate var isDraining: Bool { if case .draining = ending { true } else { false } }
}
