/// Sorts finite numbers in time that follows their count alone.
///
/// The bits of a number, negative ones inverted, ascend as the numbers do, and are sorted byte by
/// byte from the lowest. A byte that all numbers share is passed over.
func sortAscending(_ values: inout [Double]) {
  var keys = values.map { key(of: $0) }
  var other = [UInt64](repeating: 0, count: keys.count)
  let counts = byteCounts(of: keys)
  for byte in 0..<8 {
    let counted = counts[byte * 256..<byte * 256 + 256]
    if counted.contains(keys.count) { continue }
    scatter(keys, into: &other, by: byte, counted)
    swap(&keys, &other)
  }
  for index in keys.indices { values[index] = value(of: keys[index]) }
}

private let sign: UInt64 = 1 << 63

private func key(of value: Double) -> UInt64 {
  let bits = value.bitPattern
  return bits & sign == 0 ? bits | sign : ~bits
}

private func value(of key: UInt64) -> Double {
  Double(bitPattern: key & sign == 0 ? ~key : key & ~sign)
}

/// Returns how often each of the eight bytes of the keys has each of its values.
private func byteCounts(of keys: [UInt64]) -> [Int] {
  var counts = [Int](repeating: 0, count: 8 * 256)
  for key in keys {
    for byte in 0..<8 { counts[byte &* 256 &+ Int(key >> UInt64(byte &* 8) & 255)] &+= 1 }
  }
  return counts
}

private func scatter(
  _ keys: [UInt64], into other: inout [UInt64], by byte: Int, _ counts: ArraySlice<Int>
) {
  var places: [Int] = []
  places.reserveCapacity(256)
  var next = 0
  for count in counts {
    places.append(next)
    next += count
  }
  let shift = UInt64(byte * 8)
  for key in keys {
    let digit = Int(key >> shift & 255)
    other[places[digit]] = key
    places[digit] &+= 1
  }
}
