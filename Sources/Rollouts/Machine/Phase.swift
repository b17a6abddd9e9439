/// Where a rollout stands.
///
///     idle ─admit▶ [vacating] ▶ preparing ─▶ step 1 … step n ─promote▶ baking ─complete▶ healthy
///                                  │            │                        │               │
///                                  └─reject─┐   └──────rollback──────────┤               └ admit …
///                                           ▼                            ▼
///                                        healthy (or idle)  ◀─── [vacating ▶ restoring]
///
///     any ─decommission▶ retiring ─▶ retired
///
/// A step in which the baseline breaks goes back to preparing (hold).
/// The phases in brackets occur only with `recreate`, which cannot hold two revisions at a time.
package enum Phase: Equatable, Sendable, Codable {
  /// Nothing serves.
  case idle
  /// Everything is being unloaded, so that `arm` can be loaded next.
  case vacating(arm: Arm, since: Instant)
  /// The candidate is being fetched, verified and loaded, and its baseline beside it when it has
  /// one; stable has all traffic.
  case preparing(since: Instant)
  /// The candidate is in the step at a place, from 0; the route is what was decided, whatever the
  /// manifest says by now.
  case step(place: Int, route: Route, since: Instant)
  /// The candidate has all traffic but what is held back for stable, which stays loaded to be compared
  /// with; the share is what was decided.
  case baking(holdback: PerMille = .none, since: Instant)
  /// Stable has all traffic; there is no candidate.
  case healthy
  /// Stable is being loaded again after a rollback.
  case restoring(since: Instant)
  /// The manifest is gone; what was loaded is being drained.
  case retiring
  case retired
}

/// The two revisions of a rollout.
package enum Arm: String, Equatable, Sendable, Codable { case stable, candidate }
