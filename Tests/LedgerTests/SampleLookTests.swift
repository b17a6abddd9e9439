import Analysis
import Encoding
import Randomness
import Rollouts
import Testing

@testable import Ledger

/// Looks with samples are read as they were written, whatever changes between two of them.
@Suite struct SampleLookTests {
  @Test(arguments: UInt64(0)..<200)
  func looksAreReadAsWritten(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let state = Rollout(name: DeploymentName(namespace: "default", name: "iris"))
    var (writer, reader) = (LookWriter(after: state), LookReader(after: state))
    var now = Instant(milliseconds: 1_790_000_000_000)
    for _ in 0..<30 {
      now = now.advanced(by: .seconds(5))
      let look = Look.observation(Self.world(at: now, &random))
      let text = Array(writer.write(look).json.canonical.utf8)
      #expect(
        reader.read(WrittenLook(json: try JSONValue(canonical: text))) == look,
        "\(String(decoding: text, as: UTF8.self))")
    }
  }

  private static func world(at now: Instant, _ random: inout SplitMix64) -> Observation {
    let ids = ["a", "b"].prefix(Int(random.next() % 3)).map { Revision.ID($0) }
    let bins = random.happens(onceIn: 10) ? 3 : 4
    let counts = ids.map { ($0, Self.counts(bins: bins, &random)) }
    return Observation(
      now: now, desired: .unchanged, counts: Dictionary(uniqueKeysWithValues: counts))
  }

  private static func counts(bins: Int, _ random: inout SplitMix64) -> Counts {
    let requests = Int(random.next() % 20)
    let hits = (0..<3).map { _ in
      (0..<bins).map { _ in random.happens(onceIn: 4) ? Int(random.next() % 9) : 0 }
    }
    let hostile = random.happens(onceIn: 40) ? -1 : 0
    let samples = SampleCounts(
      requests: requests, badInputs: hostile, dropped: random.happens(onceIn: 5) ? 1 : 0,
      pairs: random.happens(onceIn: 3) ? .init(compared: requests, differing: requests / 2) : nil,
      entities: random.happens(onceIn: 3) ? .init(seen: requests, reached: requests / 3) : nil,
      slices: random.happens(onceIn: 3) ? nil : slices(&random),
      features: Array(hits.prefix(2)), outputs: [hits[2]])
    return Counts(
      requests: requests, errors: 0, latency: Histogram(edges: [250], counts: [requests, 0]),
      samples: random.happens(onceIn: 8) ? nil : samples)
  }

  private static func slices(_ random: inout SplitMix64) -> SlicedCounts? {
    let names = ["acme", "a, b", "42"].prefix(Int(random.next() % 4))
    return SlicedCounts.Shape(names: Array(names), edges: [250]).flatMap { shape in
      SlicedCounts(
        shape: shape, integers: (0..<shape.width).map { _ in Int(random.next() % 3) })
    }
  }

  /// Slices follow what else is counted; their names stand in the shape, and only those that could be names.
  @Test func slicesAreTold() throws {
    let shape = try #require(SlicedCounts.Shape(names: ["acme"], edges: [250]))
    let samples = SampleCounts(
      requests: 3, entities: .init(seen: 2, reached: 1),
      slices: SlicedCounts(shape: shape, integers: [1, 0, 1, 0, 2, 1, 1, 1]), features: [],
      outputs: [])
    #expect(samples.row == [3, -5, 2, 1, 1, -1, 1, -1, 2, 1, 1, 1])
    let text = samples.json.canonical
    #expect(
      text
        == #"[[],[],[3,0,0,0,0,0,2,1,1,0,1,0,2,1,1,1],"entities",{"edges":[250],"names":["acme"]}]"#
    )
    #expect(SampleCounts(json: samples.json) == samples)
    for shape in [
      #"{"edges":[250],"names":["a\"b"]}"#, #"{"edges":[250],"names":["b","b"]}"#,
      #"{"edges":[],"names":["acme"]}"#, #"{"edges":[250]}"#, #"{"edges":[250],"names":[7]}"#,
    ] {
      let other = text.replacing(#"{"edges":[250],"names":["acme"]}"#, with: shape)
      #expect(SampleCounts(json: try JSONValue(canonical: Array(other.utf8))) == nil, "\(other)")
    }
  }

  /// Pairs are told apart from bins, in the short form as in the long.
  @Test func pairsAreTold() throws {
    let samples = SampleCounts(
      requests: 3, pairs: .init(compared: 2, differing: 1), features: [[0, 3]], outputs: [])
    #expect(samples.row == [3, -5, 2, 1, -1, 3])
    let text = samples.json.canonical
    #expect(text == #"[[2],[],[3,0,0,0,0,0,2,1,0,3],"pairs"]"#)
    #expect(SampleCounts(json: samples.json) == samples)
    let other: JSONValue = [[2], [], [3, 0, 0, 0, 0, 0, 2, 1, 0, 3], "bins"]
    #expect(SampleCounts(json: other) == nil)
    #expect(SampleCounts(json: [[2], []]) == nil)
  }

  /// So are entities, beside pairs and without them.
  @Test func entitiesAreTold() throws {
    let samples = SampleCounts(
      requests: 3, entities: .init(seen: 2, reached: 1), features: [[0, 3]], outputs: [])
    let text = samples.json.canonical
    #expect(text == #"[[2],[],[3,0,0,0,0,0,2,1,0,3],"entities"]"#)
    #expect(SampleCounts(json: samples.json) == samples)
    let both = SampleCounts(
      requests: 3, pairs: .init(compared: 2, differing: 0), entities: SampleCounts.Entities.none,
      features: [],
      outputs: [])
    #expect(both.json.canonical == #"[[],[],[3,0,0,0,0,0,2,0,0,0],"pairs","entities"]"#)
    #expect(SampleCounts(json: both.json) == both)
    let swapped: JSONValue = [[], [], [3, 0, 0, 0, 0, 0, 2, 0, 0, 0], "entities", "pairs"]
    #expect(SampleCounts(json: swapped) == nil)
  }

  /// A row of zeros is one number, and what is no row of samples is refused.
  @Test func zerosAreShort() {
    let samples = SampleCounts(requests: 3, features: [[0, 0, 3]], outputs: [[0, 0]])
    #expect(samples.row == [3, -7, 3, -2])
    for row in [[3, -7, 3], [3, -8, 3, -2], [3, 0, -7, 3, -2], [3, -7, 3, -3]] {
      var place = 0
      #expect(SampleCounts(LookRow(row), at: &place, samples.shape) == nil, "\(row)")
    }
  }
}
