import Profiles
import Testing

@Suite struct BinningTests {
  private static let number = Binning(DataProfileTests.age)
  private static let category = Binning(
    ProfileColumn(
      name: "c", kind: .category(values: ["red", "8", "true"]), counts: [1, 1, 1, 1, 0]))

  @Test(
    arguments: [
      (-1, 0, false), (0, 0, true), (17.9, 0, true), (18, 1, true), (42.5, 2, true),
      (121, 2, false),
      (.nan, 3, false), (.infinity, 3, false),
    ] as [(Double, Int, Bool)])
  func numbers(value: Double, bin: Int, isAllowed: Bool) {
    let place = Self.number.place(of: value)
    #expect(place?.bin == bin && place?.isAllowed == isAllowed)
  }

  /// An edge belongs to the range above it, zero whatever its sign, and numbers beside it do not.
  @Test func edgesAreExact() {
    let edges = [
      -Double.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude, 1, 1.0.nextUp,
      .greatestFiniteMagnitude,
    ]
    let binning = Binning(
      ProfileColumn(
        name: "n", kind: .number(edges: edges), counts: [Int](repeating: 0, count: 8)))
    for (index, edge) in edges.enumerated() {
      #expect(binning.place(of: edge)?.bin == index + 1)
      #expect(binning.place(of: edge.nextDown)?.bin == edges.count { $0 <= edge.nextDown })
    }
    #expect(binning.place(of: -0.0)?.bin == 2)
    #expect(binning.place(of: -.greatestFiniteMagnitude)?.bin == 0)
  }

  @Test(
    arguments: [
      ("red", 0), ("8", 1), ("8.0", 1), ("True", 2), ("true", 2), ("blue", 3), ("", 3), ("x.0", 3),
    ])
  func categories(text: String, bin: Int) { #expect(Self.category.place(of: text)?.bin == bin) }

  @Test func wholeNumbersAreCategories() {
    #expect(Self.category.place(of: 8)?.bin == 1)
    #expect(Self.category.place(of: 8.5)?.bin == 3)
    #expect(Self.category.place(of: 1e300)?.bin == 3)
  }

  @Test func lengthsAndNorms() {
    let text = Binning(
      ProfileColumn(name: "t", kind: .text(edges: [2, 4]), counts: [0, 0, 0, 0], isOptional: true))
    #expect(["", "é€", "abc", "abcd"].map { text.place(of: $0)?.bin } == [0, 1, 1, 2])
    #expect(text.missing.bin == 3 && text.missing.isAllowed)
    let vector = Binning(
      ProfileColumn(name: "v", kind: .vector(dimension: 2, edges: [5]), counts: [0, 0, 0]))
    #expect(vector.place(of: [3, 4])?.bin == 1)
    #expect(vector.place(of: [3, 3.9])?.bin == 0)
    #expect(vector.place(of: [3, .nan])?.bin == 2)
  }

  @Test func anotherTypeHasNoPlace() {
    #expect(Self.number.place(of: "5") == nil)
    #expect(Self.number.place(of: [5.0]) == nil)
    #expect(Self.category.place(of: [5.0]) == nil)
  }
}
