import Control
import Ledger
import Rollouts
import Threads

/// A ledger of which only the published epoch and the claims of this state folder matter.
final class ElectionDisk: QuietDisk {
  private let state: Lock<(published: Epoch?, signs: [Int], standing: Standing)>
  private let ours: [Claim]

  init(_ published: Epoch?, ours: [Claim]) {
    state = Lock((published, [], ElectionTests.standing()))
    self.ours = ours
  }

  var signs: [Int] { state.withLock { $0.signs } }
  func stand(_ standing: Standing) { state.withLock { $0.standing = standing } }
  func compare() -> Standing { state.withLock { $0.standing } }
  func publish(_ epoch: Epoch) { state.withLock { $0.published = epoch } }
  func commit(_ changes: [LedgerChange]) -> [String] { changes.map { _ in "commit" } }
  func publishedEpoch() -> Epoch? { state.withLock { $0.published } }
  func claims() -> [Claim] { ours }
  func showLife(_ number: Int) { state.withLock { $0.signs.append(number) } }
}
