package import Control
package import Rollouts
import Threads

/// Brings requests and answers together that come as events of their own.
///
/// The half that comes first waits in a bounded buffer for the other with the same id. A request whose answer does
/// not come in time is one that failed: KServe's logger sends no answer that did. An answer without its request is
/// lost, and so is what the buffer has no room for, and both are said to be.
package final class Pairing: Sendable {
  package struct Limits: Equatable, Sendable {
    package let halves: Int
    /// Of the bodies that wait, together.
    package let bytes: Int
    /// How long one half waits for the other.
    package let wait: Duration

    package init(halves: Int = 1 << 14, bytes: Int = 16 << 20, wait: Duration = .seconds(120)) {
      self.halves = halves
      self.bytes = bytes
      self.wait = wait
    }

    /// The limits of one of so many namespaces.
    func share(among count: Int) -> Limits {
      Limits(halves: halves / count, bytes: bytes / count, wait: wait)
    }
  }

  /// Says which revision of a deployment it is; nil when there is none.
  package typealias RevisionLookup =
    @Sendable (DeploymentName, PayloadPart.Server) -> Revision.ID?

  private let intake: any PayloadIntake
  private let clock: any WallClock
  private let revision: RevisionLookup
  private let limits: Limits
  /// One for each namespace, so that a flood of one pushes out nothing of another.
  private let buffers = Lock<[String: JoinBuffer]>([:])

  package init(
    into intake: any PayloadIntake, clock: any WallClock, limits: Limits = Limits(),
    revision: @escaping RevisionLookup
  ) {
    self.intake = intake
    self.clock = clock
    self.revision = revision
    self.limits = limits
  }

  /// Takes one half, and hands on the event when it was the second.
  ///
  /// - Throws: `CloudEventError` when nobody knows the deployment or who answered; nothing is kept.
  package func take(_ part: PayloadPart) throws(CloudEventError) {
    guard let revision = revision(part.deployment, part.server) else {
      throw .unknownServer(part.deployment, part.server)
    }
    let now = clock.now
    let half = JoinBuffer.Half(part: part, revision: revision, came: now)
    let namespace = part.deployment.namespace
    let (other, ends) = buffers.withLock { buffers in
      var buffer = buffers.removeValue(forKey: namespace) ?? JoinBuffer()
      let other = buffer.joinOrKeep(half, within: limits.share(among: buffers.count + 1))
      defer { buffers[namespace] = buffer }
      return (other, buffer.takeEnds())
    }
    tell(ends)
    if let other { hand(on: PayloadEvent(half, other)) }
  }

  /// Gives up on halves that waited too long; called at each look, since nobody may come any more.
  package func expire() {
    let now = clock.now
    let ends = buffers.withLock { buffers in
      let ends = buffers.keys.compactMap { namespace in
        buffers[namespace]?.giveUp(at: now, after: limits.wait)
        return buffers[namespace]?.takeEnds()
      }
      buffers = buffers.filter { !$0.value.isEmpty }
      return ends
    }
    for end in ends { tell(end) }
  }

  private func tell(_ ends: JoinBuffer.Ends) {
    for (deployment, count) in ends.lost { intake.noteLost(count, of: deployment) }
    for half in ends.unanswered { hand(on: PayloadEvent(unanswered: half)) }
  }

  /// What has no body asks a model for no answer: a logger sends metadata and health, too.
  private func hand(on event: PayloadEvent) {
    if event.request?.isEmpty == false { intake.take(event) }
  }
}

/// The halves that wait for their other half, within bounds.
private struct JoinBuffer {
  struct Half {
    let part: PayloadPart
    let revision: Revision.ID
    let came: Instant
  }

  /// A request that was copied has one id, and both revisions answer it.
  private struct Key: Hashable {
    let deployment: DeploymentName
    let id: String
    let revision: Revision.ID
  }

  private var halves: [Key: (half: Half, number: Int)] = [:]
  /// In the order in which they came; some of them are joined already.
  private var order = NumberedQueue<(key: Key, came: Instant)>()
  private var bytes = 0
  private var ends = Ends()

  /// What has waited in vain.
  struct Ends {
    var lost: [DeploymentName: Int] = [:]
    /// Requests whose time was over.
    var unanswered: [Half] = []
  }

  var isEmpty: Bool { order.isEmpty }

  /// Returns the other half if it is there; otherwise this one waits.
  ///
  /// A half that comes again is ignored.
  mutating func joinOrKeep(_ half: Half, within limits: Pairing.Limits) -> Half? {
    giveUp(at: half.came, after: limits.wait)
    let key = Key(
      deployment: half.part.deployment, id: half.part.id, revision: half.revision)
    if let (other, _) = halves[key] {
      if other.part.side == half.part.side { return nil }
      halves[key] = nil
      bytes -= other.part.body.count
      return other
    }
    guard half.part.body.count <= limits.bytes else {
      ends.lost[key.deployment, default: 0] += 1
      return nil
    }
    halves[key] = (half, order.end)
    order.append((key, half.came))
    bytes += half.part.body.count
    while bytes > limits.bytes || order.count > max(1, limits.halves) { lose(takeOldest()) }
    return nil
  }

  mutating func giveUp(at now: Instant, after wait: Duration) {
    while !order.isEmpty, now.since(order[order.first].came) >= wait {
      guard let half = takeOldest() else { continue }
      if half.part.side == .request { ends.unanswered.append(half) } else { lose(half) }
    }
  }

  private mutating func lose(_ half: Half?) {
    guard let half else { return }
    ends.lost[half.part.deployment, default: 0] += 1
  }

  /// Takes the oldest out; nil when it was joined meanwhile.
  private mutating func takeOldest() -> Half? {
    let number = order.first
    guard let (key, _) = order.popFirst(), let (half, itsNumber) = halves[key],
      number == itsNumber
    else { return nil }
    halves[key] = nil
    bytes -= half.part.body.count
    return half
  }

  mutating func takeEnds() -> Ends {
    defer { ends = Ends() }
    return ends
  }
}

extension PayloadEvent {
  fileprivate init(unanswered half: JoinBuffer.Half) {
    self.init(
      deployment: half.part.deployment, revision: half.revision, requestID: half.part.id,
      at: half.part.at ?? half.came, request: half.part.body, response: nil, status: 500,
      entity: half.part.entity)
  }

  /// KServe's logger sends no answer that failed.
  fileprivate init(_ one: JoinBuffer.Half, _ other: JoinBuffer.Half) {
    let (request, response) = one.part.side == .request ? (one, other) : (other, one)
    self.init(
      deployment: request.part.deployment, revision: response.revision,
      requestID: request.part.id, at: request.part.at ?? request.came,
      request: request.part.body, response: response.part.body, status: 200,
      entity: request.part.entity ?? response.part.entity)
  }
}
