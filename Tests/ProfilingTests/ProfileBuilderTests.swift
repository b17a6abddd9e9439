import Profiles
import Profiling
import Randomness
import Testing

@Suite struct ProfileBuilderTests {
  /// Builds a profile of a file that arrives in pieces of so many bytes.
  private func build(
    _ text: String, piece: Int = .max, _ change: (inout ProfileOptions) -> Void = { _ in }
  ) throws(TableProblem) -> DataProfile? {
    var options = ProfileOptions()
    change(&options)
    var builder = ProfileBuilder(options)
    try take(Array(text.utf8), piece: piece, into: &builder)
    return builder.profile(source: "x")
  }

  private func take(
    _ bytes: [UInt8], piece: Int, into rows: inout some RowTaking
  ) throws(TableProblem) {
    var reader = TableReader(beginning: bytes.span)
    var (start, end) = (0, 0)
    while true {
      let isLast = end == bytes.count
      start += try rows.take(bytes.span.extracting(start..<end), isLast: isLast, from: &reader)
      if isLast { return }
      end = min(bytes.count, end.addingReportingOverflow(piece).overflow ? .max : end + piece)
    }
  }

  private static let csv = """
    \u{FEFF}amount,country,note,'a ''quoted'' name'\r
    1.5,DE,'two\nlines, ''quoted''',1\r
    NA,FR,,2\r
    -3,'NA',x,3\r
    2e2,DE,é,
    """.replacing("'", with: "\"")

  @Test func kindsAreInferred() throws {
    let profile = try #require(try build(Self.csv))
    #expect(profile.rows == 4)
    #expect(profile.features.map(\.name) == ["amount", "country", "note", "a \"quoted\" name"])
    let (amount, country, note) = (profile.features[0], profile.features[1], profile.features[2])
    #expect(amount.kind == .number(edges: [0, 200]) && amount.counts == [1, 1, 1, 1])
    #expect(amount.isOptional && amount.range == nil)
    #expect(country.kind == .category(values: ["DE", "FR", "NA"]))
    #expect(country.counts == [2, 1, 1, 0, 0] && !country.isOptional)
    #expect(note.kind == .category(values: ["two\nlines, \"quoted\"", "x", "é"]))
  }

  /// However the file is cut into pieces.
  @Test(arguments: 1...40)
  func piecesDoNotMatter(piece: Int) throws {
    #expect(try build(Self.csv, piece: piece) == build(Self.csv))
    #expect(try build(Self.json, piece: piece) == build(Self.json))
  }

  private static let json = """
    {"amount": 1.5, "ok": true, "v": [3, 4], "s": "a\\u00e9\\n"}

    {"ok": false, "amount": NaN, "v": [0, 0.5], "s": "\\ud83d\\ude00"}
    {"amount": -2e1, "ok": null, "v": null, "late": 8}
    """

