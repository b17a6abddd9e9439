/// Why bytes are no JSON in the eyes of whoever reads them, and where.
package struct JSONProblem: Error, Equatable, Sendable {
  package enum Kind: Equatable, Sendable {
    case noValue, noKey, tooDeep
    /// A comma, or this byte, was to come.
    case missing(UInt8)
    case unclosedText, control, unknownEscape, noHexadecimal, halfPair
  }

  package let kind: Kind
  package let offset: Int
  /// Whether nothing stands there any more.
  package let isAtEnd: Bool

  @inlinable
  package init(kind: Kind, offset: Int, isAtEnd: Bool) {
    self.kind = kind
    self.offset = offset
    self.isAtEnd = isAtEnd
  }
}
