// What of a value is counted: the same when a profile is built and when traffic is compared with it.

/// Returns how many characters UTF-8 has: code points, as most languages count them.
package func characters(of text: Span<UInt8>) -> Int {
  var count = 0
  for index in text.indices where text[index] & 0xC0 != 0x80 { count += 1 }
  return count
}

/// Returns the Euclidean norm.
package func norm(of vector: [Double]) -> Double {
  vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// Calls `body` with a category as it is counted.
///
/// Programs write the whole number 8 as "8.0" where values are missing, and Python writes true as
/// "True": that is no other category.
package func withCategoryKey<Result>(
  _ text: Span<UInt8>, _ body: (Span<UInt8>) -> Result
) -> Result {
  let count = text.count
  if count > 2, text[count - 1] == UInt8(ascii: "0"), text[count - 2] == UInt8(ascii: "."),
    isWhole(text.extracting(first: count - 2))
  {
    return body(text.extracting(first: count - 2))
  }
  guard count == 4 || count == 5, let number = truths.find(text) else { return body(text) }
  return body(number % 2 == 0 ? yes.span : no.span)
}

private let truths = ByteKeys(["True", "False", "TRUE", "FALSE"])
private let yes = Array("true".utf8)
private let no = Array("false".utf8)

private func isWhole(_ text: Span<UInt8>) -> Bool {
  let start = text[0] == UInt8(ascii: "-") ? 1 : 0
  for index in start..<text.count where text[index] &- UInt8(ascii: "0") > 9 { return false }
  return start < text.count
}
