/// The mass-deletion hold: which missing manifests are taken at their word.
///
/// One commit that removes many deployments is more often an accident (a wrong path, a bad merge) than
/// a wish. It is held until a commit confirms it; removing one deployment never is.
package struct Removals: Equatable, Sendable {
  /// The deployments whose removal is carried out.
  package let accepted: [DeploymentName]
  /// The deployments that stay in force until the removal is confirmed.
  package let held: [DeploymentName]

  /// More than five, or more than a tenth of the fleet, is more than a handful.
  static let most = 5
  static let mostPercent = 10

  /// Judges the deployments that serve but have no manifest any more.
  ///
  /// - Parameters:
  ///   - missing: What is missing and not yet being decommissioned.
  ///   - fleet: How many deployments there are, the missing ones included.
  ///   - isConfirmed: Whether a commit says that the removal is meant.
  ///   - isFirstSight: Whether nobody saw the manifests before: when then not one is there, the folder
  ///     or the branch is more likely to be the wrong one.
  package init(
    missing: [DeploymentName], of fleet: Int, isConfirmed: Bool, isFirstSight: Bool = false
  ) {
    let count = missing.count
    let isMany = count > Self.most || (count > 1 && count * 100 > fleet * Self.mostPercent)
    let isWrongPlace = isFirstSight && count == fleet
    let mustHold = (isMany || isWrongPlace) && !isConfirmed
    accepted = mustHold ? [] : missing
    held = mustHold ? missing : []
  }
}
