import Foundation
package import Rollouts

/// Where things lie on the ledger's branch.
///
/// Every file and folder name ends in the deployment's name on purpose: git chooses delta bases by the
/// last characters of a path, and generic names made the pack a third larger.
package enum LedgerPaths {
  package static let readme = "README.md"
  package static let schema = "schema/decision-v1.json"
  package static let allowedSigners = "keys/allowed_signers"
  /// What explains the branch and belongs to no deployment.
  package static let guides = [readme, schema, allowedSigners]

  /// "payments/fraud/2026-09.fraud/000123.fraud.json".
  package static func record(_ deployment: DeploymentName, seq: Int, at moment: Instant) -> String {
    let month = moment.iso8601.prefix(7)
    let number = String(repeating: "0", count: max(0, 6 - String(seq).count)) + String(seq)
    let name = deployment.name
    return "\(deployment.namespace)/\(name)/\(month).\(name)/\(number).\(name).json"
  }

  /// The evidence file that belongs to a record.
  package static func evidence(ofRecordAt path: String) -> String {
    path.dropLast(".json".count) + ".ev.json"
  }

  package static func status(_ deployment: DeploymentName) -> String {
    "\(deployment.namespace)/\(deployment.name)/\(deployment.name).yaml"
  }

  /// Returns whose record lies at `path` and its number, or nil when it is no record.
  package static func parseRecord(_ path: String) -> (deployment: DeploymentName, seq: Int)? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, parts[3].hasSuffix(".\(parts[1]).json") else { return nil }
    guard let seq = Int(parts[3].dropLast(parts[1].count + ".json".count + 1)) else { return nil }
    return (DeploymentName(namespace: parts[0], name: parts[1]), seq)
  }
}

extension Instant {
  /// "2026-09-24T10:11:12Z".
  package var iso8601: String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
  }
}
