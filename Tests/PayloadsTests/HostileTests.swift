import Payloads
import Profiles
import Randomness
import Rollouts
import Testing

/// Whatever bytes come, they are counted and nothing breaks.
@Suite struct HostileTests {
  private static func list(_ depth: Int) -> String {
    String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
  }

  private static func tensor(_ rest: String) -> String { #"{"inputs": [{"name": "x", \#(rest)}]}"# }

  static let bodies: [(String, PayloadError.Kind)] = [
    ("", .empty), (" ", .truncated), ("{", .truncated), (#"{"instances": [[41"#, .truncated),
    (#"{"instances": [["re"#, .truncated), ("[]", .noTensors), ("{}", .noTensors),
    (#"{"inputs": {}}"#, .noTensors), (#"{"inputs": [1]}"#, .noTensors),
    (#"{"error": "no"}"#, .noTensors), (#"{"inputs": []}"#, .otherColumns),
    (#"{"instances": []} x"#, .noJSON), (#"{"instances": [],}"#, .noJSON),
    (#"{"instances": [1,]}"#, .noJSON), (#"{"instances": [01]}"#, .noJSON),
    (#"{"instances": [+1]}"#, .noJSON), (#"{"instances": [.5]}"#, .noJSON),
    (#"{"instances": [1.]}"#, .noJSON), (#"{"instances": [1e]}"#, .noJSON),
    (#"{"instances": [-]}"#, .noJSON), (#"{"instances": [0x1p3]}"#, .noJSON),
    (#"{"instances": ["\x"]}"#, .noJSON), (#"{"instances": ["\u00g0"]}"#, .noJSON),
    ("{\"instances\": [\"\n\"]}", .noJSON), (#"{"instances": [tru]}"#, .noJSON),
    (#"{"instances": ["\ud83d"]}"#, .noJSON), (#"{"instances": ["\udc00"]}"#, .notUTF8),
    (#"{"instances": [[NaN, "red"]]}"#, .notFinite), (#"{"instances": [[-Infinity]]}"#, .notFinite),
    (#"{"instances": [[1e999, 1]]}"#, .notFinite), (#"{"instances": [[41, 1], [2]]}"#, .wrongShape),
    (#"{"instances": [[[41, 1], [2]]]}"#, .wrongShape), (#"{"instances": [[41]]}"#, .otherColumns),
    (#"{"instances": [[41, 1, 1]]}"#, .otherColumns),
    (#"{"raw_input_contents": [], "inputs": []}"#, .binary),
    (tensor(#""shape": [1, 2], "parameters": {"binary_data_size": 16}"#), .binary),
    (tensor(#""shape": [1, 2]"#), .wrongShape), (tensor(#""data": [1, 2]"#), .wrongShape),
    (tensor(#""shape": [1, 2], "data": [41]"#), .wrongShape),
    (tensor(#""shape": [1, 2], "data": [[41, 1], [1, 2]]"#), .wrongShape),
    (tensor(#""shape": [-1, -2], "data": [41, 1]"#), .wrongShape),
    (tensor(#""shape": [0.5, 4], "data": [41, 1]"#), .wrongShape),
    (tensor(#""shape": [1, 4e18, 4e18], "data": [41, 1]"#), .wrongShape),
    (tensor(#""shape": [4e18, 4e18], "data": [41, 1]"#), .wrongShape),
    (tensor(#""shape": "2", "data": [41, 1]"#), .wrongShape),
    (tensor(#""shape": [1, 2], "data": "41"#), .wrongShape),
    (#"{"instances": \#(list(31)), "x": \#(list(32))}"#, .tooDeep),
    (#"{"x": \#(list(100_000))}"#, .tooDeep),
    (#"{"instances": [\#(String(repeating: "{},", count: 200_000)){}]}"#, .tooManyValues),
  ]

  @Test(arguments: bodies)
  func unreadable(body: String, kind: PayloadError.Kind) async {
    let desk = await Desk()
    desk.take(body)
    let statistics = await desk.intake.statistics()
    #expect(statistics.unreadable == [kind: 1])
    let counts = await desk.counts
    #expect(counts.badInputs == 1 && counts.features == [[0, 0, 0, 0], [0, 0, 0, 0]])
    #expect(counts.outputs == [[1, 0, 0]])
  }

  @Test(arguments: [
    [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
  ])
  func invalidUTF8(bytes: [Int]) async {
    let desk = await Desk()
    let text = bytes.map { UInt8($0) }
    desk.take(bytes: Array(#"{"instances": [[41, ""#.utf8) + text + Array(#""]]}"#.utf8))
    #expect(await desk.intake.statistics().unreadable == [.notUTF8: 1])
  }

  @Test func hugeTexts() async {
    let desk = await Desk()
    let text = String(repeating: "ä", count: 5_000_000)
    desk.take(Desk.v1(#"{"age": 41, "color": "\#(text)", "\#(text)": "\#(text)"}"#))
    let digits = String(repeating: "9", count: 300) + "." + String(repeating: "1", count: 1_000_000)
    desk.take(Desk.v1(#"{"age": \#(digits), "color": "red"}"#))
    let counts = await desk.counts
    #expect(counts.features == [[0, 0, 2, 0], [1, 0, 1, 0]])
    #expect(counts.badInputs == 1)
  }

  @Test func tenThousandFeatures() async {
    let desk = await Desk()
    let row = (0..<10_000).map { #""f\#($0)": \#($0)"# }.joined(separator: ",")
    desk.take(Desk.v1("{\(row)}"))
    let list = (0..<10_000).map { "\($0)" }.joined(separator: ",")
    desk.take(Desk.v1("[\(list)]"))
    #expect(await desk.counts.badInputs == 2)
    let columns = (0..<10_000).map { index in
      ProfileColumn(name: "f\(index)", kind: .number(edges: [5000]), counts: [1, 1, 0])
    }
    let wide = await Desk(features: columns)
    wide.take(Desk.v1("{\(row)}"))
    wide.take(Desk.v1("[\(list)]"))
    let counts = await wide.counts
    #expect(counts.badInputs == 0)
    #expect(counts.features.map { $0[0] }.reduce(0, +) == 10_000)
  }

  /// Bytes of bodies are changed, removed, doubled and put in: what is counted adds up.
  @Test func mutations() async {
    var random = SplitMix64(seed: 5)
    let desk = await Desk()
    let seeds =
      Self.bodies.map(\.0).filter { $0.utf8.count < 200 } + [
        Desk.request,
        Self.tensor(#""shape": [1, 2], "datatype": "FP64", "data": [[41.25e-1, "ä"]]"#),
      ]
    let cases = 5000
    for _ in 0..<cases {
      var body = Array(seeds[Int(random.next() % UInt64(seeds.count))].utf8)
      for _ in 0...random.next() % 4 { Self.mutate(&body, &random) }
      desk.take(bytes: body)
      if random.happens(onceIn: 100) { _ = await desk.samples }
    }
    let counts = await desk.counts
    let unreadable = await desk.intake.statistics().unreadable.values.reduce(0, +)
    #expect(counts.requests == cases && counts.dropped == 0 && counts.badOutputs == 0)
    #expect((cases / 2..<cases).contains(unreadable))
    #expect(counts.badInputs >= unreadable && counts.badInputs < cases)
    #expect(counts.features[0].reduce(0, +) == counts.features[1].reduce(0, +))
  }

  static func mutate(_ body: inout [UInt8], _ random: inout SplitMix64) {
    let tokens = Array("[]{},:\"\\0-.eEtfnNI1u \u{0}".utf8)
    let place = Int(random.next() % UInt64(body.count + 1))
    let end = min(body.count, place + Int(random.next() % 8))
    switch random.next() % 4 {
    case 0: body.removeSubrange(place..<end)
    case 1: body.insert(tokens[Int(random.next() % UInt64(tokens.count))], at: place)
    case 2: body.insert(contentsOf: body[place..<end], at: place)
    default: if place < body.count { body[place] = UInt8(truncatingIfNeeded: random.next()) }
    }
  }
}
