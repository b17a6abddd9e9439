import Control
import Ledger
import Rollouts

/// A ledger and checkpoints that keep nothing, at a remote where nothing happens; a test says what it cares
/// about.
protocol QuietDisk: LedgerStore, Checkpoints {}

extension QuietDisk {
  var branch: String { "serin/ledger" }
  var signer: PublicKey? { nil }
  func compare() async throws -> Standing {
    Standing(relation: .level, remote: nil, epoch: nil, isDisposable: false)
  }
  func catchUp() async throws {}
  func read(_ path: String) async throws -> [UInt8]? { nil }
  func paths() async throws -> [String] { [] }
  func publish() async throws -> Publication { .nothingToPublish }
  func backlog() async throws -> [Instant] { [] }
  func publishedEpoch() async throws -> Epoch? { nil }
  func showLife(_ number: Int) async throws {}
  func rescue(to branch: String) async throws {}

  func load(_ deployment: DeploymentName, seq: Int) async throws -> [UInt8]? { nil }
  func save(_ bytes: [UInt8], for deployment: DeploymentName, seq: Int) async throws {}
  func lines(of deployment: DeploymentName, seq: Int, part: String) async throws -> [String] { [] }
  func write(
    _ lines: [String], addingTo adds: Bool, for deployment: DeploymentName, seq: Int, part: String
  ) async throws {}
  func lease() async throws -> [Claim] { [] }
  func setLease(_ claims: [Claim]) async throws {}
  func claims() async throws -> [Claim] { [] }
  func setClaims(_ claims: [Claim]) async throws {}
  func discard(_ deployment: DeploymentName, except seq: Int, part: String?) async throws {}
}
