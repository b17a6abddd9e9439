extension String {
  /// The text as one segment of a path: a name from outside cannot reach another object.
  package var pathSegment: String {
    let plain = utf8.allSatisfy { $0.isPlainInURL }
    let isStep = self == "." || self == ".."
    return plain && !isStep ? self : urlEncoded
  }

  /// The text as a value of a query.
  package var urlEncoded: String {
    utf8.map { byte in
      byte.isPlainInURL && byte != UInt8(ascii: ".")
        ? String(UnicodeScalar(byte)) : "%" + byte.hexadecimalUpper
    }.joined()
  }
}

extension UInt8 {
  /// Whether RFC 3986 leaves the character alone everywhere.
  fileprivate var isPlainInURL: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~".utf8.contains(self)
    }
  }

  fileprivate var hexadecimalUpper: String {
    let digits = String(self, radix: 16, uppercase: true)
    return digits.count == 1 ? "0" + digits : digits
  }
}
