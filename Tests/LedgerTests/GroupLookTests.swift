import Encoding
import Randomness
import Rollouts
import Testing

@testable import Ledger

/// What a member of a group was told of the others is read as it was written, and written when it changes.
@Suite struct GroupLookTests {
  @Test(arguments: UInt64(0)..<100)
  func looksAreReadAsWritten(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let state = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var (writer, reader) = (LookWriter(after: state), LookReader(after: state))
    var (now, peers) = (Instant(milliseconds: 1_790_000_000_000), [Peer]())
    for _ in 0..<30 {
      now = now.advanced(by: .seconds(5))
      if random.happens(onceIn: 3) { peers = Self.peers(&random) }
      let look = Look.observation(Observation(now: now, desired: .unchanged, peers: peers))
      let text = Array(writer.write(look).json.canonical.utf8)
      #expect(
        reader.read(WrittenLook(json: try JSONValue(canonical: text))) == look,
        "\(String(decoding: text, as: UTF8.self))")
    }
  }

  private static func peers(_ random: inout SplitMix64) -> [Peer] {
    let stages: [Stage?] = [nil, .preparing, .step(place: 3), .baking, .ended]
    return (0..<Int(random.next() % 4)).map { index in
      Peer(
        name: "m\(index)", state: Peer.State.allCases[Int(random.next() % 5)],
        rollout: Int(random.next() % 5), stage: stages[Int(random.next() % 5)],
        willing: stages[Int(random.next() % 5)], ended: random.happens(onceIn: 2) ? 3 : nil,
        record: random.happens(onceIn: 2) ? 7 : nil)
    }
  }

  /// A look without a group is written as ever; one that says of peers what cannot be read is no look.
  @Test func whatIsNotToldIsNotWritten() throws {
    let state = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var writer = LookWriter(after: state)
    let alone = Observation(now: Instant(milliseconds: 5), desired: .unchanged)
    #expect(writer.write(.observation(alone)).json.canonical == #"{"at":5}"#)
    for peers in [#"[{"name":"m1"}]"#, "null", #"{"m1":1}"#, #"[1]"#] {
      var reader = LookReader(after: state)
      let text = Array(#"{"at":5,"peers":\#(peers)}"#.utf8)
      #expect(reader.read(WrittenLook(json: try JSONValue(canonical: text))) == nil, "\(peers)")
    }
  }
}
