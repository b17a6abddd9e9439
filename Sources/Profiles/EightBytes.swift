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

/// The decimal digits at the beginning of eight bytes.
struct EightDigits {
  /// How many there are, 0 to 8.
  let count: Int
  /// What they say: 0 when there are none.
  let value: UInt64

  /// Counts the bytes up to the first that is no digit, and adds neighbours, then pairs, then fours,
  /// all at once.
  @inline(__always)
  init(_ bytes: UInt64) {
    // A digit is 0 to 9 now, and what is added carries out of every other byte.
    let digits = bytes ^ 0x3030_3030_3030_3030
    let others = (digits &+ 0x7676_7676_7676_7676 | digits) & 0x8080_8080_8080_8080
    count = others.trailingZeroBitCount / 8
    // Zeros before them do not change what they say. In two steps, as none may be of 64 bits.
    let half = UInt64(truncatingIfNeeded: 32 &- 4 &* count)
    let ones = (digits &<< half) &<< half
    let tens = ones &* 10 &+ ones >> 8
    let upper = (tens & 0xFF_0000_00FF) &* (100 + 1_000_000 << 32)
    let lower = (tens >> 16 & 0xFF_0000_00FF) &* (1 + 10_000 << 32)
    value = (upper &+ lower) >> 32
  }
}
