import Profiles
import Randomness
import Testing

/// The nearest Double, as every correct parser has it.
@Suite struct DecimalTextTests {
  /// Reads a number at the end of the bytes, where it takes the long way, and one with a row behind
  /// it: the same, whatever way.
  private func read(_ text: String) -> (value: Double, rest: Int)? {
    let bytes = Array(text.utf8)
    let alone = DecimalText(bytes.span, from: 0)
    for behind in [",", ",12345678.9,", "\n0.5,text,-7\n", " \u{80}\u{FF}abcdefgh"] {
      let inRow = bytes + Array(behind.utf8)
      let found = DecimalText(inRow.span, from: 0)
      #expect(found?.value == alone?.value && found?.end == alone?.end, "\(text)\(behind)")
    }
    return alone.map { ($0.value, bytes.count - $0.end) }
  }

  /// Numbers as programs print them, and digits at random, which are harder to round.
  @Test func readsWhatSwiftReads() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<20_000 {
      let value = Double(bitPattern: random.next())
      if value.isFinite { #expect(read("\(value)")?.value == value, "\(value)") }
      let digits = "\(random.next())".prefix(Int(random.next() % 20) + 1)
      let split = digits.prefix(Int(random.next() % UInt64(digits.count)))
      let texts = [
        "0.\(digits)", "-\(digits)", "\(digits)e-\(random.next() % 30)",
        "\(digits.first ?? "1").\(digits)", "\(digits)\(digits).5",
        "-\(split).\(digits.dropFirst(split.count))", "0.0000\(digits)", "0\(digits)00.\(split)0",
      ]
      for text in texts { #expect(read(text)?.value == Double(text), "\(text)") }
    }
  }

  @Test(
    arguments: [
      ("0", 0, 0), ("-0", 0, 0), ("+5", 5, 0), ("5.", 5, 0), (".5", 0.5, 0), ("5e", 5, 1),
      ("1e5x", 1e5, 1), ("12,", 12, 1), ("1e-400", 0, 0),
      ("9007199254740993", 9_007_199_254_740_992, 0),
      ("0x10", 0, 3), ("1_000", 1, 4),
    ] as [(String, Double, Int)])
  func known(text: String, value: Double, rest: Int) {
    let found = read(text)
    #expect(found?.value == value && found?.rest == rest)
    #expect(found?.value.sign == .plus)
  }

  @Test(arguments: ["", "-", ".", "e5", "nan", "inf", " 5", "1e999", "--5"])
  func noNumber(text: String) { #expect(read(text) == nil) }
}
