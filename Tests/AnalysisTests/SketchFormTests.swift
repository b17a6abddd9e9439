import Analysis
import Foundation
import Randomness
import Testing

@Suite struct SketchFormTests {
  @Test func storedForm() throws {
    let sketch = SketchTests.sketch([1, 1.5, 1.5, 10, 0, -250, .nan], perMille: 10)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(
      String(decoding: try encoder.encode(sketch), as: UTF8.self)
        == #"{"accuracyPerMille":10,"largest":"10.0","negative":[277,1],"#
        + #""positive":[0,1,21,2,116,1],"refused":1,"smallest":"-250.0","zero":1}"#)
  }

  @Test(arguments: 0...20)
  func roundTrip(size: Int) throws {
    var generator = SplitMix64(seed: UInt64(size))
    let values = (0..<size * size).map { _ in Double(bitPattern: generator.next()) }
    let sketch = SketchTests.sketch(values, perMille: 20)
    #expect(try JSONDecoder().decode(DDSketch.self, from: JSONEncoder().encode(sketch)) == sketch)
  }

  /// What nobody could have counted is not taken over: each line changes one thing of a good
  /// sketch.
  @Test(arguments: [
    ("\"accuracyPerMille\":10", "\"accuracyPerMille\":0"),
    ("\"accuracyPerMille\":10", "\"accuracyPerMille\":501"),
    ("\"largest\":\"10.0\"", "\"largest\":\"nan\""),
    ("\"largest\":\"10.0\"", "\"largest\":\"inf\""),
    ("\"largest\":\"10.0\"", "\"largest\":\"-300.0\""),
    ("\"largest\":\"10.0\",", ""),
    ("[0,1,116,2]", "[0,1,116]"),
    ("[0,1,116,2]", "[116,2,0,1]"),
    ("[0,1,116,2]", "[0,1,0,2]"),
    ("[0,1,116,2]", "[0,0,116,2]"),
    ("[0,1,116,2]", "[0,-1,116,2]"),
    ("[0,1,116,2]", "[0,1,2048,2]"),
    ("[0,1,116,2]", "[0,1,9223372036854775807,2]"),
    ("[0,1,116,2]", "[-9223372036854775808,1]"),
    ("[0,1,116,2]", "[36000,1]"),
    ("[0,1,116,2]", "[0,9223372036854775807,1,9223372036854775807]"),
    ("\"zero\":0", "\"zero\":-1"),
    ("\"zero\":0", "\"zero\":9223372036854775807"),
    ("\"refused\":0", "\"refused\":9223372036854775807"),
    ("\"refused\":0", "\"refused\":0.5"),
  ])
  func hostileForms(part: String, replacement: String) throws {
    let good =
      #"{"accuracyPerMille":10,"largest":"10.0","negative":[277,1],"positive":[0,1,116,2],"#
      + #""refused":0,"smallest":"-250.0","zero":0}"#
    #expect(try decode(good).count == 4)
    #expect(good.contains(part))
    #expect(throws: DecodingError.self) {
      try decode(good.replacingOccurrences(of: part, with: replacement))
    }
  }

  private func decode(_ text: String) throws -> DDSketch {
    try JSONDecoder().decode(DDSketch.self, from: Data(text.utf8))
  }
}
