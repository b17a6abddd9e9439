/// Texts numbered in the order in which they came, found by their bytes without making a String.
package struct ByteKeys: Sendable {
  private var bytes: [UInt8] = []
  /// Where each key begins, and where the last one ends.
  private var starts = [0]
  /// The numbers of keys by their hash, −1 where there is none; a power of two, at most half full.
  private var slots = [Int32](repeating: -1, count: 64)

  package init() {}

  /// Numbers texts that are all different.
  package init(_ texts: [String]) {
    for text in texts {
      let utf8 = Array(text.utf8)
      _ = insert(utf8.span)
    }
  }

  package var count: Int { starts.count - 1 }

  /// The text of a key; nil when it is not UTF-8.
  package func validText(_ number: Int) -> String? {
    String(validating: bytes[starts[number]..<starts[number + 1]], as: UTF8.self)
  }

  package func find(_ key: Span<UInt8>) -> Int? {
    let number = slots[slot(of: key)]
    return number < 0 ? nil : Int(number)
  }

  /// Returns the number of a key, which is new when there was none.
  package mutating func insert(_ key: Span<UInt8>) -> Int {
    let slot = slot(of: key)
    if slots[slot] >= 0 { return Int(slots[slot]) }
    slots[slot] = Int32(count)
    for index in key.indices { bytes.append(key[index]) }
    starts.append(bytes.count)
    if count * 2 > slots.count { grow() }
    return count - 1
  }

  /// Returns the slot that holds a key, or in which it belongs.
  private func slot(of key: Span<UInt8>) -> Int {
    var slot = hash(key) & (slots.count - 1)
    while slots[slot] >= 0, !holds(Int(slots[slot]), key) { slot = (slot + 1) & (slots.count - 1) }
    return slot
  }

  private func holds(_ number: Int, _ key: Span<UInt8>) -> Bool {
    let start = starts[number]
    guard starts[number &+ 1] &- start == key.count else { return false }
    let own = bytes.span
    var place = 0
    while let word = eightBytes(key, at: place) {
      if eightBytes(own, at: start &+ place) != word { return false }
      place &+= 8
    }
    return lastBytes(key, from: place, count: key.count &- place)
      == lastBytes(own, from: start &+ place, count: key.count &- place)
  }

  /// Multiplies eight bytes at a time and folds the product: keys are few, and come from the owner's
  /// data.
  private func hash(_ key: Span<UInt8>) -> Int {
    var (hash, place) = (UInt64(truncatingIfNeeded: key.count), 0)
    while let word = eightBytes(key, at: place) {
      hash = Self.mixed(hash ^ word)
      place &+= 8
    }
    let rest = lastBytes(key, from: place, count: key.count &- place)
    return Int(truncatingIfNeeded: Self.mixed(hash ^ rest))
  }

  private static func mixed(_ bits: UInt64) -> UInt64 {
    let product = bits.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for number in 0..<count {
      let key = Array(bytes[starts[number]..<starts[number + 1]])
      slots[slot(of: key.span)] = Int32(number)
    }
  }
}
