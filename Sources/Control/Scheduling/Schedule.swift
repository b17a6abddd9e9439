import DequeModule
import HeapModule
import Rollouts

/// Who is to be looked at when, and who goes first.
///
/// Think of a clinic: an emergency is seen before the appointments, and whoever is sent back to the waiting
/// room waits for the next round.
struct Schedule: Sendable {
  /// In the order in which those that are due are looked at.
  enum Lane: Int, CaseIterable, Comparable, Sendable {
    /// Something is on its way back, an alert stands, or a decision waits to be recorded.
    case retreat
    /// A candidate is being tried, which may have to be taken back, or something serves, which may fail.
    case watch
    /// Nothing is at risk.
    case progress

    static func < (left: Lane, right: Lane) -> Bool { left.rawValue < right.rawValue }
  }

  private struct Turn: Comparable, Sendable {
    let due: Instant
    /// Of two turns for one moment the one that was planned first comes first.
    let number: Int
    let lane: Lane
    let name: DeploymentName

    static func < (left: Turn, right: Turn) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  /// The number of the turn that counts; another one of the same deployment was replaced.
  private var numbers: [DeploymentName: Int] = [:]
  /// Those of the round that have not been looked at.
  private var inRound: Set<DeploymentName> = []
  private var waiting = Heap<Turn>()
  /// What is due in this round, lane by lane.
  private var round = Lane.allCases.map { _ in Deque<Turn>() }
  private var lastNumber = 0

  /// Plans the next look at a deployment, instead of the one that was planned.
  ///
  /// - Returns: The number of the turn.
  @discardableResult
  mutating func plan(_ name: DeploymentName, at due: Instant, in lane: Lane) -> Int {
    lastNumber += 1
    numbers[name] = lastNumber
    inRound.remove(name)
    waiting.insert(Turn(due: due, number: lastNumber, lane: lane, name: name))
    return lastNumber
  }

  /// Whether a turn was neither taken nor replaced by another.
  func holds(_ number: Int, of name: DeploymentName) -> Bool { numbers[name] == number }

  /// Whether a deployment waits in the round under way, before all that is planned now.
  func isInRound(_ name: DeploymentName) -> Bool { inRound.contains(name) }

  /// Begins a round: those that are due by now are looked at, and what is planned meanwhile waits.
  ///
  /// - Returns: Whether anything is due.
  mutating func begin(at now: Instant) -> Bool {
    while let first = waiting.min, first.due <= now {
      waiting.removeMin()
      guard isCurrent(first) else { continue }
      round[first.lane.rawValue].append(first)
      inRound.insert(first.name)
    }
    return round.contains { $0.contains(where: isCurrent) }
  }

  /// Returns the next deployments of the round, all of one lane, which then have no turn until another is
  /// planned.
  ///
  /// - Parameters:
  ///   - count: How many at most.
  ///   - last: Lanes behind this one are left for the next round.
  /// - Returns: None when the round is over.
  mutating func next(_ count: Int, through last: Lane = .progress) -> [DeploymentName] {
    var names: [DeploymentName] = []
    for lane in 0...last.rawValue where names.isEmpty {
      while names.count < count, let turn = round[lane].popFirst() {
        guard isCurrent(turn) else { continue }
        numbers[turn.name] = nil
        inRound.remove(turn.name)
        names.append(turn.name)
      }
    }
    return names
  }

  private func isCurrent(_ turn: Turn) -> Bool { numbers[turn.name] == turn.number }
}

extension Member {
  /// How much a look at it is urgent.
  var lane: Schedule.Lane {
    if !unrecorded.isEmpty || rollout.alert != nil || rollout.phase.isReturning { return .retreat }
    return rollout.candidate == nil && rollout.phase != .healthy ? .progress : .watch
  }
}
