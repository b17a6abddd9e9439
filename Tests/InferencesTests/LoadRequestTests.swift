import Foundation
import Inferences
import Profiles
import Randomness
import Testing

/// Requests that are made of a profile: what is drawn, and how it is put into the form of a model.
@Suite struct LoadRequestTests {
  static let columns = [
    ProfileColumn(
      name: "age", kind: .number(edges: [18, 40, 65]), counts: [0, 700, 200, 100, 50]),
    ProfileColumn(
      name: "income", kind: .number(edges: [0]), counts: [10, 90, 0],
      range: ValueRange(-5, 1_000_000)),
    ProfileColumn(name: "any", kind: .number(edges: []), counts: [100, 0]),
    ProfileColumn(name: "far", kind: .number(edges: [-1.7e308, 1.7e308]), counts: [1, 1, 1, 0]),
    ProfileColumn(name: "city", kind: .text(edges: [3, 8.5]), counts: [10, 70, 20, 0]),
    ProfileColumn(
      name: "plan", kind: .category(values: ["free", "paid"]), counts: [75, 25, 40, 3]),
    ProfileColumn(
      name: "words", kind: .vector(dimension: 3, edges: [0.5, 1]), counts: [10, 60, 30, 0]),
  ]

  /// Each bin is drawn about as often as it was hit, and what is drawn is in the bin and in the range.
  @Test(arguments: columns)
  func drawsAreInTheirBins(column: ProfileColumn) throws {
    let (draw, binning) = (ColumnDraw(column), Binning(column))
    var random = SplitMix64(seed: 7)
    var hits = [Int](repeating: 0, count: column.bins)
    let count = 2000
    for _ in 0..<count {
      let place = try #require(Self.place(draw.value(using: &random), binning))
      #expect(place.isAllowed)
      hits[place.bin] += 1
    }
    let isCategory = column.kind.edges == nil
    let named = column.counts.dropLast(isCategory ? 2 : 1)
    for (bin, hit) in hits.enumerated() {
      let share =
        bin < named.count ? Double(named[bin]) / Double(named.reduce(0, +)) : 0
      // Four standard deviations.
      let room = 4 * (Double(count) * share * (1 - share)).squareRoot()
      #expect(abs(Double(hit) - Double(count) * share) <= room, "\(column.name) \(bin): \(hits)")
    }
  }

  static func place(_ value: ColumnDraw.Value?, _ binning: Binning) -> Binning.Place? {
    switch value {
    case .number(let number): binning.place(of: number)
    case .text(let text): binning.place(of: text)
    case .numbers(let numbers): binning.place(of: numbers)
    case nil: nil
    }
  }

  /// A column that was always missing has nothing to draw.
  @Test func nothingToDraw() {
    var random = SplitMix64(seed: 7)
    let column = ProfileColumn(name: "x", kind: .category(values: ["a"]), counts: [0, 5, 5])
    #expect(ColumnDraw(column).value(using: &random) == nil)
  }

  static let two = [
    ProfileColumn(name: "age", kind: .number(edges: [18, 19]), counts: [0, 1, 0, 0]),
    ProfileColumn(name: "plan", kind: .category(values: ["7"]), counts: [1, 0, 0]),
  ]

  /// The columns are found as captured requests are read: a table by position, tensors by name, or by position.
  @Test(
    arguments: [
      // the form; what its tensors hold, where 18 is a number from 18 to 19
      (nil, ["age FP64 18.", "plan INT64 7"]),
      (
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[2,2],"data":[1,1,1,1]}]}"#,
        ["x FP32 18.,7,18.,7"]
      ),
      (
        #"{"inputs":[{"name":"plan","datatype":"BYTES","shape":[1],"data":["a"]},"#
          + #"{"name":"other","datatype":"BOOL","shape":[1],"data":[true]}]}"#,
        ["plan BYTES 7", "other BOOL 1"]
      ),
      (
        #"{"inputs":[{"name":"a","datatype":"INT32","shape":[1,1],"data":[1]},"#
          + #"{"name":"b","datatype":"BYTES","shape":[1,1],"data":["a"]}]}"#,
        ["a INT32 18", "b BYTES 7"]
      ),
      // Nothing of the profile is found in it.
      (
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}"#,
        ["x FP32 1,2,3"]
      ),
    ] as [(String?, [String])])
  func formsAreFilled(form: String?, tensors: [String]) throws {
    let bodies = LoadRequests.bodies(form: form, features: Self.two)
    let first = try #require(bodies.first)
    let body = try JSONSerialization.jsonObject(with: Data(first)) as? [String: Any]
    let inputs = try #require(body?["inputs"] as? [[String: Any]])
    let found = inputs.map { input in
      let data = (input["data"] as? [Any] ?? []).map { "\($0)".replacing(/^18\..*/, with: "18.") }
      return "\(input["name"] ?? "") \(input["datatype"] ?? "") \(data.joined(separator: ","))"
        .replacing("true", with: "1")
    }
    #expect(found == tensors)
    #expect(bodies.count == (tensors == ["x FP32 1,2,3"] ? 1 : LoadRequests.most))
  }

  /// What a form says beside its tensors stays, and each run sends the same requests.
  @Test func requestsAreTheSameEachTime() throws {
    let form =
      #"{"parameters":{"content_type":"pd"},"inputs":[{"name":"age","datatype":"FP32","#
      + #""shape":[1],"data":[1]}]}"#
    let bodies = LoadRequests.bodies(form: form, features: Self.two)
    #expect(bodies == LoadRequests.bodies(form: form, features: Self.two))
    #expect(Set(bodies).count > 200)
    #expect(String(decoding: bodies[0], as: UTF8.self).contains(#""content_type":"pd""#))
  }

  /// Without a profile the form is the request, and without both there is none.
  @Test func withoutAProfile() {
    #expect(LoadRequests.bodies(form: "{}", features: []) == [Array("{}".utf8)])
    #expect(LoadRequests.bodies(form: nil, features: []).isEmpty)
  }

  /// A profile of a million values makes no request of its own.
  @Test func aVeryWideProfileIsNotDrawn() {
    let wide = ProfileColumn(
      name: "v", kind: .vector(dimension: 1_000_000, edges: []), counts: [1, 0])
    #expect(LoadRequests.bodies(form: nil, features: [wide]).isEmpty)
    #expect(LoadRequests.bodies(form: "{}", features: [wide]).count == 1)
  }

  /// Nor do long texts of many rows, which a manifest can ask for in a few bytes: gigabytes of one request.
  @Test func longTextsOfManyRowsAreNotDrawn() {
    let text = ProfileColumn(name: "t", kind: .text(edges: [65_536]), counts: [0, 1, 0])
    func form(_ rows: Int) -> String {
      #"{"inputs":[{"name":"t","datatype":"BYTES","shape":[\#(rows),1],"data":[]}]}"#
    }
    let many = LoadRequests.bodies(form: form(50_000), features: [text])
    #expect(many == [Array(form(50_000).utf8)])
    let few = LoadRequests.bodies(form: form(10), features: [text])
    #expect(few.count > 1 && few.allSatisfy { $0.count < 1 << 20 })
  }
}
