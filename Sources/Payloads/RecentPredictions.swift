import Profiles
import Rollouts

/// The requests of one deployment that are remembered, until the label of each would be known.
///
/// A queue in the order of time, in which a second finger follows the youngest that is old enough:
///
/// ```
/// oldest ──────── matured ──────────────── newest
///   only known by its id    waits for its label
/// ```
///
/// A request is remembered a while beyond its maturity, so that nobody can send it again and be counted
/// twice. Numbers are bounded: the oldest leaves first.
struct RecentPredictions {
  struct Prediction {
    /// The hash of the request's id.
    let key: Int
    let at: Instant
    let first: Answered
    var label: Loss.Answer?
  }

  /// What a revision predicted, and which.
  struct Answered {
    let revision: Revision.ID
    let answer: Loss.Answer?
  }

  /// What became of a label.
  enum Fate { case joined, waiting, doubled, late }

  /// A crash of the data plane or of a sender repeats what is seconds old.
  static let leastMemory = Duration.seconds(600)

  /// How many are remembered.
  var most: Int
  /// Labels that came before their request.
  var early: EarlyReports<Loss.Answer>
  private let maturity: Duration
  private var queue = NumberedQueue<Prediction>()
  private var matured = 0
  private var numbers: [Int: Int] = [:]
  /// What the revision answered that was sent a copy, by request: apart, since few requests are copied.
  private var copies: [Int: Answered] = [:]
  private var latest = Instant(milliseconds: .min)
  /// Predictions that left before their time.
  private(set) var forgotten = 0

  init(maturity: Duration, most: Int, mostLabels: Int) {
    (self.maturity, self.most, early) = (maturity, most, EarlyReports(most: mostLabels))
  }

  /// What one remembered request takes at most, in bytes.
  static let size =
    2 * MemoryLayout<Prediction>.stride + 64 + 2 * MemoryLayout<(Int, Answered)>.stride

  static func key(of id: String) -> Int { id.hashValue }

  /// Whether it is known that this revision answered the request, or that two did: no third one is asked.
  func contains(_ key: Int, of revision: Revision.ID) -> Bool {
    guard let number = numbers[key] else { return false }
    return queue[number].first.revision == revision
      || !copies.isEmpty && copies[key] != nil
  }

  /// Remembers that a revision answered a request, which is not known of it yet.
  ///
  /// Its time is taken as no later than now and no earlier than that of the one before, which keeps the
  /// queue in order.
  mutating func remember(
    _ key: Int, at: Instant, now: Instant, _ answered: Answered
  ) {
    if numbers[key] != nil { return copies[key] = answered }
    latest = max(latest, min(at, now))
    numbers[key] = queue.end
    queue.append(
      Prediction(
        key: key, at: latest, first: answered, label: early.fetch(key)))
    while queue.count > max(1, most) {
      if queue.first >= matured { forgotten += 1 }
      leave()
    }
  }

  /// Joins a label to its request; one that comes before it waits.
  mutating func join(_ label: Loss.Answer, to key: Int, at now: Instant) -> Fate {
    guard let number = numbers[key] else {
      return early.keep(label, for: key, at: now) ? .waiting : .doubled
    }
    if number < matured { return .late }
    if queue[number].label != nil { return .doubled }
    queue[number].label = label
    return .joined
  }

  private mutating func leave() {
    if let oldest = queue.popFirst() {
      numbers[oldest.key] = nil
      if !copies.isEmpty { copies[oldest.key] = nil }
    }
    matured = max(matured, queue.first)
  }

  /// Calls `body` with what each revision answered to a request that has become old enough and has a label, once.
  mutating func mature(at now: Instant, _ body: (Answered, Loss.Answer) -> Void) {
    early.giveUp(at: now)
    while matured < queue.end, queue[matured].at.advanced(by: maturity) <= now {
      if let label = queue[matured].label {
        body(queue[matured].first, label)
        if let copy = copies[queue[matured].key] { body(copy, label) }
      }
      matured += 1
    }
    let memory = max(maturity, Self.leastMemory)
    while queue.first < matured, queue[queue.first].at.advanced(by: memory) <= now { leave() }
  }
}
