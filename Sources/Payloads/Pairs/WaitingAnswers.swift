import Rollouts

/// The answers of one deployment that wait for what the other revision answered to the same request.
///
/// A queue in the order in which they came, within bounds: the oldest leaves first, and nothing waits for long.
struct WaitingAnswers {
  struct Answer {
    let arm: Arm
    var said: Said
  }

  /// What a revision made of a request.
  enum Said {
    /// It answered; the body is nil when that is not known in full.
    case answer([UInt8]?)
    /// It refused the request, with a 4xx.
    case refusal
    /// It failed: errors have a promise of their own.
    case failure
  }

  private struct Place {
    let key: Int
    let came: Instant
    /// nil when it was fetched.
    var answer: Answer?
  }

  /// Longer than most models take; a copy that takes longer is seen in the latency.
  static let patience = Duration.seconds(60)

  static let placeSize = MemoryLayout<Place>.stride

  /// How many wait, and the bytes of their bodies together.
  var most: Int
  var mostBytes: Int
  private var queue = NumberedQueue<Place>()
  private var numbers: [Int: Int] = [:]
  private var bytes = 0
  /// Those that left without the other one.
  private(set) var alone: [Arm: Int] = [:]

  init(most: Int, mostBytes: Int) { (self.most, self.mostBytes) = (most, mostBytes) }

  /// Looks for the other revision's answer; without one, this one waits.
  ///
  /// - Parameters:
  ///   - answer: An answer; ignored when one of its revision waits already.
  ///   - key: The hash of the request's id.
  ///   - now: The time.
  /// - Returns: The other revision's answer, if it is there.
  mutating func meet(_ answer: Answer, _ key: Int, at now: Instant) -> Answer? {
    if let number = numbers[key] {
      return queue[number].answer?.arm == answer.arm ? nil : fetch(number)
    }
    var answer = answer
    if answer.size > mostBytes { answer.said = .answer(nil) }
    numbers[key] = queue.end
    queue.append(Place(key: key, came: now, answer: answer))
    bytes += answer.size
    while queue.count > max(1, most) || bytes > mostBytes { giveUpOldest() }
    return nil
  }

  private mutating func fetch(_ number: Int) -> Answer? {
    guard let answer = queue[number].answer else { return nil }
    queue[number].answer = nil
    numbers[queue[number].key] = nil
    bytes -= answer.size
    return answer
  }

  mutating func giveUp(at now: Instant) {
    while !queue.isEmpty, now.since(queue[queue.first].came) >= Self.patience { giveUpOldest() }
  }

  /// Lets go of all that wait, when they will not be compared.
  mutating func giveUpAll() { while !queue.isEmpty { giveUpOldest() } }

  private mutating func giveUpOldest() {
    if let answer = fetch(queue.first) { alone[answer.arm, default: 0] += 1 }
    _ = queue.popFirst()
  }
}

extension WaitingAnswers.Answer {
  fileprivate var size: Int {
    if case .answer(let body?) = said { body.count } else { 0 }
  }
}
