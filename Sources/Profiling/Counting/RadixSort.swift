/// Sorts finite numbers in time that follows their count alone.
///
/// The bits of a number, negative ones inverted, ascend as the numbers do, and are sorted eleven bits
/// at a time from the lowest: six times, where bytes would take eight. A digit that all numbers share
/// is passed over.
func sortAscending(_ values: inout [Double]) {
  var keys = values.map { key(of: $0) }
  var other = [UInt64](repeating: 0, count: keys.count)
  var counts = digitCounts(of: keys)
  for digit in 0..<digits {
    let range = digit * radix..<(digit + 1) * radix
    if counts[range].contains(keys.count) { continue }
    scatter(keys, into: &other, by: digit, &counts)
    swap(&keys, &other)
  }
  for index in keys.indices { values[index] = value(of: keys[index]) }
}

private let sign: UInt64 = 1 << 63
private let bits: UInt64 = 11
private let radix = 1 << 11
private let digits = 6

@inline(__always)
private func key(of value: Double) -> UInt64 {
  let bits = value.bitPattern
  // All ones for a negative number, the sign alone for another: a processor cannot guess which.
  return bits ^ (UInt64(bitPattern: Int64(bitPattern: bits) >> 63) | sign)
}

@inline(__always)
private func value(of key: UInt64) -> Double {
  Double(bitPattern: key ^ (UInt64(bitPattern: ~(Int64(bitPattern: key) >> 63)) | sign))
}

/// The place of one of the six digits of a key in its table.
@inline(__always)
private func digit(_ number: Int, of key: UInt64) -> Int {
  Int(truncatingIfNeeded: key &>> (UInt64(truncatingIfNeeded: number) &* bits)) & (radix - 1)
}

/// Returns how often each digit of the keys has each of its values.
private func digitCounts(of keys: [UInt64]) -> [Int] {
  var counts = [Int](repeating: 0, count: digits * radix)
  for key in keys {
    for number in 0..<digits { counts[number &* radix &+ digit(number, of: key)] &+= 1 }
  }
  return counts
}

/// Moves the keys to their places, and uses up the counts of the digit.
private func scatter(
  _ keys: [UInt64], into other: inout [UInt64], by number: Int, _ counts: inout [Int]
) {
  let base = number * radix
  var next = 0
  for index in base..<base + radix { (counts[index], next) = (next, next &+ counts[index]) }
  for key in keys {
    let index = base &+ digit(number, of: key)
    other[counts[index]] = key
    counts[index] &+= 1
  }
}
