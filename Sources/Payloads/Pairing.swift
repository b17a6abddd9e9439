package import Control
package import Rollouts
import Threads

/// Brings requests and answers together that come as events of their own.
///
/// Like a cloakroom: whoever comes first waits for the other with the same number. It has as many hooks
/// as the limits say. What is not fetched in time is lost, and said to be.
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
  }

  /// Says which revision of a deployment it is; nil when there is none.
  package typealias RevisionLookup =
    @Sendable (DeploymentName, PayloadPart.Server) -> Revision.ID?

  private let intake: any PayloadIntake
  private let clock: any WallClock
  private let revision: RevisionLookup
  private let cloakroom: Lock<Cloakroom>

  package init(
    into intake: any PayloadIntake, clock: any WallClock, limits: Limits = Limits(),
    revision: @escaping RevisionLookup
  ) {
    self.intake = intake
    self.clock = clock
    self.revision = revision
    cloakroom = Lock(Cloakroom(limits))
  }

  /// Takes one half, and hands on the event when it was the second.
  ///
  /// - Throws: `CloudEventError` when nobody knows the deployment or who answered; nothing is kept.
  package func take(_ part: PayloadPart) throws(CloudEventError) {
    guard let revision = revision(part.deployment, part.server) else {
      throw .unknownServer(part.deployment, part.server)
    }
    let now = clock.now
    let half = Cloakroom.Half(part: part, revision: revision, came: now)
    let (other, lost) = cloakroom.withLock { ($0.fetchOrLeave(half), $0.takeLost()) }
    for (deployment, count) in lost { intake.noteLost(count, of: deployment) }
    if let other { intake.take(PayloadEvent(half, other)) }
  }

  /// Gives up on halves that waited too long; called at each look, since nobody may come any more.
  package func expire() {
    let now = clock.now
    let lost = cloakroom.withLock {
      $0.giveUp(at: now)
      return $0.takeLost()
    }
    for (deployment, count) in lost { intake.noteLost(count, of: deployment) }
  }
}

/// The halves that wait.
private struct Cloakroom {
  struct Half {
    let part: PayloadPart
    let revision: Revision.ID
    let came: Instant
  }

  private struct Ticket: Hashable {
    let deployment: DeploymentName
    let id: String
  }

  private let limits: Pairing.Limits
  private var halves: [Ticket: (half: Half, number: Int)] = [:]
  /// In the order in which they came; some of them are fetched already.
  private var tickets = Fifo<(ticket: Ticket, came: Instant)>()
  private var bytes = 0
  private var lost: [DeploymentName: Int] = [:]

  init(_ limits: Pairing.Limits) { self.limits = limits }

  /// Returns the other half if it is there; otherwise this one waits.
  ///
  /// The same half again is ignored.
  mutating func fetchOrLeave(_ half: Half) -> Half? {
    giveUp(at: half.came)
    let ticket = Ticket(deployment: half.part.deployment, id: half.part.id)
    if let (other, _) = halves[ticket] {
      if other.part.side == half.part.side { return nil }
      halves[ticket] = nil
      bytes -= other.part.body.count
      return other
    }
    guard half.part.body.count <= limits.bytes else {
      lost[ticket.deployment, default: 0] += 1
      return nil
    }
    halves[ticket] = (half, tickets.end)
    tickets.append((ticket, half.came))
    bytes += half.part.body.count
    while bytes > limits.bytes || tickets.count > max(1, limits.halves) { giveUpOldest() }
    return nil
  }

  mutating func giveUp(at now: Instant) {
    while !tickets.isEmpty, now.since(tickets[tickets.first].came) >= limits.wait {
      giveUpOldest()
    }
  }

  private mutating func giveUpOldest() {
    let number = tickets.first
    guard let (ticket, _) = tickets.popFirst(), let (half, itsNumber) = halves[ticket],
      number == itsNumber
    else { return }
    halves[ticket] = nil
    bytes -= half.part.body.count
    lost[ticket.deployment, default: 0] += 1
  }

  mutating func takeLost() -> [DeploymentName: Int] {
    defer { lost = [:] }
    return lost
  }
}

extension PayloadEvent {
  /// KServe's logger sends no answer that failed.
  fileprivate init(_ one: Cloakroom.Half, _ other: Cloakroom.Half) {
    let (request, response) = one.part.side == .request ? (one, other) : (other, one)
    self.init(
      deployment: request.part.deployment, revision: response.revision,
      requestID: request.part.id, at: request.part.at ?? request.came,
      request: request.part.body, response: response.part.body, status: 200)
  }
}
