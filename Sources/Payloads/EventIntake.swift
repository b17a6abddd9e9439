package import Control

/// Takes in what somebody else captured: events of KServe's payload logger, or of anything that speaks
/// like it.
package struct EventIntake: EventReceiver {
  private let pairing: Pairing

  package init(into intake: Intake, clock: any WallClock) {
    pairing = Pairing(into: intake, clock: clock) { intake.revision(of: $0, $1) }
  }

  package func receive(headers: [(name: String, value: String)], body: [UInt8]) -> EventReceipt {
    do throws(CloudEventError) {
      try pairing.take(PayloadPart(headers: headers, body: body))
      return .accepted
    } catch {
      return .refused("\(error)")
    }
  }
}

extension Intake {
  /// What became of everything, for whoever watches the controller.
  package var counts: IntakeCounts {
    get async {
      let statistics = await statistics()
      return IntakeCounts(taken: statistics.events, dropped: statistics.dropped)
    }
  }
}
