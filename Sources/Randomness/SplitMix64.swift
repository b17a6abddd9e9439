/// A generator of eight bytes of state that gives the same stream on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Returns a generator of its own for `purpose`, so that one more draw in one place does not
  /// change what every other place draws.
  package func child(_ purpose: UInt64) -> SplitMix64 {
    var mixer = SplitMix64(seed: state ^ (purpose &* 0xD6E8_FEB8_6659_FD93))
    return SplitMix64(seed: mixer.next())
  }

  /// Returns true once in `times` draws, on average.
  package mutating func happens(onceIn times: UInt64) -> Bool { next() % times == 0 }
}
