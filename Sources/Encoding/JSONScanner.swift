/// A finger on JSON text (RFC 8259): it says what comes next, and passes over it.
///
/// Nothing is made of what it passes: a text is a place in the bytes, which are handed to each call, so
/// that bytes that somebody else owns are read where they lie. Whoever reads makes of them what it needs,
/// and turns a problem into its own words. Numbers are the reader's: they differ most.
package struct JSONScanner: Sendable {
  package enum Token: Sendable { case object, list, text, number, yes, no, null }

  /// Where a text stands, without its quotes.
  package struct Text: Sendable {
    package let range: Range<Int>
    package let hasEscapes: Bool
    package let isASCII: Bool

    @inlinable
    init(range: Range<Int>, hasEscapes: Bool, isASCII: Bool) {
      self.range = range
      self.hasEscapes = hasEscapes
      self.isASCII = isASCII
    }
  }

  /// What is JSON in the eyes of whoever reads.
  package struct Rules: Sendable {
    /// How deep lists and objects may lie, so that no bytes can exhaust the stack.
    @usableFromInline let deepest: Int
    @usableFromInline let allowsBlanks: Bool
    /// The least byte that may stand for itself in a text.
    @usableFromInline let least: UInt8

    package init(deepest: Int, allowsBlanks: Bool = true, allowsControls: Bool = false) {
      self.deepest = deepest
      self.allowsBlanks = allowsBlanks
      least = allowsControls ? 0 : 0x20
    }
  }

  /// The place of the byte that comes next; a reader that knows what stands there may move it.
  package var position: Int
  package let end: Int
  @usableFromInline let rules: Rules
  @usableFromInline var depth = 0
  /// Whether nothing of the innermost list or object was read yet.
  @usableFromInline var isFirst = false

  package init(_ range: Range<Int>, _ rules: Rules) {
    position = range.lowerBound
    end = range.upperBound
    self.rules = rules
  }

  /// The byte at the finger; at the end NUL, which begins nothing.
  @inlinable @inline(__always)
  package func next(_ bytes: Span<UInt8>) -> UInt8 { position < end ? bytes[position] : 0 }

  @inlinable
  package func problem(_ kind: JSONProblem.Kind) -> JSONProblem {
    JSONProblem(kind: kind, offset: position, isAtEnd: position >= end)
  }

  @inlinable @inline(__always)
  package mutating func skipBlanks(_ bytes: Span<UInt8>) {
    if next(bytes) > 0x20 || !rules.allowsBlanks { return }
    skipSomeBlanks(bytes)
  }

  @inlinable
  mutating func skipSomeBlanks(_ bytes: Span<UInt8>) {
    var place = position
    while place < end {
      switch bytes[place] {
      case 0x20, 0x0A, 0x0D, 0x09: place &+= 1
      default:
        position = place
        return
      }
    }
    position = place
  }

  /// Whether nothing follows.
  @inlinable
  package mutating func isAtEnd(_ bytes: Span<UInt8>) -> Bool {
    skipBlanks(bytes)
    return position == end
  }
}

// What comes next.

extension JSONScanner {
  @inlinable
  package mutating func peek(_ bytes: Span<UInt8>) throws(JSONProblem) -> Token {
    skipBlanks(bytes)
    switch next(bytes) {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .list
    case UInt8(ascii: "\""): return .text
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): return .number
    case UInt8(ascii: "t"): return .yes
    case UInt8(ascii: "f"): return .no
    case UInt8(ascii: "n"): return .null
    default: throw problem(.noValue)
    }
  }

  /// Enters the list or object that comes next.
  @inlinable
  package mutating func open() throws(JSONProblem) {
    if depth == rules.deepest { throw problem(.tooDeep) }
    depth &+= 1
    position &+= 1
    isFirst = true
  }

  /// Returns whether the list has another item, at which the finger then is; otherwise leaves it.
  @inlinable
  package mutating func item(_ bytes: Span<UInt8>) throws(JSONProblem) -> Bool {
    try advance(bytes, until: UInt8(ascii: "]"))
  }

  /// Returns the key of the object's next member, with the finger at its value; nil leaves it.
  @inlinable
  package mutating func key(_ bytes: Span<UInt8>) throws(JSONProblem) -> Text? {
    guard try advance(bytes, until: UInt8(ascii: "}")) else { return nil }
    skipBlanks(bytes)
    guard next(bytes) == UInt8(ascii: "\"") else { throw problem(.noKey) }
    let key = try text(bytes)
    skipBlanks(bytes)
    guard next(bytes) == UInt8(ascii: ":") else { throw problem(.missing(UInt8(ascii: ":"))) }
    position &+= 1
    skipBlanks(bytes)
    return key
  }

  @inlinable @inline(__always)
  mutating func advance(
    _ bytes: Span<UInt8>, until last: UInt8
  ) throws(JSONProblem) -> Bool {
    skipBlanks(bytes)
    if next(bytes) == last {
      position &+= 1
      depth &-= 1
      isFirst = false
      return false
    }
    if !isFirst {
      guard next(bytes) == UInt8(ascii: ",") else { throw problem(.missing(last)) }
      position &+= 1
      skipBlanks(bytes)
    }
    isFirst = false
    return true
  }

  @inlinable
  package mutating func literal(
    _ bytes: Span<UInt8>, _ word: StaticString
  ) throws(JSONProblem) {
    for index in 0..<word.utf8CodeUnitCount {
      guard next(bytes) == word.utf8Start[index] else { throw problem(.noValue) }
      position &+= 1
    }
  }

  /// Passes over the text that comes next, with its quotes.
  @inlinable
  package mutating func text(_ bytes: Span<UInt8>) throws(JSONProblem) -> Text {
    let (start, least) = (position &+ 1, rules.least)
    var (place, bits, hasEscapes) = (start, UInt8(0), false)
    while place < end {
      let byte = bytes[place]
      if byte == UInt8(ascii: "\"") {
        position = place &+ 1
        return Text(range: start..<place, hasEscapes: hasEscapes, isASCII: bits < 0x80)
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        place &+= 1
      } else if byte < least {
        break
      }
      bits |= byte
      place &+= 1
    }
    position = min(place, end)
    throw problem(place < end ? .control : .unclosedText)
  }
}
