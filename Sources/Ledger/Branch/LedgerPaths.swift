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

  /// Where a controller keeps what it cannot publish because the ledger's branch was rewritten:
  /// "serin/ledger-recovery-17".
  ///
  /// It is named after the branch, so that two ledgers in one repository keep theirs apart.
  package static func recoveryBranch(of branch: String, epoch: Int) -> String {
    "\(branch)-recovery-\(epoch)"
  }

  /// "payments/fraud/2026-09-24.fraud/000123.fraud.json".
  ///
  /// A day to a folder: each decision writes its folder anew, and whoever verifies it reads it again.
  package static func record(_ deployment: DeploymentName, seq: Int, at moment: Instant) -> String {
    let day = moment.iso8601.prefix(10)
    let number = String(repeating: "0", count: max(0, 6 - String(seq).count)) + String(seq)
    let name = deployment.name
    return "\(deployment.namespace)/\(name)/\(day).\(name)/\(number).\(name).json"
  }

  /// The evidence file that belongs to a record.
  package static func evidence(ofRecordAt path: String) -> String {
    path.dropLast(".json".count) + ".ev.json"
  }

  package static func status(_ deployment: DeploymentName) -> String {
    "\(deployment.namespace)/\(deployment.name)/\(deployment.name).yaml"
  }

  /// The folders of the records that are no decisions.
  package static let epochs = "epochs"
  static let adoptions = "adoptions"

  /// "epochs/000017.json".
  package static func epoch(_ number: Int) -> String { numbered(number, in: epochs) }

  /// "adoptions/000018.json", by the epoch in which it is made.
  static func adoption(_ epoch: Int) -> String { numbered(epoch, in: adoptions) }

  private static func numbered(_ number: Int, in folder: String) -> String {
    "\(folder)/\(String(repeating: "0", count: max(0, 6 - String(number).count)))\(number).json"
  }

  /// Returns the number of the epoch that lies at `path`, or nil when it is no epoch.
  package static func parseEpoch(_ path: String) -> Int? { number(of: path, in: epochs) }

  package static func parseAdoption(_ path: String) -> Int? { number(of: path, in: adoptions) }

  private static func number(of path: String, in folder: String) -> Int? {
    guard path.hasPrefix("\(folder)/"), path.hasSuffix(".json"),
      let number = Int(path.dropFirst(folder.count + 1).dropLast(".json".count)),
      numbered(number, in: folder) == path
    else { return nil }
    return number
  }

  /// "seals/2026/2026-09-24.json", by the last day that is sealed.
  static func seal(_ day: Day) -> String { "\(seals)/\(day.description.prefix(4))/\(day).json" }

  /// The folder of the seals.
  static let seals = "seals"

  /// Returns the last day of the seal that lies at `path`, or nil when it is no seal.
  package static func parseSeal(_ path: String) -> Day? {
    guard path.hasPrefix("\(seals)/"), let name = path.split(separator: "/").last else {
      return nil
    }
    let day = Day(String(name.dropLast(".json".count)))
    return day.flatMap { seal($0) == path ? $0 : nil }
  }

  /// Returns whose record lies at `path` and its number, or nil when it is no record.
  package static func parseRecord(_ path: String) -> (deployment: DeploymentName, seq: Int)? {
    guard path.hasSuffix(".json") else { return nil }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 4, parts[3].hasSuffix(".\(parts[1]).json") else { return nil }
    guard let seq = Int(parts[3].dropLast(parts[1].count + ".json".count + 1)) else { return nil }
    return (DeploymentName(namespace: parts[0], name: parts[1]), seq)
  }
}

extension Instant {
  /// The seconds since 1970 that a commit of this moment has: rounded down, also before 1970.
  package var wholeSeconds: Int64 {
    milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
  }

  /// "2026-09-24T10:11:12Z".
  package var iso8601: String {
    Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
  }
}
