import Control
import HTTP
import LocalRuntime
import Manifests
import Rollouts
import TestKit
import Testing

/// Who is captured: what a real Envoy chooses is what anybody can compute from the ids.
@Suite(.timeLimit(.minutes(5))) struct SamplingTests {
  /// The reference implementation's answers, for each of the ways that a length takes.
  @Test(
    arguments: zip(
      ["", "abc", "Nobody inspects the spammish repetition"],
      [0xEF46_DB37_51D8_E999, 0x44BC_2CF5_AD77_0999, 0xFBCE_A83C_8A37_8BF1] as [UInt64]))
  func theHashIsTheKnownOne(text: String, expected: UInt64) {
    #expect(XXHash64.of(text, seed: 0) == expected)
  }

  /// Envoy's own id of each request decides, which its answer carries.
  ///
  /// Of a larger share all is chosen that is chosen of a smaller one. What a client calls its request decides nothing and is kept beside it.
  @Test(.temporaryFolder) func theIDDecides() async throws {
    let intake = RecordingIntake()
    let names = (0..<400).map { "order \($0), of a customer whose name makes the id long" }
    let (other, unsampled) = (Self.deployment("other"), Self.deployment("unsampled"))
    var ids: [DeploymentName: [String]] = [:]
    try await Workbench.run(intake: intake) { bench in
      let (first, second) = (try Workbench.revision("1"), try Workbench.revision("2"))
      let split = [(first, 500), (second, 500)]
      try await bench.put(Workbench.plan(1, split, sampling: 50))
      try await bench.put(Workbench.plan(1, split, sampling: 300), to: other)
      try await bench.put(Workbench.plan(1, split), to: unsampled)
      for deployment in [Workbench.iris, other, unsampled] {
        for name in names {
          let answer = try await bench.infer(deployment.name, id: name)
          #expect(answer.value("x-client-request-id") == name)
          ids[deployment, default: []].append(try #require(answer.value("x-request-id")))
        }
      }
      try await bench.untilQuiet(intake)
    }
    func captured(_ name: DeploymentName) -> [String] {
      intake.events.filter { $0.deployment == name }.map(\.requestID).sorted()
    }
    let all = ids.values.flatMap(\.self)
    #expect(Set(all).count == 1200 && Set(all).isDisjoint(with: names))
    let shares: [(DeploymentName, UInt64)] = [(Workbench.iris, 50), (other, 300), (unsampled, 0)]
    for (deployment, share) in shares {
      let chosen = ids[deployment]?.filter { Self.isChosen($0, share) }
      #expect(captured(deployment) == chosen?.sorted())
    }
    #expect(!captured(other).isEmpty && intake.lost == 0)
  }

  /// A client that sends one id with every request has neither all of them looked at nor none.
  @Test(.temporaryFolder) func aClientCannotChoose() async throws {
    let names = (0..<100_000).lazy.map(String.init)
    let always = try #require(names.first { Self.isChosen($0, 300) })
    let never = try #require(names.first { !Self.isChosen($0, 300) })
    for name in [always, never] {
      let intake = RecordingIntake()
      try await Workbench.run(intake: intake) { bench in
        try await bench.put(
          Workbench.plan(1, [(try Workbench.revision("1"), 1000)], sampling: 300))
        for _ in 0..<200 { _ = try await bench.infer("iris", id: name) }
        try await bench.untilQuiet(intake)
      }
      // Three tenths of 200, to five standard errors.
      #expect((28...92).contains(intake.events.count), "\(name): \(intake.events.count)")
    }
  }

  private static func deployment(_ name: String) -> DeploymentName {
    DeploymentName(namespace: "default", name: name)
  }

  /// As docs/operating.md says.
  private static func isChosen(_ id: String, _ perMille: UInt64) -> Bool {
    XXHash64.of(id, seed: UInt64(EnvoyConfiguration.samplingSeed)) % 1000 >= 1000 - perMille
  }
}

extension Workbench {
  fileprivate func infer(_ model: String, id: String) async throws -> HTTPResponse {
    var request = HTTPRequest(
      "http://127.0.0.1:\(setup.local.listen.port)/v2/models/\(model)/infer")
    request.method = "POST"
    request.body = Array(Self.good.utf8)
    request.headers = [(name: "x-request-id", value: id)]
    return try await client.send(request)
  }
}

/// The hash that Envoy chooses by, written down from its specification.
private enum XXHash64 {
  private static let primes: [UInt64] = [
    0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5,
  ]

  static func of(_ text: String, seed: UInt64) -> UInt64 {
    var rest = Array(text.utf8)[...]
    var hash = begin(&rest, seed) &+ UInt64(text.utf8.count)
    while rest.count >= 8 {
      hash = (hash ^ round(0, take(&rest, 8))).rotated(27) &* primes[0] &+ primes[3]
    }
    if rest.count >= 4 {
      hash = (hash ^ (take(&rest, 4) &* primes[0])).rotated(23) &* primes[1] &+ primes[2]
    }
    while !rest.isEmpty { hash = (hash ^ (take(&rest, 1) &* primes[4])).rotated(11) &* primes[0] }
    hash = (hash ^ (hash >> 33)) &* primes[1]
    hash = (hash ^ (hash >> 29)) &* primes[2]
    return hash ^ (hash >> 32)
  }

  /// Takes the stripes of 32 bytes.
  private static func begin(_ rest: inout ArraySlice<UInt8>, _ seed: UInt64) -> UInt64 {
    guard rest.count >= 32 else { return seed &+ primes[4] }
    var lanes = [seed &+ primes[0] &+ primes[1], seed &+ primes[1], seed, seed &- primes[0]]
    while rest.count >= 32 {
      for lane in lanes.indices { lanes[lane] = round(lanes[lane], take(&rest, 8)) }
    }
    let mixed = zip(lanes, [1, 7, 12, 18]).reduce(0) { $0 &+ $1.0.rotated($1.1) }
    return lanes.reduce(mixed) { ($0 ^ round(0, $1)) &* primes[0] &+ primes[3] }
  }

  private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
    (lane &+ input &* primes[1]).rotated(31) &* primes[0]
  }

  private static func take(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> UInt64 {
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension UInt64 {
  fileprivate func rotated(_ bits: Int) -> UInt64 {
    self << UInt64(bits) | self >> UInt64(64 - bits)
  }
}
