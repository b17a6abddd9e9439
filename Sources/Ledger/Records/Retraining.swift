import Encoding
package import Rollouts

/// That somebody was asked to train a model again, and until when nobody is asked once more.
///
/// Think of the stamp on a ticket: the decision that asks puts it on, and every later decision of the
/// deployment carries it until it has run out. So the newest record alone says whether to ask, also to
/// a controller that has just started, and a stamp that was lost or added is found by the audit.
package struct Retraining: Equatable, Sendable, Codable {
  /// The number of the decision that asked, among its deployment's.
  package let decision: Int
  /// The end of the cool-down, and of all attempts to deliver what was asked.
  package let until: Instant

  /// Returns what a record has to carry, given what the one before it carried.
  ///
  /// - Parameters:
  ///   - before: The stamp of the record before.
  ///   - record: The record, without a stamp.
  ///   - coolDown: For how long nobody is asked again; nil when there is nobody to ask.
  /// - Returns: The stamp, or nil for none.
  static func after(_ before: Retraining?, for record: Record, coolDown: Duration?) -> Retraining? {
    if let before, before.until > record.decidedAt { return before }
    guard let coolDown, record.isReasonToRetrain else { return nil }
    return Retraining(decision: record.seq, until: record.decidedAt.advanced(by: coolDown))
  }
}

extension Record {
  /// Whether the decision says that the world is no longer the one that the model was trained on.
  ///
  /// Inputs that moved do, and what serves when its answers are no longer like the training data or are
  /// wrong by the labels. Predictions that differ from stable's do not: they are the candidate's fault.
  package var isReasonToRetrain: Bool {
    switch (verdict, cause) {
    case (.alert, .drift), (.hold, .drift):
      drift.contains(where: \.isAgainstTraining)
    case (.alert, .slo):
      checks.contains { $0.objective.isScored && $0.verdict == .fail }
    default: false
    }
  }

  /// Whether this very decision asked.
  package var asksForRetraining: Bool { retraining?.decision == seq }

  /// Returns what is wrong with the stamp, or nil.
  ///
  /// - Parameter before: The stamp of the deployment's record before.
  /// - Returns: What was expected and what was found.
  package func mistake(inRetrainingAfter before: Retraining?) -> (expected: String, found: String)?
  {
    let standing = Retraining.after(before, for: self, coolDown: nil)
    guard retraining != standing else { return nil }
    let isAsked =
      standing == nil && asksForRetraining && isReasonToRetrain
      && retraining.map { $0.until > decidedAt } == true
    return isAsked ? nil : (Self.shown(standing), Self.shown(retraining))
  }

  private static func shown(_ retraining: Retraining?) -> String {
    retraining.map { "retraining asked by decision \($0.decision), until \($0.until.milliseconds)" }
      ?? "no retraining"
  }
}
