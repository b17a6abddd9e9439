extension JSONScanner {
  /// What becomes of half a pair of UTF-16, which is no character.
  package enum HalfPairs: Sendable { case refused, replaced }

  /// Appends what a text with escapes says, in UTF-8 where its own bytes are.
  package func unescape(
    _ bytes: Span<UInt8>, _ text: Text, _ halfPairs: HalfPairs, into result: inout [UInt8]
  ) throws(JSONProblem) {
    var escapes = Escapes(place: text.range.lowerBound, end: text.range.upperBound)
    while escapes.place < escapes.end {
      guard bytes[escapes.place] == UInt8(ascii: "\\") else {
        result.append(bytes[escapes.place])
        escapes.place += 1
        continue
      }
      if bytes[escapes.place + 1] == UInt8(ascii: "u") {
        result += Array(try escapes.character(bytes, halfPairs).utf8)
      } else {
        result.append(try escapes.letter(bytes))
      }
    }
  }
}

/// A finger on the escapes of one text.
private struct Escapes {
  var place: Int
  let end: Int

  private func problem(_ kind: JSONProblem.Kind) -> JSONProblem {
    JSONProblem(kind: kind, offset: place, isAtEnd: false)
  }

  mutating func letter(_ bytes: Span<UInt8>) throws(JSONProblem) -> UInt8 {
    let byte = bytes[place + 1]
    let meant: UInt8
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): meant = byte
    case UInt8(ascii: "b"): meant = 0x08
    case UInt8(ascii: "f"): meant = 0x0C
    case UInt8(ascii: "n"): meant = 0x0A
    case UInt8(ascii: "r"): meant = 0x0D
    case UInt8(ascii: "t"): meant = 0x09
    default: throw problem(.unknownEscape)
    }
    place += 2
    return meant
  }

  /// Reads "\uXXXX", or two of them that are one character beyond the first 65,536.
  mutating func character(
    _ bytes: Span<UInt8>, _ halfPairs: JSONScanner.HalfPairs
  ) throws(JSONProblem) -> Character {
    let first = try unit(bytes)
    if first >> 10 == 0xD800 >> 10, place + 1 < end, bytes[place] == UInt8(ascii: "\\"),
      bytes[place + 1] == UInt8(ascii: "u")
    {
      let before = place
      let second = try unit(bytes)
      if second >> 10 == 0xDC00 >> 10 {
        let code = 0x10000 + (UInt32(first) & 0x3FF) << 10 + UInt32(second) & 0x3FF
        return Character(Unicode.Scalar(code) ?? "\u{FFFD}")
      }
      place = before
    }
    guard let scalar = Unicode.Scalar(first) else {
      if halfPairs == .refused { throw problem(.halfPair) }
      return "\u{FFFD}"
    }
    return Character(scalar)
  }

  private mutating func unit(_ bytes: Span<UInt8>) throws(JSONProblem) -> UInt16 {
    guard place + 6 <= end else { throw problem(.noHexadecimal) }
    var unit: UInt16 = 0
    for index in place + 2..<place + 6 {
      guard let digit = Character(Unicode.Scalar(bytes[index])).hexDigitValue else {
        throw problem(.noHexadecimal)
      }
      unit = unit << 4 | UInt16(digit)
    }
    place += 6
    return unit
  }
}
