import Profiles
import Testing

@Suite struct ByteKeysTests {
  /// Texts of every length that differ in one byte, wherever it is, or in their length alone.
  @Test func neighboursAreTold() {
    let texts = (0...40).flatMap { count in
      let same = [Character](repeating: "a", count: count)
      return [String(same)]
        + same.indices.map { place in
          var other = same
          other[place] = "b"
          return String(other)
        }
    }
    let keys = ByteKeys(texts)
    for (number, text) in texts.enumerated() {
      let bytes = Array(text.utf8)
      #expect(keys.find(bytes.span) == number, "\(text)")
      // The same within other bytes, as a cell is in its row.
      let row = Array("x".utf8) + bytes + Array("yz".utf8)
      #expect(keys.find(row.span.extracting(1..<1 + bytes.count)) == number, "\(text)")
      let absent = Array((text + "c").utf8)
      #expect(keys.find(absent.span) == nil, "\(text)")
    }
  }
}
