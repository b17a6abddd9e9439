/// How our branch stands to the remote's.
///
/// Three commits say it: L, our tip; R, the remote's tip; and K, what the remote is known to have
/// had. K is always one of ours.
///
///     K ── … ── L          R between K and L: level, the rest waits to be pushed
///                └─ R      R follows L:       behind, somebody went on from our tip
///      └─ R                R beside L:        foreign, somebody else went on from K
///     R ─┘, no R           R without K:       rewritten, what was published is gone
package struct Standing: Equatable, Sendable {
  package enum Relation: Equatable, Sendable { case level, behind, foreign, rewritten }

  package let relation: Relation
  /// The remote's tip; nil when it has no such branch.
  package let remote: String?
  /// The epoch that somebody else began on the remote since K.
  package let epoch: Epoch?
  /// Whether nothing but claims that were never published would be lost by giving up K to L.
  package let isDisposable: Bool
  /// The sign of life beside the branch: another one each time; nil when there is none.
  package var life: String?
  /// Why the remote's commits may not be obeyed; nil while they may.
  package private(set) var distrust: Distrust?

  package init(relation: Relation, remote: String?, epoch: Epoch?, isDisposable: Bool) {
    self.relation = relation
    self.remote = remote
    self.epoch = epoch
    self.isDisposable = isDisposable
  }

  /// Whether the remote's commits can be followed without losing anything of ours.
  package var canFollow: Bool {
    guard distrust == nil else { return false }
    return switch relation {
    case .level, .rewritten: false
    case .behind: true
    case .foreign: isDisposable
    }
  }
}

extension Standing {
  /// The remote's tip, unless it is not to be obeyed: who forges commits shows no life of an owner.
  package var obeyed: String? { distrust == nil ? remote : nil }

  /// Returns what is left to obey when the remote's commits cannot be verified: no epoch is one.
  package func distrusted(_ distrust: Distrust) -> Standing {
    var standing = Standing(
      relation: relation, remote: remote, epoch: nil, isDisposable: isDisposable)
    standing.life = life
    standing.distrust = distrust
    return standing
  }
}

extension Standing {
  /// The remote's commits cannot be read: nobody knows how they stand to ours, so nothing of ours may give way.
  package static func unreadable(at remote: String, _ distrust: Distrust) -> Standing {
    Standing(relation: .foreign, remote: remote, epoch: nil, isDisposable: false)
      .distrusted(distrust)
  }
}

/// The facts that a store has to find out about K, L and R, and what they come to.
package struct Relationship: Equatable, Sendable {
  /// Whether there is a K, and an R.
  package var hasKnown = false
  package var hasRemote = false
  /// Whether R descends from K or is K, L from R or is R, and R from L.
  package var remoteHasKnown = false
  package var localHasRemote = false
  package var remoteHasLocal = false

  package init() {}

  package var relation: Standing.Relation {
    guard hasRemote else { return hasKnown ? .rewritten : .level }
    if hasKnown && !remoteHasKnown { return .rewritten }
    if localHasRemote { return .level }
    return remoteHasLocal ? .behind : .foreign
  }
}
