/// One of the reasons for which a rollout stands still, once that was recorded.
package enum Hold: String, Hashable, Comparable, Sendable, Codable, CaseIterable {
  case suspended
  /// There is nothing to judge by.
  case noData
  case evidenceMounts
  case splitWrong
  case inputs
  case predictions
  /// The baseline is not ready.
  case baseline
  case inconclusive
  /// The manifest asks for no more than the steps.
  case stepsDone
  /// The step is outside its hours.
  case outsideHours
  /// Other members of its group are not as far.
  case group

  package static func < (left: Hold, right: Hold) -> Bool { left.rawValue < right.rawValue }
}

extension Reason {
  /// What a rollout stands still for that stands still for this reason.
  var hold: Hold? {
    switch self {
    case .suspended: .suspended
    case .noData: .noData
    case .evidenceMounts: .evidenceMounts
    case .splitWrong, .entitiesSplitWrong: .splitWrong
    case .inputsMoved, .inputsUnlikeProfile: .inputs
    case .predictionsMoved: .predictions
    case .baselineNotLoaded, .baselineFailed: .baseline
    case .inconclusive: .inconclusive
    case .stepsDone: .stepsDone
    case .outsideHours: .outsideHours
    case .waitsForGroup, .peerFailed: .group
    default: nil
    }
  }
}
