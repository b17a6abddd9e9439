import Ledger
import Rollouts

/// Where a rollout stood, read from the words of a record.
enum Position: Equatable {
  case idle, unloading, preparing, bake, healthy, restoring, draining, gone
  /// The share is the candidate's, in per mille.
  case step(index: Int, share: Int)

  private static let words: [String: Position] = [
    "nothing serving": .idle, "unloading": .unloading, "preparing": .preparing,
    "healthy": .healthy, "restoring": .restoring, "draining": .draining,
    "gone": .gone,
  ]

  /// Reads "healthy" or "step 1 of 2 (5%)"; nil when it is no position.
  init?(_ text: String) {
    if let position = Self.words[text] {
      self = position
      return
    }
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    if parts.count == 2, parts[0] == "bake", let share = Self.perMille(parts[1]), share > 0 {
      self = .bake
      return
    }
    guard parts.count == 5, parts[0] == "step", parts[2] == "of", let index = Int(parts[1]),
      let count = Int(parts[3]), (1...max(1, count)).contains(index),
      let share = Self.perMille(parts[4])
    else { return nil }
    self = .step(index: index, share: share)
  }

  /// "(5%)" or "(0.5%)".
  private static func perMille(_ text: Substring) -> Int? {
    guard text.hasPrefix("("), text.hasSuffix("%)") else { return nil }
    let parts = text.dropFirst().dropLast(2).split(
      separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int(parts[0]) else { return nil }
    guard parts.count == 2 else { return whole * 10 }
    return parts[1].count == 1 ? Int(parts[1]).map { whole * 10 + $0 } : nil
  }

  /// Whether a decision can begin here when the one before it ended at `end`.
  ///
  /// A deployment that is gone begins anew when its manifest comes back.
  func continues(_ end: Position) -> Bool { self == end || (end == .gone && self == .idle) }

  var isStep: Bool {
    if case .step = self { return true }
    return false
  }
}

/// A decision's way from one position to another, by the state machine of `Phase`.
enum Transition {
  static func isLegal(_ verdict: Decision.Verdict, from: Position, to: Position) -> Bool {
    switch verdict {
    case .admit:
      [.idle, .healthy, .restoring, .unloading].contains(from) && isTried(to)
    case .supersede: isOnTrial(from) && isTried(to)
    case .reject: from == .preparing && isReturned(to)
    case .advance: isAdvance(from, to)
    case .promote: (from == .preparing || from.isStep) && to == .bake
    case .complete: isCompletion(from, to)
    case .rollback: (from == .bake || from.isStep) && (to == .healthy || to == .unloading)
    case .abort: isOnTrial(from) && isReturned(to)
    // A baseline that breaks for good takes its candidate back to where both are loaded.
    case .hold: from == to || (from.isStep && to == .preparing)
    case .resume: from == to
    case .alert: from == to || (from == .bake && to == .healthy)
    case .decommission: from != .draining && from != .gone && to == .draining
    case .gap: from == to || (isOnTrial(from) && isReturned(to))
    }
  }

  private static func isTried(_ to: Position) -> Bool { to == .preparing || to == .unloading }

  private static func isReturned(_ to: Position) -> Bool {
    to == .idle || to == .healthy || to == .unloading
  }

  private static func isOnTrial(_ from: Position) -> Bool {
    from == .unloading || from == .preparing || from == .bake || from.isStep
  }

  private static func isAdvance(_ from: Position, _ to: Position) -> Bool {
    switch (from, to) {
    case (.unloading, .preparing), (.unloading, .restoring), (.preparing, .step): true
    case (.step(_, let before), .step(_, let after)): before < after
    default: false
    }
  }

  private static func isCompletion(_ from: Position, _ to: Position) -> Bool {
    (from == .bake && to == .healthy) || (from == .restoring && to == .healthy)
      || (from == .draining && to == .gone)
  }
}
