import Profiles
import Profiling
import Testing

/// The predictions of a test set, judged by its labels as live ones are.
@Suite struct TestCounterTests {
  private static func column(
    _ name: String, _ kind: ProfileColumn.Kind, _ range: ValueRange? = nil
  ) -> ProfileColumn {
    ProfileColumn(
      name: name, kind: kind, counts: Array(repeating: 0, count: kind.bins + 1), range: range)
  }

  private static let animal = column("animal", .category(values: ["cat", "dog"]))
  private static let score = column("score", .number(edges: [0.1, 0.9]))
  private static let price = column("price", .number(edges: [10, 30]))
  private static let cat = column("cat", .number(edges: [0.2, 0.8]))
  private static let dog = column("dog", .number(edges: [0.2, 0.8]))
  private static let scores = column("scores", .vector(dimension: 3, edges: [1]))

  private static func count(
    _ outputs: [ProfileColumn], _ table: String
  ) throws(TableProblem) -> TestCounter {
    var counter = TestCounter(outputs: outputs, label: "truth")
    let bytes = Array(table.utf8)
    var reader = TableReader(beginning: bytes.span)
    _ = try counter.take(bytes.span, isLast: true, from: &reader)
    return counter
  }

  /// Each measure, and rows without a prediction or a label, which do not count.
  @Test(arguments: [
    ([animal], "animal,age,truth\ncat,3,cat\ndog,4,cat\n,5,cat\ncat,6,\ncat,7,cat\n", 0.333333),
    ([column("class", .category(values: ["0", "1"]))], "class,truth\n1.0,1\n0,0\n1,0\n", 0.333333),
    ([score], "score,truth\n0.5,1\n0.25,0\n1,true\n", 0.104167),
    ([price], "truth,price\n20,25\n10,12\n", 3.5),
    ([price], "truth,price\n1,2\n1,1\n1,1\n", 0.333333),
    ([price], "truth,price\n0,12345678.9\n", 12345679),
    ([cat, dog], "cat,dog,truth\n0.9,0.1,cat\n0.4,0.6,0\n0.4,0.6,1\n,0.6,1\n0.2,0.8,dog\n", 0.25),
    ([scores], #"{"scores": [0.1, 0.7, 0.2], "truth": 1}"# + "\n", 0.0),
    ([animal, price], "animal,price,truth\ncat,1,dog\n", 1.0),
  ])
  func mean(outputs: [ProfileColumn], table: String, expected: Double) throws {
    let result = try #require(try Self.count(outputs, table).result)
    #expect(abs(result.value - expected) < 1e-6)
  }

  @Test(
    arguments: [
      ([animal], .errorRate), ([score], .brierScore), ([price], .meanAbsoluteError),
      ([cat, dog], .errorRate), ([scores], .errorRate), ([], nil),
      ([column("constant", .number(edges: []))], .errorRate),
    ] as [([ProfileColumn], TestResult.Measure?)])
  func measure(outputs: [ProfileColumn], expected: TestResult.Measure?) {
    #expect(Loss(outputs).measure == expected)
  }

  @Test func whatIsMissingIsSaid() throws {
    #expect(try Self.count([Self.animal], "animal\ncat\n").absentColumns == ["truth"])
    let empty = try Self.count([Self.animal], "animal,truth\ncat,\n")
    #expect(empty.result == nil && empty.rows == 0)
  }

  @Test(arguments: [
    ([score], "score,truth\n0.5,1\n0.5,2\n", "found 2.0, which is no label of score"),
    ([score], "score,truth\n0.5,maybe\n", "found maybe, which is no label of score"),
    ([cat, dog], "cat,dog,truth\n1,0,bird\n", "found bird, which is no label of cat, dog"),
    ([price], "price,truth\nmuch,1\n", "found much, where a number was expected"),
    (
      [animal], #"{"animal": [1, 2], "truth": "cat"}"# + "\n",
      "found a list of 2 numbers, which was not expected"
    ),
  ])
  func whatCannotBeJudgedIsAnError(outputs: [ProfileColumn], table: String, message: String) {
    let error = #expect(throws: TableProblem.self) { try Self.count(outputs, table) }
    #expect(error?.message == message)
  }
}

/// What a test result promises: never less than itself, and the more rows there are, the nearer.
@Suite struct TestResultTests {
  private static let category = ProfileColumn(
    name: "class", kind: .category(values: []), counts: [1, 0])

  /// Against the score interval at three standard deviations, computed elsewhere.
  @Test(arguments: [
    (0.062, 20_000, 0.067315, 0.082752), (0, 100, 0.082569, 0.101124),
    (0.062, 50, 0.244292, 0.287789), (1, 10, 1, 1),
  ])
  func promise(value: Double, rows: Int, upper: Double, promise: Double) throws {
    let result = try #require(TestResult(.errorRate, value, rows: rows))
    #expect(abs(result.upperShare([Self.category]) - upper) < 1e-6)
    #expect(abs(result.promise([Self.category], oddsRatio: 1.25) - promise) < 1e-6)
  }

  /// An absolute error is a share of what it may be at most, as for live predictions.
  @Test func errorsOfNumbersAreShares() throws {
    let price = ProfileColumn(
      name: "price", kind: .number(edges: [10, 30]), counts: [1, 1, 1, 0],
      range: ValueRange(0, 100))
    let result = try #require(TestResult(.meanAbsoluteError, 5, rows: 100))
    #expect(result.share([price]) == 0.1)
    #expect(try #require(TestResult(.meanAbsoluteError, 500, rows: 1)).share([price]) == 1)
  }

  @Test(arguments: [(-0.1, 1), (1.1, 1), (.nan, 1), (0.5, 0)])
  func impossibleResults(value: Double, rows: Int) {
    #expect(TestResult(.brierScore, value, rows: rows) == nil)
  }
}
