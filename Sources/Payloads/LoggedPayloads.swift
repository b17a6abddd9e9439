package import Control
package import Rollouts
import Threads

/// Takes in what the payload loggers of one runtime's servers send.
///
/// ```
/// event ──▶ whose server? ──▶ from there? ──▶ of the share? ──▶ Pairing ──▶ Intake
/// ```
///
/// KServe's logger shows no token and takes no share of what it sends. So an event counts for the server that it names
/// only when it comes from one of that server's own pods, and the share is taken here, by the id, which both halves of
/// an inference have.
package final class LoggedPayloads: PayloadLogReceiver {
  private let pairing: Pairing
  private let directory: any ServerDirectory
  private let clock: any WallClock
  private let state = Lock(State())

  private struct State {
    var counts = PayloadLogCounts()
    /// Requests that were named, by which the share follows.
    var requests: [DeploymentName: Int] = [:]
    var meter = SampleMeter()
  }

  init(_ pairing: Pairing, _ directory: any ServerDirectory, clock: any WallClock) {
    self.pairing = pairing
    self.directory = directory
    self.clock = clock
  }

  package var counts: PayloadLogCounts { state.withLock { $0.counts } }

  package func mayLog(from address: String?) -> Bool {
    let isKnown = directory.hasServer(at: address)
    if !isKnown { note(.unknown) }
    return isKnown
  }

  package func receive(
    headers: [(name: String, value: String)], body: [UInt8], from address: String?
  ) -> EventReceipt {
    let part: PayloadPart
    do throws(CloudEventError) {
      part = try PayloadPart(binary: headers, body: body)
    } catch {
      note(.malformed)
      return .refused("\(error)")
    }
    let (name, namespace) = (part.deployment.name, part.deployment.namespace)
    guard let server = directory.server(called: name, in: namespace),
      server.isReached(from: address)
    else {
      note(.unknown)
      return .forbidden
    }
    return take(part.named(server), of: server)
  }

  /// What is not wanted is as good as taken for a logger, which could do nothing about it.
  private func take(_ part: PayloadPart, of server: LoggedServer) -> EventReceipt {
    guard isChosen(part, of: server) else {
      note(.unsampled)
      return .accepted
    }
    do throws(CloudEventError) {
      try pairing.take(part)
      note(.taken)
    } catch {
      note(.unwanted)
    }
    return .accepted
  }

  private func isChosen(_ part: PayloadPart, of server: LoggedServer) -> Bool {
    let now = clock.now
    let share = state.withLock { state in
      if part.side == .request {
        state.requests[server.deployment, default: 0] += 1
        state.meter.note(state.requests[server.deployment] ?? 0, of: server.deployment, at: now)
      }
      return state.meter.share(server.sampling, of: server.deployment)
    }
    return PayloadShare.isChosen(part.id, of: share)
  }

  private func note(_ outcome: PayloadLogCounts.Outcome) {
    state.withLock { $0.counts.counts[outcome, default: 0] += 1 }
  }
}

/// Which requests are looked at of a share, by their ids: a smaller share is part of a larger one.
///
/// A client may have made the id. So the hash has a key that no other process has, and no client chooses whether its
/// request is looked at.
package enum PayloadShare {
  package static func isChosen(_ id: String, of share: PerMille) -> Bool {
    guard share < .all else { return true }
    return UInt(bitPattern: id.hashValue) % UInt(PerMille.all.value)
      >= UInt(share.complement.value)
  }
}

extension PayloadPart {
  /// The half as one of the server's deployment, at this clock's time: what else an event says is its sender's word.
  fileprivate func named(_ server: LoggedServer) -> PayloadPart {
    PayloadPart(
      side: side, id: id, deployment: server.deployment,
      server: .version(server.revision.description), at: nil, body: body)
  }
}
