/// Why risk may not grow now: nothing is admitted or advanced while there is one.
///
/// A retreat is never restricted.
package enum Restriction: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
  /// Decisions have waited too long to be published.
  case unpublished
  /// A decision took effect and is still to be recorded.
  case unrecorded
  /// This life of the controller does not own the ledger's epoch, or not yet.
  case notOwner
  /// Another controller has claimed the next epoch.
  case fenced
  /// The runtime was not told yet in this life what is to serve, and so does not know what it has to ask of it before.
  case untold

  package static func < (left: Restriction, right: Restriction) -> Bool {
    left.rawValue < right.rawValue
  }
}
