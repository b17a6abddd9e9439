package import Control
package import Rollouts

/// Takes in what somebody else captured: events of KServe's payload logger, or of anything that speaks
/// like it.
package struct EventIntake: EventReceiver {
  private let intake: Intake
  private let pairing: Pairing
  private let clock: any WallClock

  package init(
    into intake: Intake, clock: any WallClock, limits: Pairing.Limits = Pairing.Limits()
  ) {
    self.intake = intake
    self.clock = clock
    pairing = Pairing(into: intake, clock: clock, limits: limits) { intake.revision(of: $0, $1) }
  }

  /// Returns what takes in the events of servers that a runtime knows.
  package func log(of directory: any ServerDirectory) -> LoggedPayloads {
    LoggedPayloads(pairing, directory, clock: clock)
  }

  package func receive(
    headers: [(name: String, value: String)], body: [UInt8],
    mayName: (_ namespace: String) -> Bool
  ) -> EventReceipt {
    do throws(CloudEventError) {
      let part = try PayloadPart(headers: headers, body: body)
      guard mayName(part.deployment.namespace) else { return .forbidden }
      try pairing.take(part)
      return .accepted
    } catch {
      return .refused("\(error)")
    }
  }
}

/// Whoever looks at the counts is the clock of what waits: halves whose other half never comes are given
/// up and counted as lost, also when no event comes any more.
extension EventIntake: Sampling {
  package func follow(_ plans: [DeploymentName: SamplePlan]) async { await intake.follow(plans) }

  package func samples() async -> [DeploymentName: Samples] {
    pairing.expire()
    return await intake.samples()
  }
}

extension Intake {
  /// What became of everything, for whoever watches the controller.
  package var counts: IntakeCounts {
    get async {
      let statistics = await statistics()
      return IntakeCounts(
        taken: statistics.events, dropped: statistics.dropped, pairs: statistics.pairs,
        conversions: statistics.conversions)
    }
  }
}
