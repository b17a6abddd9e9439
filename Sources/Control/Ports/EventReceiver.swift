package import Rollouts

/// Takes in captured payloads that were sent as CloudEvents over HTTP.
package protocol EventReceiver: Sendable {
  /// Takes one event, in the binary or the structured mode, and never waits.
  ///
  /// - Parameters:
  ///   - headers: All of the request's, in their order; names are in small letters.
  ///   - body: The whole body, as it was sent.
  ///   - mayName: Says whether the sender speaks for a namespace.
  /// - Returns: What became of it.
  func receive(
    headers: [(name: String, value: String)], body: [UInt8],
    mayName: (_ namespace: String) -> Bool
  ) -> EventReceipt
}

/// What became of an event.
package enum EventReceipt: Equatable, Sendable {
  case accepted
  /// It will never be taken; why not, in words for the sender.
  case refused(String)
  /// It is of a namespace for which its sender does not speak.
  case forbidden
  /// There is no room now; it may be sent again.
  case busy
}

/// What became of everything that was captured, since the start.
package struct IntakeCounts: Equatable, Sendable {
  package let taken: Int
  package let dropped: Int
  package let pairs: PairCounts
  package let conversions: ConversionCounts
  /// By runtime, of those whose servers log payloads.
  package var logs: [String: PayloadLogCounts] = [:]

  package init(
    taken: Int, dropped: Int, pairs: PairCounts = PairCounts(),
    conversions: ConversionCounts = ConversionCounts()
  ) {
    self.taken = taken
    self.dropped = dropped
    self.pairs = pairs
    self.conversions = conversions
  }
}

/// What became of answers of stable and the candidate to one request.
package struct PairCounts: Equatable, Sendable {
  package var same = 0
  package var different = 0
  /// One of them failed or was not kept, or neither can be read.
  package var incomparable = 0
  /// By arm, those whose other answer did not come: of stable most are of requests that were not copied.
  package var alone: [Arm: Int]

  package init(
    same: Int = 0, different: Int = 0, incomparable: Int = 0, alone: [Arm: Int] = [:]
  ) {
    self.same = same
    self.different = different
    self.incomparable = incomparable
    self.alone = alone
  }
}

/// What became of reports that an entity reached a goal, each in one of these counts.
package struct ConversionCounts: Equatable, Sendable {
  /// The first of an entity that was answered.
  package var joined = 0
  /// Came before the entity was seen, and wait now.
  package var waiting = 0
  /// Waited in vain.
  package var unknown = 0
  /// Of an entity of which one had come.
  package var doubled = 0
  /// Of a metric that no A/B test of the deployment asks for.
  package var otherMetric = 0
  /// Did not fit.
  package var dropped = 0
  /// Not a report: answers to entities that are not counted, because there are too many.
  package var turnedAway = 0

  package init(
    joined: Int = 0, waiting: Int = 0, unknown: Int = 0, doubled: Int = 0, otherMetric: Int = 0,
    dropped: Int = 0, turnedAway: Int = 0
  ) {
    self.joined = joined
    self.waiting = waiting
    self.unknown = unknown
    self.doubled = doubled
    self.otherMetric = otherMetric
    self.dropped = dropped
    self.turnedAway = turnedAway
  }
}
