package import Rollouts

/// The room that all namespaces share, of which each has a part that no other can take.
///
/// One half is for whoever comes. The other is divided: a namespace that fills the first half, by accident or on
/// purpose, still leaves to each of the others what is theirs.
package struct SharedRoom {
  private struct Use {
    var messages = 0
    var bytes = 0

    /// What of it goes beyond a share.
    func beyond(_ share: Use) -> Use {
      Use(messages: max(0, messages - share.messages), bytes: max(0, bytes - share.bytes))
    }
  }

  private let common: Use
  private let divided: Use
  private var share: Use
  private var used: [String: Use] = [:]
  /// What all of them use beyond their shares.
  private var beyond = Use()

  package init(_ limits: IntakeLimits) {
    divided = Use(messages: limits.messages / 2, bytes: limits.bytes / 2)
    common = Use(
      messages: limits.messages - divided.messages, bytes: limits.bytes - divided.bytes)
    share = divided
  }

  package mutating func divide(among deployments: Set<DeploymentName>) {
    let count = max(1, Set(deployments.map(\.namespace)).count)
    share = Use(messages: divided.messages / count, bytes: divided.bytes / count)
    beyond = used.values.reduce(into: Use()) { sum, use in
      let more = use.beyond(share)
      sum = Use(messages: sum.messages + more.messages, bytes: sum.bytes + more.bytes)
    }
  }

  /// Takes room for one message; false when there is none.
  package mutating func take(_ bytes: Int, for namespace: String) -> Bool {
    let before = used[namespace] ?? Use()
    let after = Use(messages: before.messages + 1, bytes: before.bytes + bytes)
    let sum = beyond(with: after, insteadOf: before)
    guard sum.messages <= common.messages, sum.bytes <= common.bytes else { return false }
    (used[namespace], beyond) = (after, sum)
    return true
  }

  package mutating func giveBack(_ bytes: Int, of namespace: String) {
    guard let before = used[namespace] else { return }
    let after = Use(messages: before.messages - 1, bytes: before.bytes - bytes)
    beyond = beyond(with: after, insteadOf: before)
    used[namespace] = after.messages == 0 ? nil : after
  }

  private func beyond(with after: Use, insteadOf before: Use) -> Use {
    let (more, less) = (after.beyond(share), before.beyond(share))
    return Use(
      messages: beyond.messages + more.messages - less.messages,
      bytes: beyond.bytes + more.bytes - less.bytes)
  }
}
