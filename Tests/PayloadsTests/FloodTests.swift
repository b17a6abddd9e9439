import Control
import Payloads
import Rollouts
import Testing
import Threads

/// A namespace that sends without end takes no other's room.
@Suite struct FloodTests {
  private static func name(_ namespace: String) -> DeploymentName {
    DeploymentName(namespace: namespace, name: "fraud")
  }

  /// Of a hundred messages half is for whoever comes; of the other, each of five namespaces has ten.
  @Test func eachNamespaceHasItsShare() {
    let limits = IntakeLimits(bytes: 1000, messages: 100)
    var room = SharedRoom(limits)
    let names = ["a", "b", "c", "d", "e"]
    room.divide(among: Set(names.map(Self.name)))
    #expect((0..<1000).count { _ in room.take(1, for: "a") } == 60)
    for name in names.dropFirst() {
      #expect((0..<1000).count { _ in room.take(1, for: name) } == 10)
    }
    room.giveBack(1, of: "a")
    #expect(room.take(1, for: "b") && !room.take(1, for: "b"))
    // Of the bytes, too.
    var bytes = SharedRoom(limits)
    bytes.divide(among: Set(names.map(Self.name)))
    #expect((0..<1000).count { _ in bytes.take(50, for: "a") } == 12)
    #expect(bytes.take(100, for: "b") && !bytes.take(1, for: "b"))
  }

  /// Halves of another namespace wait for their other half while one sends ten thousand that never come.
  @Test func halvesOfOthersStay() throws {
    let notes = Notes()
    let pairing = Pairing(
      into: notes, clock: FloodClock(), limits: Pairing.Limits(halves: 100, bytes: 10_000)
    ) { _, _ in Revision.ID("r") }
    func half(_ namespace: String, _ id: String, _ side: PayloadPart.Side) throws {
      try pairing.take(
        PayloadPart(
          side: side, id: id, deployment: Self.name(namespace), server: .stable, at: nil,
          body: [0x7B, 0x7D]))
    }
    try half("b", "mine", .request)
    for number in 0..<10_000 { try half("a", "\(number)", .request) }
    try half("b", "mine", .response)
    #expect(notes.events.withLock { $0 } == ["mine"])
  }

  private final class Notes: PayloadIntake {
    let events = Lock<[String]>([])

    func take(_ event: PayloadEvent) { events.withLock { $0.append(event.requestID) } }
    func take(_ label: Label) {}
    func take(_ conversion: Conversion) {}
    func noteLost(_ count: Int, of deployment: DeploymentName?) {}
  }

  private struct FloodClock: WallClock {
    var now: Instant { Instant(milliseconds: 0) }
    func sleep(for duration: Duration) async throws {}
  }
}
