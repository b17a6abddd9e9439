/// One line of a file that is no YAML, as a person reads it.
struct SlipLine {
  /// Counted from one.
  let number: Int
  let scalars: [Unicode.Scalar]
  /// How many spaces it begins with.
  let indent: Int

  init(number: Int, _ text: Substring.UnicodeScalarView) {
    self.number = number
    scalars = Array(text.last == "\r" ? text.dropLast() : text)
    indent = scalars.prefix { $0 == " " }.count
  }

  /// Whether nothing but a comment is in it.
  var isEmpty: Bool { next(0) == nil }

  /// Whether a document begins or ends with it.
  var isMarker: Bool {
    let text = text(from: 0)
    return ["---", "..."].contains { marker in
      text == marker || text.hasPrefix(marker + " ")
    }
  }

  func position(_ index: Int) -> TextPosition { TextPosition(line: number, column: index + 1) }

  func text(from start: Int) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars[start...])
    return String(text)
  }

  /// Returns where text begins at or after `index`; nil when only blanks and a comment are left.
  func next(_ index: Int) -> Int? {
    guard let found = scalars[index...].firstIndex(where: { $0 != " " && $0 != "\t" }) else {
      return nil
    }
    let isComment = scalars[found] == "#" && (found == 0 || isBlank(found - 1))
    return isComment ? nil : found
  }

  /// Returns the next start of text after anchors and tags, which are refused elsewhere.
  func next(afterProperties index: Int) -> Int? {
    var index = index
    while let start = next(index) {
      guard scalars[start] == "&" || scalars[start] == "!" else { return start }
      index = scalars[start...].prefix { $0 != " " }.endIndex
    }
    return nil
  }

  /// The first character of the indentation that is neither a space nor text.
  var strangeBlank: Int? {
    guard scalars.indices.contains(indent) else { return nil }
    return scalars[indent] == "\t" || scalars[indent].properties.isWhitespace ? indent : nil
  }

  func isDash(at index: Int) -> Bool { scalars[index] == "-" && isBlank(index + 1) }

  /// Whether a blank or the end of the line is there.
  func isBlank(_ index: Int) -> Bool {
    !scalars.indices.contains(index) || scalars[index] == " " || scalars[index] == "\t"
  }

  /// Returns the colon that ends the key that begins at `start`; nil when no key does.
  func colon(from start: Int) -> Int? {
    switch scalars[start] {
    case "[", "{": return nil
    case "\"", "'":
      guard let end = endOfQuote(from: start + 1, scalars[start]), let colon = next(end + 1),
        scalars[colon] == ":", isBlank(colon + 1)
      else { return nil }
      return colon
    default: return plainColon(from: start)
    }
  }

  /// Returns the first colon that a blank follows.
  func plainColon(from start: Int) -> Int? {
    let end = comment(from: start) ?? scalars.endIndex
    return (start..<end).first { scalars[$0] == ":" && isBlank($0 + 1) }
  }

  /// Returns the colon of "version:8", after what can be a key and before what is no path.
  func tightColon(from start: Int) -> Int? {
    let name = scalars[start...].prefix { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
    }
    guard !name.isEmpty, scalars.indices.contains(name.endIndex), scalars[name.endIndex] == ":",
      !isBlank(name.endIndex + 1)
    else { return nil }
    return name.endIndex
  }

  private func comment(from start: Int) -> Int? {
    (start..<scalars.endIndex).first { scalars[$0] == "#" && $0 > 0 && isBlank($0 - 1) }
  }

  /// Returns where a quote that opened before `start` is closed.
  func endOfQuote(from start: Int, _ quote: Unicode.Scalar) -> Int? {
    var index = start
    while index < scalars.endIndex {
      if quote == "\"", scalars[index] == "\\" {
        index += 2
      } else if scalars[index] == quote {
        let isDoubled =
          quote == "'" && scalars.indices.contains(index + 1) && scalars[index + 1] == quote
        guard isDoubled else { return index }
        index += 2
      } else {
        index += 1
      }
    }
    return nil
  }
}

/// A mapping or a list of which lines were read, by the column in which its keys or dashes begin.
struct SlipLevel {
  let column: Int
  let isList: Bool
  /// The lines of its first and of its latest key or item.
  let first: Int
  var last: Int
}

/// The brackets that are open, through as many lines as it takes.
struct SlipBrackets {
  struct Bracket {
    let scalar: Unicode.Scalar
    let position: TextPosition
    /// Colons since the last comma: one entry has one at most.
    var colons = 0

    var closing: Unicode.Scalar { scalar == "[" ? "]" : "}" }
  }

  private var open: [Bracket] = []
  /// The column of the key or item that the value belongs to.
  private let column: Int

  init(below column: Int) { self.column = column }

  /// The one that was opened last.
  var innermost: Bracket? { open.last }

  /// Reads a line from `start`; returns where the outermost bracket ends, or nil when it is open.
  mutating func read(_ line: SlipLine, from start: Int) throws(Slip) -> Int? {
    var (index, word) = (start, start)
    // Whether a token can begin here, so that a quote is one.
    var isFresh = true
    while index < line.scalars.endIndex {
      let scalar = line.scalars[index]
      switch scalar {
      case "#" where index > 0 && line.isBlank(index - 1): return nil
      case " ", "\t": if !isFresh { word = index + 1 }
      case "\"" where isFresh, "'" where isFresh:
        guard let end = line.endOfQuote(from: index + 1, scalar) else {
          throw .openQuote(at: line.position(index))
        }
        (word, index, isFresh) = (index, end, false)
      case "[", "{":
        open.append(Bracket(scalar: scalar, position: line.position(index)))
        isFresh = true
      case "]", "}":
        guard let bracket = open.popLast() else { throw .closesNothing(line, at: index) }
        guard bracket.closing == scalar else { throw .wrongBracket(line, at: index, for: bracket) }
        if open.isEmpty { return index + 1 }
        isFresh = false
      case ",":
        open[open.endIndex - 1].colons = 0
        isFresh = true
      case ":" where line.isBlank(index + 1):
        open[open.endIndex - 1].colons += 1
        if open[open.endIndex - 1].colons > 1 { throw .noComma(line, at: word) }
        isFresh = true
      default:
        if isFresh { word = index }
        isFresh = false
      }
      index += 1
    }
    return nil
  }

  /// Reads a further line; one that can only be the next key or item shows that a bracket is open.
  mutating func goOn(_ line: SlipLine) throws(Slip) -> Int? {
    guard let start = line.next(0) else { return nil }
    let isOutside = start <= column && line.colon(from: start) != nil
    if isOutside || line.isDash(at: start), let innermost { throw .openBracket(innermost) }
    return try read(line, from: start)
  }
}
