import Rollouts

/// The backends of a route in their places, which never change hands while they have traffic.
///
/// A gateway names what it counts and keeps open by the place of a backend in the list. So a revision keeps its place for
/// as long as it is there; a place that is given up refers to a revision that answers, with no weight, until the next
/// one takes it.
struct RouteSlots: Equatable, Sendable {
  struct Slot: Equatable, Sendable {
    /// Whose the place is; nil when it is free.
    var revision: Revision.ID?
    var weight: Int
  }

  private(set) var slots: [Slot]

  init(_ slots: [Slot] = []) { self.slots = slots }

  /// Returns the places after a change of the shares.
  ///
  /// - Parameters:
  ///   - shares: Who answers from now on.
  ///   - chosen: Who is reached by a header, and so needs a place without a share, too.
  ///   - staying: The revisions that are there, with traffic or without.
  /// - Returns: The same places, and as many more as are needed.
  func following(
    _ shares: [Plan.Share], chosen: Revision.ID?, staying: Set<Revision.ID>
  ) -> RouteSlots {
    var next = slots.map { slot in
      Slot(revision: slot.revision.flatMap { staying.contains($0) ? $0 : nil }, weight: 0)
    }
    let reached = shares.map { Slot(revision: $0.revision, weight: $0.weight.value) }
    let others = chosen.map { [Slot(revision: $0, weight: 0)] } ?? []
    for slot in reached.filter({ $0.weight > 0 }) + others {
      let own = next.firstIndex { $0.revision == slot.revision }
      if let place = own ?? next.firstIndex(where: { $0.revision == nil }) {
        next[place] = Slot(revision: slot.revision, weight: max(slot.weight, next[place].weight))
      } else {
        next.append(slot)
      }
    }
    while next.last?.revision == nil, !next.isEmpty { next.removeLast() }
    return RouteSlots(next)
  }

  /// Who has the largest share: free places refer to it.
  var answering: Revision.ID? {
    slots.enumerated().max { ($0.element.weight, -$0.offset) < ($1.element.weight, -$1.offset) }?
      .element.revision
  }

  /// The shares that are in force by these places, in the order of the places.
  var shares: [Plan.Share] {
    slots.compactMap { slot in
      guard let revision = slot.revision, (1...1000).contains(slot.weight) else { return nil }
      return Plan.Share(revision: revision, weight: PerMille(slot.weight))
    }
  }

  func place(of revision: Revision.ID) -> Int? { slots.firstIndex { $0.revision == revision } }
}
