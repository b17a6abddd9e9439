import Payloads
import Randomness
import Rollouts
import Testing

/// Two answers to one request, and whether they say the same.
@Suite struct AnswerComparisonTests {
  typealias Outcome = AnswerComparison.Outcome

  private static func compare(
    _ stable: String, _ candidate: String, _ agreement: Agreement = .standard
  ) -> Outcome {
    var comparison = AnswerComparison()
    return comparison.compare(
      stable: Array(stable.utf8), candidate: Array(candidate.utf8), by: agreement)
  }

  /// An output of V2, and an answer of several.
  private static func output(_ name: String, _ shape: String, _ data: String) -> String {
    #"{"name": "\#(name)", "datatype": "X", "shape": [\#(shape)], "data": [\#(data)]}"#
  }

  private static func v2(_ outputs: String...) -> String {
    #"{"model_version": "\#(outputs.count)", "outputs": [\#(outputs.joined(separator: ","))]}"#
  }

  private static func v1(_ rows: String) -> String { #"{"predictions": [\#(rows)]}"# }

  /// By the usual rule.
  @Test(arguments: [
    // Names, shapes and what is beside them.
    (v2(output("x", "2", "1, 2")), v2(output("x", "2", "1.0, 2e0")), Outcome.same),
    (v2(output("x", "2", "1, 2")), v2(output("y", "1", "7"), output("x", "2", "1, 2")), .same),
    (v2(output("x", "2", "1, 2"), output("y", "1", "7")), v2(output("x", "2", "1, 2")), .different),
    (v2(output("x", "2", "1, 2")), v2(output("y", "2", "1, 2")), .different),
    (v2(output("x", "1, 4", "1, 2, 3, 4")), v2(output("x", "2, 2", "1, 2, 3, 4")), .different),
    (v2(output("x", "2, 2", "[1, 2], [3, 4]")), v2(output("x", "2, 2", "1, 2, 3, 4")), .same),
    (v2(output("x", "2", "1, 2")), v2(output("x", "2, 1", "1, 2")), .different),
    (v2(), v2(), .same), (v2(output("x", "0", "")), v2(output("x", "0", "")), .same),
    (v2(output("x", "", "1")), v2(output("x", "", "2")), .different),
    (v2(output("x", "1", "1")), v1("1"), .different),
    // Types, and what is no number.
    (v1("1"), v1(#""1""#), .different), (v1("1"), v1("true"), .different),
    (v1("0"), v1("null"), .different), (v1("null"), v1("null"), .same),
    (v1("true, false"), v1("true, false"), .same), (v1("true"), v1("false"), .different),
    (v1(#""caf\u00e9""#), v1("\"caf\u{E9}\""), .same), (v1(#""a""#), v1(#""b""#), .different),
    (v1("NaN"), v1("NaN"), .same), (v1("NaN"), v1("1"), .different),
    (v1("1"), v1("NaN"), .different), (v1("-Infinity"), v1("-Infinity"), .same),
    (v1("Infinity"), v1("-Infinity"), .different), (v1("Infinity"), v1("1e308"), .different),
    (v1("1e308"), v1("Infinity"), .different), (v1("-1e308"), v1("1e308"), .different),
    (v1(#"[{"a": 1}]"#), v1(#"[{"a": 1}]"#), .same),
    (v1(#"[{"a": 1}]"#), v1(#"[{"a": 2}]"#), .different),
    // V1, rows as lists and by member.
    (v1("[1, 2], [3, 4]"), v1("[1, 2], [3, 4]"), .same), (v1("1, 2"), v1("1"), .different),
    (v1("1"), v1("1, 2"), .different), (v1("1"), v1("[1]"), .same), (v1(""), v1(""), .same),
    (v1(#"{"a": 1, "b": [2]}"#), v1(#"{"b": [2], "c": 3, "a": 1}"#), .same),
    (v1(#"{"a": 1, "b": [2]}"#), v1(#"{"b": [2]}"#), .different),
    (v1(#"{"a": 1}, {"b": 2}"#), v1(#"{"b": 2}, {"a": 1}"#), .different),
    (v1(#"{"a": 1}"#), v1(#"{"a": 1}, {"a": 1}"#), .different),
    (v1("{}"), v1("{}, {}"), .different),
    // What cannot be read.
    ("", v1("1"), .different), (v1("1"), "{}", .different), ("{}", "{}", .unknown),
    ("[1]", "[2]", .unknown), (v1("[1], [2, 3]"), v1("[1], [2, 3]"), .unknown),
    (v1("1, [1]"), v1("1"), .different), (v1("{}, [1]"), v1("{}, [1]"), .unknown),
    (v2(output("x", "3", "1, 2")), v2(output("x", "2", "1, 2")), .different),
    (v2(output("x", "1", "1"), output("x", "1", "2")), v2(output("x", "1", "1")), .different),
    (#"{"outputs": [{"shape": [1], "data": [1]}]}"#, v2(output("x", "1", "1")), .different),
    (#"{"raw_output_contents": [], "outputs": []}"#, v2(), .different),
    // The last of two wins, as with every key.
    (#"{"predictions": [1], "predictions": [2]}"#, v1("2"), .same),
    (
      #"{"outputs": [{"name": "x", "data": [1, 2], "data": [3], "shape": [1]}]}"#,
      v2(output("x", "1", "3")), .same
    ),
  ])
  func usual(stable: String, candidate: String, outcome: Outcome) {
    #expect(Self.compare(stable, candidate) == outcome)
  }

  @Test(arguments: [
    (Agreement.Rule.exact, "1, 2", "1, 2.0000000000000004", Outcome.different),
    (.exact, "-0.0", "0", .same),
    (.close(absolute: 0.5, relative: 0), "1, 2", "1.5, 1.5", .same),
    (.close(absolute: 0.5, relative: 0), "1, 2", "1.5, 1.4", .different),
    // The tolerance is a part of stable's number, not of the candidate's.
    (.close(absolute: 0, relative: 0.5), "-100", "-50", .same),
    (.close(absolute: 0, relative: 0.5), "-50", "-100", .different),
    (.close(absolute: 0, relative: 1), "0", "1e-300", .different),
    (.close(absolute: 0, relative: 1e300), "1e300", "-1e300", .same),
    (.close(absolute: 1e308, relative: 1), "Infinity", "1", .different),
    (.argMax, "[0.1, 0.7, 0.2], [3, 2, 1]", "[0.3, 0.4, 0.3], [9, 2, 1]", .same),
    (.argMax, "[0.1, 0.7, 0.2], [3, 2, 1]", "[0.3, 0.4, 0.3], [1, 2, 1]", .different),
    (.argMax, "[1, 1, 0]", "[1, 0, 0]", .same), (.argMax, "[1, 1, 0]", "[0, 1, 0]", .different),
    (.argMax, "[[0, 1], [1, 0]]", "[[0, 9], [9, 0]]", .same),
    (.argMax, "[[0, 1], [1, 0]]", "[[0, 9], [0, 9]]", .different),
    (.argMax, "[NaN, 1, 2]", "[NaN, 1, 2]", .same), (.argMax, "[NaN, 2]", "[1, 2]", .different),
    (.argMax, "[NaN, NaN]", "[NaN, NaN]", .same), (.argMax, "[-Infinity, NaN]", "[-1, NaN]", .same),
    // Without numbers to put in order, everything counts.
    (.argMax, "1, 2", "1, 3", .different), (.argMax, "[1], [2]", "[1], [2]", .same),
    (.argMax, #"["a", 1]"#, #"["a", 1]"#, .same), (.argMax, #"["a", 1]"#, #"["a", 2]"#, .different),
    (.argMax, "[null, 1]", "[2, 1]", .different), (.argMax, "[]", "[]", .same),
    (.rank(first: 2), "[5, 9, 7, 1]", "[1, 9, 7, 5]", .same),
    (.rank(first: 2), "[5, 9, 7, 1]", "[5, 7, 9, 1]", .different),
    (.rank(first: 2), "[5, 9, 5, 1]", "[5, 9, 5, 5]", .same),
    (.rank(first: 3), "[5, 9, 5, 1]", "[4, 9, 5, 1]", .different),
    (.rank(first: 1000), "[3, 1, 2]", "[9, 7, 8]", .same),
    (.rank(first: 1000), "[3, 1, 2]", "[9, 8, 7]", .different),
    (.rank(first: -1), "[3, 1, 2]", "[9, 8, 7]", .same),
  ])
  func rule(rule: Agreement.Rule, stable: String, candidate: String, outcome: Outcome) {
    let agreement = Agreement(usual: .exact, outputs: ["predictions": rule])
    #expect(Self.compare(Self.v1(stable), Self.v1(candidate), agreement) == outcome)
  }

  /// Each output has its own rule, in rows by member as well.
  @Test func rulesByName() {
    let agreement = Agreement(
      usual: .exact, outputs: ["score": .close(absolute: 1, relative: 0), "classes": .argMax])
    let stable = #"{"score": 1, "classes": [1, 2], "label": 3}"#
    let close = #"{"score": 2, "classes": [0, 9], "label": 3}"#
    #expect(Self.compare(Self.v1(stable), Self.v1(close), agreement) == .same)
    for other in [close.replacing("3", with: "4"), close.replacing("2", with: "2.1")] {
      #expect(Self.compare(Self.v1(stable), Self.v1(other), agreement) == .different)
    }
  }

  @Test(arguments: [
    String(repeating: "[", count: 100_000), v1(String(repeating: "[", count: 40)),
    v1(String(repeating: "1,", count: 300_000) + "1"),
    "{\"predictions\": [{" + (0..<70_000).map { "\"\($0)\": []," }.joined() + "\"x\": 1}]}",
    v2(output("x", "4e18, 4e18", "1")), v2(output("x", "-1", "1")), v2(output("x", "0.5", "1")),
    v2(output("x", #""1""#, "1")),
    v2(output("x", (0..<33).map { _ in "1" }.joined(separator: ","), "1")),
    v1("1e999"), v1("Inf"), v1("--Infinity"), v1("Nan"), "\u{0}", "{\"outputs\": null}",
  ])
  func hostile(body: String) {
    #expect(Self.compare(body, body) == .unknown)
    #expect(Self.compare(body, Self.v1("1")) == .different)
    #expect(Self.compare(Self.v1("1"), body) == .different)
  }

  private static let rules: [Agreement.Rule] = [
    .exact, .usual, .close(absolute: 0.5, relative: 0.25), .argMax, .rank(first: 3),
  ]

  /// Any answer agrees with itself, and with its own values in the other version of the protocol no worse;
  /// rules without a side agree in both directions; what is beyond the tolerance is found.
  @Test func properties() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      let (rows, width) = (1 + Int(random.next() % 3), 2 + Int(random.next() % 5))
      let one = (0..<rows * width).map { _ in Self.number(&random) }
      var two = one
      let place = Int(random.next() % UInt64(two.count))
      two[place] = Self.number(&random)
      for rule in Self.rules {
        let (first, second) = (Self.body(one, width), Self.body(two, width))
        let agreement = Agreement(usual: rule)
        #expect(Self.compare(first, first, agreement) == .same)
        let outcome = Self.compare(first, second, agreement)
        if case .close(let absolute, let relative) = rule {
          let isFar = abs(two[place] - one[place]) > absolute + relative * abs(one[place])
          #expect((outcome == .different) == isFar)
        } else {
          #expect(Self.compare(second, first, agreement) == outcome)
        }
        if rule == .exact { #expect((outcome == .different) == (one != two)) }
      }
    }
  }

  private static func number(_ random: inout SplitMix64) -> Double {
    Double(Int(random.next() % 9)) / 4 - 1
  }

  private static func body(_ numbers: [Double], _ width: Int) -> String {
    v2(
      output(
        "x", "\(numbers.count / width), \(width)", numbers.map(\.description).joined(separator: ",")
      ))
  }

  /// Bytes of answers are changed, removed, doubled and put in: nothing breaks, and each agrees with itself or
  /// cannot be read.
  @Test func mutations() {
    var random = SplitMix64(seed: 5)
    let seeds = [
      Self.v1("[1, NaN], [-Infinity, 2e9]"),
      Self.v1(#"{"a": 1, "b": ["x", null]}, {"a": {"c": 0}}"#),
      Self.v2(Self.output("x", "1, 2", "1, 2"), Self.output("y", "1", #""ä""#)),
    ]
    for _ in 0..<5000 {
      var body = Array(seeds[Int(random.next() % UInt64(seeds.count))].utf8)
      for _ in 0...random.next() % 4 { HostileTests.mutate(&body, &random) }
      var comparison = AnswerComparison()
      for rule in Self.rules {
        let agreement = Agreement(usual: rule)
        let outcome = comparison.compare(stable: body, candidate: body, by: agreement)
        #expect(outcome != .different)
        _ = comparison.compare(stable: Array(seeds[0].utf8), candidate: body, by: agreement)
      }
    }
  }
}
