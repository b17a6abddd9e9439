/// By what requests are judged in groups of their own: a value that comes with each names a tenant, a country, a
/// client's version.
package struct Slices: Hashable, Sendable, Codable {
  /// What holds the value.
  package let by: SliceKey
  /// How many values are told apart at most; all others together, and requests without one, are a slice more.
  package let worst: Int

  /// More would cost more evidence than most rollouts gather.
  package static let most = 50
  /// The longest value that names a slice, in bytes.
  package static let longestName = 64

  package init(by: SliceKey, worst: Int) {
    precondition((1...Self.most).contains(worst), "\(worst) slices")
    self.by = by
    self.worst = worst
  }

  /// Whether a client's text can name a slice: what a person reads the same way everywhere, in a sentence and
  /// between quotes.
  package static func isName(_ text: String) -> Bool {
    let bytes = text.utf8
    return (1...longestName).contains(bytes.count)
      && bytes.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
  }
}