  @Test func jsonLines() throws {
    let profile = try #require(
      try build(Self.json) {
        $0.wishes["late"] = .category
        $0.wishes["s"] = .text
        $0.hasRanges = true
      })
    #expect(profile.features.map(\.name) == ["amount", "ok", "v", "s", "late"])
    #expect(profile.features[0].counts == [1, 1, 1])
    #expect(profile.features[1].kind == .category(values: ["false", "true"]))
    #expect(profile.features[2].kind == .vector(dimension: 2, edges: [5]))
    #expect(profile.features[3].kind == .text(edges: [3]), "by characters")
    #expect(profile.features[4].kind == .category(values: ["8"]))
    #expect(profile.features[4].counts == [1, 0, 2])
    #expect(profile.features[0].range == ValueRange(-22.2, 3.8))
  }

  @Test(
    arguments: [
      ("a,b\n1,2\n3", "3: 1 cell under a header of 2"),
      ("a,a\n", "1: two columns are called \"a\""),
      ("a,\n", "1: column 2 has no name"), ("a\n1\nx", "3 a: found \"x\" after 1 number"),
      ("a\n\"1", "2 a: a quote that is never closed"),
      ("a\n\"1\"2", "2 a: text behind a closing quote"),
      ("{\"a\": 1}\n{\"a\": 1, \"a\": 2}", "2: two values of \"a\""),
      (
        "{\"a\": {}}",
        "1 a: an object in a row; values are numbers, texts, booleans or lists of numbers"
      ),
      ("{\"a\": [1, \"x\"]}", "1 a: a list of something else than numbers"),
      ("{\"a\": [1]}\n{\"a\": [1, 2]}", "2 a: a list of 2 numbers, where others have 1"),
      ("{\"a\": 1", "1: not JSON: \"}\" is missing"), ("{\"a\": 1} x", "1: text behind the object"),
      ("{\"a\": \"x", "1 a: not JSON: a text is never closed"),
      ("{}\n7", "2: a line is one JSON object"),
      ("{\"a\": \"\\u12\"}", "1 a: not JSON: an escape without four hexadecimal digits"),
      ("{\"a\": \"\\", "1 a: not JSON: a text is never closed"),
      ("{\"a\": 1x}", "1 a: not JSON: a value is missing, or no number"),
      ("{\"a\":", "1 a: not JSON: a value is missing"),
    ])
  func problems(text: String, expected: String) {
    do throws(TableProblem) {
      let profile = try build(text)
      Issue.record("accepted: \(String(describing: profile))")
    } catch {
      let column = error.column.map { " \($0)" } ?? ""
      #expect("\(error.line)\(column): \(error.message)" == expected)
    }
  }

  /// What is left out may hold anything that is JSON.
  @Test(
    arguments: [
      #"{"b": {"c": [{"d": "}"}, null], "e\"": -1.5e3}}"#, "[[1, 2], []]", #""]""#, "{}", "true",
      " [ { } , 1 ] ",
    ])
  func leftOutValues(value: String) throws {
    let rows = "{\"a\": 1, \"x\": \(value), \"b\": 2}\n{\"x\": \(value)}\n"
    let profile = try build(rows) { $0.ignored = ["x"] }
    #expect(profile?.features.map(\.name) == ["a", "b"] && profile?.rows == 2)
  }

  @Test(arguments: ["", "{", "[1", "[1}]x", "{\"a", "]", "{\"a\": x}", "[1 2"])
  func leftOutValuesAreJSON(value: String) {
    #expect(throws: TableProblem.self) {
      try build("{\"x\": \(value)}\n") { $0.ignored = ["x"] }
    }
  }

  @Test(arguments: ["", "a,b", "a\n\n", "{}", "\u{FEFF}"])
  func nothingToCount(text: String) throws {
    let profile = try build(text)
    #expect(profile == nil)
  }

  @Test func tenThousandColumnsAreRefused() {
    let header = (0..<10_000).map { "c\($0)" }.joined(separator: ",")
    #expect(throws: TableProblem.self) { try build(header + "\n") }
  }

  /// A value as frequent as zero often is has a range of its own, and nothing is lost.
  @Test func equalValuesAreNotParted() throws {
    let values = [0] * 70 + (1...30).map { $0 }
    let profile = try #require(try build("a\n" + values.map { "\($0)\n" }.joined()))
    guard case .number(let edges) = profile.features[0].kind else { return }
    #expect(edges.first == 1 && profile.features[0].counts[0] == 70)
    #expect(profile.features[0].counts.reduce(0, +) == 100)
  }

  /// A table counted in the bins of its own profile is that profile.
  @Test func countingAgainGivesTheSame() throws {
    var random = SplitMix64(seed: 8)
    let rows = (0..<3000).map { _ in
      "\(Double(random.next() % 100_000) / 100 - 300),\(random.next() % 7),"
        + "\(String(repeating: "é", count: Int(random.next() % 90)))\(random.next())\n"
    }
    let text = "n,c,t\n" + rows.joined()
    let profile = try #require(
      try build(text) {
        $0.wishes["c"] = .category
        $0.hasRanges = true
      })
    var counter = RowCounter(like: profile)
    try take(Array(text.utf8), piece: 1000, into: &counter)
    #expect(counter.profile(source: "x") == profile)
    #expect(["n", "c", "t"].allSatisfy { counter.offences(in: $0) == 0 })
  }

  @Test func anyBytesGiveAProfileOrAProblem() {
    var random = SplitMix64(seed: 21)
    let seeds = [Array(Self.csv.utf8), Array(Self.json.utf8)]
    for round in 0..<3000 {
      var bytes = seeds[round % 2]
      for _ in 0...(random.next() % 5) {
        bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      var builder = ProfileBuilder(ProfileOptions())
      try? take(bytes, piece: 7, into: &builder)
      let profile = builder.profile(source: "x")
      let columns = profile.map { $0.features + $0.outputs } ?? []
      #expect(columns.allSatisfy { $0.counts.reduce(0, +) == profile?.rows })
    }
  }
}

private func * (values: [Int], times: Int) -> [Int] { (0..<times).flatMap { _ in values } }
