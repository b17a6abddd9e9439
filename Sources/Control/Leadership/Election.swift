package import Ledger
package import Rollouts

/// Who may take a ledger over: of several controllers one is in charge.
///
/// The epoch in the ledger is the fence behind every election: a push of an older one is no fast-forward. An
/// election only says when a claim may be made without harm.
package protocol Election: Sendable {
  /// Takes part once more, after the remote was asked.
  ///
  /// - Parameters:
  ///   - standing: How the remote's branch stands to ours.
  ///   - began: When it was asked.
  ///   - hasClaimed: Whether this life has claimed the ledger, so that the epoch decides from here on.
  /// - Returns: Whether this controller may claim the ledger now, or go on with what it claimed.
  /// - Throws: When the question cannot be answered now: then what was said last holds.
  func campaign(
    _ standing: Standing, asked began: Instant, hasClaimed: Bool
  ) async throws -> Candidacy
  /// Shows who watches that this controller lives, although it has nothing to publish.
  func showLife() async throws
  /// Whether this controller may lead as far as the election goes: what it said may be over before it is asked again.
  var isInForce: Bool { get async }
  /// Whether controllers that wait are there to follow at once.
  var hasStandbys: Bool { get }
  /// Takes part until the task is cancelled, where that has to be done more often than the remote is asked.
  func takePart() async
  /// Lets another controller lead at once; this one has ended.
  func resign() async
}

// An election that is asked when the remote is.
extension Election {
  package var isInForce: Bool { true }
  package var hasStandbys: Bool { false }
  package func takePart() {}
  package func resign() {}
}

/// What an election says of one controller.
package enum Candidacy: Equatable, Sendable {
  /// No other controller is in charge.
  case free
  /// Another controller is in charge and may be alive: nothing may be claimed. It may have claimed nothing yet.
  case waiting(owner: Epoch?)
  /// Another controller was in charge and may be followed. It may go on raising risk for so long after a claim; not at
  /// all when that is nil.
  case succeeding(owner: Epoch, quiet: Duration?)

  /// The epoch of the other controller.
  package var owner: Epoch? {
    switch self {
    case .free: nil
    case .waiting(let owner): owner
    case .succeeding(let owner, _): owner
    }
  }

  package var isWaiting: Bool { if case .waiting = self { true } else { false } }
}
