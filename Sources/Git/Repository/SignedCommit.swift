/// A commit as its author signed it: the signature, and everything else.
struct SignedCommit: Equatable {
  /// The armoured text; nil when it is not signed.
  let signature: String?
  /// The object without its signature: what was signed.
  let payload: [UInt8]

  private static let header = Array("gpgsig".utf8)

  /// Takes an object apart; nil when it has several signatures, of which each reader would choose
  /// another.
  init?(_ object: [UInt8]) {
    var (signatures, payload): ([[UInt8]], [UInt8]) = ([], [])
    var rest = object[...]
    var isInSignature = false
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")), end > rest.startIndex {
      let line = rest[...end]
      rest = rest[(end + 1)...]
      if isInSignature, line.first == UInt8(ascii: " ") {
        signatures[signatures.count - 1] += line.dropFirst()
        continue
      }
      isInSignature = line.starts(with: Self.header + [UInt8(ascii: " ")])
      if isInSignature {
        signatures.append(Array(line.dropFirst(Self.header.count + 1)))
      } else {
        payload += line
      }
    }
    guard signatures.count <= 1 else { return nil }
    signature = signatures.first.map { String(decoding: $0, as: UTF8.self) }
    self.payload = payload + rest
  }
}
