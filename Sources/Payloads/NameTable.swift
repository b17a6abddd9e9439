/// Finds the place of a text among a few that are known, by its UTF-8 bytes.
///
/// No `String` is made of what is looked up. Only what the profile names is ever stored, so whoever
/// sends texts cannot make it slower.
struct NameTable {
  private let names: [[UInt8]]
  /// Places in `names`, at the hash of their text or behind it; -1 where there is none.
  private var slots: [Int32]

  /// Of two texts that are the same, the first is found.
  init(_ texts: [String]) {
    names = texts.map { Array($0.utf8) }
    var capacity = 4
    while capacity < 2 * names.count { capacity *= 2 }
    slots = Array(repeating: -1, count: capacity)
    for (place, name) in names.enumerated() where find(name, name.indices) == nil {
      slots[slot(of: name, name.indices)] = Int32(place)
    }
  }

  /// Tries the place `guess` first.
  func find(_ bytes: [UInt8], _ range: Range<Int>, guess: Int) -> Int? {
    if guess < names.count, isSame(names[guess], bytes, range) { return guess }
    return find(bytes, range)
  }

  func find(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
    let place = Int(slots[slot(of: bytes, range)])
    return place < 0 ? nil : place
  }

  /// Where the text stands, or the free slot where it would.
  private func slot(of bytes: [UInt8], _ range: Range<Int>) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: textHash(bytes[range])) & mask
    while slots[slot] >= 0, !isSame(names[Int(slots[slot])], bytes, range) {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private func isSame(_ name: [UInt8], _ bytes: [UInt8], _ range: Range<Int>) -> Bool {
    guard name.count == range.count else { return false }
    for index in name.indices where name[index] != bytes[range.lowerBound + index] { return false }
    return true
  }
}

/// The hash by Fowler, Noll and Vo (FNV-1a, 64 bits) of a text's UTF-8 bytes.
func textHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
