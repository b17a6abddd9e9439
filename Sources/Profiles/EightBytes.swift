/// Returns eight bytes as one number, the first byte the lowest; nil where there are fewer.
///
/// Eight bytes are looked at in the time of one. What is called unsafe checks the place as everything
/// else does, and takes any bytes for a number, which they are.
@inline(__always)
func eightBytes(_ bytes: Span<UInt8>, at place: Int) -> UInt64? {
  guard place &+ 8 <= bytes.count else { return nil }
  return UInt64(
    littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt64.self))
}

/// Returns up to seven bytes as one number, which is another for any other bytes of that count.
@inline(__always)
func lastBytes(_ bytes: Span<UInt8>, from place: Int, count: Int) -> UInt64 {
  guard count >= 4 else {
    guard count > 0 else { return 0 }
    // The first, the middle and the last of one to three bytes are all of them.
    let (first, middle, last) = (
      bytes[place], bytes[place &+ count &>> 1], bytes[place &+ count &- 1]
    )
    return UInt64(first) | UInt64(middle) &<< 8 | UInt64(last) &<< 16
  }
  return UInt64(fourBytes(bytes, at: place))
    | UInt64(fourBytes(bytes, at: place &+ count &- 4)) &<< 32
}

@inline(__always)
private func fourBytes(_ bytes: Span<UInt8>, at place: Int) -> UInt32 {
  UInt32(
    littleEndian: unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: place, as: UInt32.self))
}

/// The decimal digits at the beginning of eight bytes.
struct EightDigits {
  /// How many there are, 0 to 8.
  let count: Int
  /// The digits as numbers, the first the lowest, and above them whatever follows.
  private let digits: UInt64

  @inline(__always)
  init(_ bytes: UInt64) {
    // A digit is 0 to 9 now, and what is added carries out of every other byte.
    digits = bytes ^ 0x3030_3030_3030_3030
    let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
    count = others.trailingZeroBitCount / 8
  }

  /// What all eight say.
  @inline(__always)
  var whole: UInt64 { Self.value(of: digits) }

  /// What the first `count` say: 0 when there are none.
  @inline(__always)
  var value: UInt64 {
    // Zeros before them do not change what they say. In two steps, as none may be of 64 bits.
    let half = UInt64(truncatingIfNeeded: 32 &- 4 &* count)
    return Self.value(of: (digits &<< half) &<< half)
  }

  /// Adds neighbours, then pairs, then fours, all at once.
  @inline(__always)
  private static func value(of digits: UInt64) -> UInt64 {
    let tens = digits &* 10 &+ digits >> 8
    let upper = (tens & 0xFF_0000_00FF) &* (100 + 1_000_000 << 32)
    let lower = (tens >> 16 & 0xFF_0000_00FF) &* (1 + 10_000 << 32)
    return (upper &+ lower) >> 32
  }
}
