/// Several looks that count as one, so that what lasts for some of them is seen once.
struct Block<Counts: Summable>: Equatable, Sendable, Codable {
  private var arms = Counts.none
  /// The time it covers so far, in milliseconds.
  private var length = 0

  /// Adds a look.
  ///
  /// - Returns: What the block counted, once it is full.
  mutating func add(_ look: Counts, length: Int, full: Int) -> Counts? {
    arms = arms + look
    self.length += length
    return self.length >= full ? close() : nil
  }

  /// Returns what was counted, if anything, and begins anew.
  mutating func close() -> Counts? {
    defer { self = Block() }
    return length > 0 ? arms : nil
  }
}

/// What is counted in a look and can be added up over several.
protocol Summable: Equatable, Sendable, Codable {
  static var none: Self { get }
  static func + (left: Self, right: Self) -> Self
}

extension Arms: Summable {}
