import Encoding
import Randomness
import Testing

/// The strict reader: what it accepts has one spelling, and it accepts whatever we write.
@Suite struct CanonicalJSONTests {
  @Test(arguments: UInt64(0)..<200)
  func whatIsWrittenIsReadBack(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let value = Self.value(&random, depth: 0)
    #expect(try JSONValue(canonical: Array(value.canonical.utf8)) == value)
    #expect(try JSONValue(file: value.file) == value)
  }

  /// A file is one line that ends.
  @Test(arguments: ["1", "1\n\n", "1\n2", "1 \n", "\n1\n", ""])
  func otherFilesAreRefused(text: String) {
    #expect(throws: CanonicalError.self) { try JSONValue(file: Array(text.utf8)) }
  }

  /// Whatever single byte is changed: the reader refuses it, or it is another value's only spelling.
  @Test(arguments: UInt64(0)..<20)
  func whatIsReadHasOneSpelling(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let bytes = Array(Self.value(&random, depth: 0).canonical.utf8)
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        guard let value = try? JSONValue(canonical: changed) else { continue }
        #expect(Array(value.canonical.utf8) == changed, "byte \(index), bit \(bit)")
      }
    }
  }

  @Test(arguments: [
    "", " 1", "1 ", "1\n", "01", "-0", "+1", "1.0", "1e3", "9223372036854775808", "nul", "True",
    "[1,]", "[,1]", "[1 ]", "[1", "{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "{\"a\" :1}", "{a:1}",
    "{\"a\":1,}", "{\"a\"}", "{", "\"a", "\"", "\"\\/\"", "\"\\u0061\"", "\"\\u000A\"",
    "\"\\u000a\"",
    "\"\\u001F\"", "\"\\ud83d\\ude00\"", "\"\n\"", "\"\\\"", "\"\\", "1,2", "--1", "-",
  ])
  func otherSpellingsAreRefused(text: String) {
    #expect(throws: CanonicalError.self) { try JSONValue(canonical: Array(text.utf8)) }
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(throws: CanonicalError.self) { try JSONValue(canonical: [0x22, 0xFF, 0x22]) }
    let deep = Array(repeating: UInt8(ascii: "["), count: 100_000)
    #expect(throws: CanonicalError.self) { try JSONValue(canonical: deep) }
  }

  private static let texts = ["", "a", "b\n", "\u{1F}\u{1}", "\"\\", "é", "😀", "\u{202E}", "k9"]

  private static func value(_ random: inout SplitMix64, depth: Int) -> JSONValue {
    switch random.next() % (depth < 3 ? 6 : 4) {
    case 0: return .null
    case 1: return .bool(random.next() % 2 == 0)
    case 2: return .int(Int64(bitPattern: random.next()))
    case 3: return .string(texts[Int(random.next() % UInt64(texts.count))])
    case 4: return .array((0..<random.next() % 4).map { _ in value(&random, depth: depth + 1) })
    default:
      let count = random.next() % 5
      return .object(
        Dictionary(
          (0..<count).map { index in
            (
              texts[Int(random.next() % UInt64(texts.count))] + "\(index)",
              value(&random, depth: depth + 1)
            )
          }
        ) { $1 })
    }
  }
}
