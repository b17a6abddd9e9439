/// A decision's way from one position to another, by the state machine of `Phase`.
package enum Transition {
  /// Whether a rollout can go this way; what an audit asks of each record, without its replay.
  package static func isLegal(
    _ verdict: Decision.Verdict, from: Position, to: Position
  ) -> Bool {
    switch verdict {
    case .admit:
      [.idle, .healthy, .restoring, .vacating].contains(from) && isTried(to)
    case .supersede: isOnTrial(from) && isTried(to)
    // Of several candidates one may go, while the others stay where they are.
    case .reject: from == .preparing && (isReturned(to) || to == .preparing)
    case .advance: isAdvance(from, to)
    case .promote: (from == .preparing || from.isStep) && to.isBaking
    case .complete: isCompletion(from, to)
    case .rollback:
      (from.isBaking || from.isStep) && (to == .healthy || to == .vacating)
        || (from.isStep && from == to)
    case .abort: isOnTrial(from) && isReturned(to)
    // A baseline that breaks for good takes its candidate back to where both are loaded.
    case .hold: from == to || (from.isStep && to == .preparing)
    case .resume: from == to
    case .alert: from == to || (from.isBaking && to == .healthy)
    case .decommission: from != .retiring && from != .retired && to == .retiring
    case .gap: from == to || (isOnTrial(from) && isReturned(to))
    }
  }

  private static func isTried(_ to: Position) -> Bool { to == .preparing || to == .vacating }

  private static func isReturned(_ to: Position) -> Bool {
    to == .idle || to == .healthy || to == .vacating
  }

  private static func isOnTrial(_ from: Position) -> Bool {
    from == .vacating || from == .preparing || from.isBaking || from.isStep
  }

  private static func isAdvance(_ from: Position, _ to: Position) -> Bool {
    switch (from, to) {
    case (.vacating, .preparing), (.vacating, .restoring), (.preparing, .step): true
    case (.step(let before, _, let route), .step(let after, _, let next)):
      (route, before) < (next, after)
    default: false
    }
  }

  private static func isCompletion(_ from: Position, _ to: Position) -> Bool {
    (from.isBaking && to == .healthy) || (from == .restoring && to == .healthy)
      || (from == .retiring && to == .retired)
  }
}
