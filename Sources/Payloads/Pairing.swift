package import Control
package import Rollouts
import Threads

/// Brings requests and answers together that come as events of their own.
///
/// The half that comes first waits in a bounded buffer for the other with the same id. What is not joined in
/// time is lost, and said to be.
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
    let (other, lost) = buffers.withLock { buffers in
      var buffer = buffers.removeValue(forKey: namespace) ?? JoinBuffer()
      let other = buffer.joinOrKeep(half, within: limits.share(among: buffers.count + 1))
      defer { buffers[namespace] = buffer }
      return (other, buffer.takeLost())
    }
    for (deployment, count) in lost { intake.noteLost(count, of: deployment) }
    if let other { intake.take(PayloadEvent(half, other)) }
  }

  /// Gives up on halves that waited too long; called at each look, since nobody may come any more.
  package func expire() {
    let now = clock.now
    let lost = buffers.withLock { buffers in
      let lost = buffers.keys.flatMap { namespace in
        buffers[namespace]?.giveUp(at: now, after: limits.wait)
        return Array(buffers[namespace]?.takeLost() ?? [:])
      }
      buffers = buffers.filter { !$0.value.isEmpty }
      return lost
    }
    for (deployment, count) in lost { intake.noteLost(count, of: deployment) }
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
  private var lost: [DeploymentName: Int] = [:]

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
      lost[key.deployment, default: 0] += 1
      return nil
    }
    halves[key] = (half, order.end)
    order.append((key, half.came))
    bytes += half.part.body.count
    while bytes > limits.bytes || order.count > max(1, limits.halves) { giveUpOldest() }
    return nil
  }

  mutating func giveUp(at now: Instant, after wait: Duration) {
    while !order.isEmpty, now.since(order[order.first].came) >= wait {
      giveUpOldest()
    }
  }

  private mutating func giveUpOldest() {
    let number = order.first
    guard let (key, _) = order.popFirst(), let (half, itsNumber) = halves[key],
      number == itsNumber
    else { return }
    halves[key] = nil
    bytes -= half.part.body.count
    lost[key.deployment, default: 0] += 1
  }

  mutating func takeLost() -> [DeploymentName: Int] {
    defer { lost = [:] }
    return lost
  }
}

extension PayloadEvent {
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
