/// Looks for the slip in a file that libyaml refused.
///
/// libyaml says where its grammar could not go on, which may be many lines below what is wrong. This
/// reads as a person does, by the columns in which lines begin, and knows what people get wrong. It
/// is asked only about files that are no YAML, so it need not know all of YAML.
struct SlipFinder {
  /// What the line before left open.
  private enum Open {
    /// Its value is whole.
    case nothing
    /// A key or a dash waits for its value.
    case value
    /// Text without quotes may go on in deeper lines.
    case text
    /// A text after "|" or ">": all lines deeper than `below`, and no shallower than the first.
    case block(below: Int, first: Int?)
    case quote(Unicode.Scalar, TextPosition)
    case brackets(SlipBrackets)
  }

  private let lines: [SlipLine]
  /// The line that is read, by its place in `lines`.
  private var current = 0
  private var levels: [SlipLevel] = []
  private var open = Open.nothing
  /// A line that is right only when nothing follows that shows it should have been a key.
  private var suspect: Slip?

  /// Returns the first slip of a text; nil when there is none that is known.
  static func slip(in body: [UInt8]) -> Slip? {
    var finder = SlipFinder(String(decoding: body, as: UTF8.self))
    do throws(Slip) {
      try finder.read()
      return finder.suspect
    } catch {
      return error
    }
  }

  private init(_ text: String) {
    lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated().map { SlipLine(number: $0.offset + 1, $0.element) }
  }

  private mutating func read() throws(Slip) {
    for index in lines.indices {
      current = index
      if try !goesOn(lines[index]) { try begin(lines[index]) }
    }
    switch open {
    case .quote(_, let position): throw .openQuote(at: position)
    case .brackets(let brackets): if let last = brackets.innermost { throw .openBracket(last) }
    default: break
    }
  }

  /// Reads a line as the rest of what the lines before left open; false when it is none.
  private mutating func goesOn(_ line: SlipLine) throws(Slip) -> Bool {
    switch open {
    case .block(let below, let first):
      guard line.scalars.count > line.indent else { return true }
      guard line.indent > below else {
        open = .nothing
        return false
      }
      if let first, line.indent < first { throw .shallowText(line, line.indent, first: first) }
      open = .block(below: below, first: first ?? line.indent)
    case .quote(let quote, let position):
      guard let end = line.endOfQuote(from: 0, quote) else { return true }
      guard line.next(end + 1) == nil else { throw .openQuote(at: position) }
      open = .nothing
    case .brackets(var brackets):
      let end = try brackets.goOn(line)
      open = .brackets(brackets)
      if let end { try finish(line, at: end) }
    case .nothing, .value, .text: return false
    }
    return true
  }

  private mutating func begin(_ line: SlipLine) throws(Slip) {
    guard !line.isEmpty else { return }
    guard !line.isMarker, line.scalars.first != "%" else {
      (levels, open, suspect) = ([], .nothing, nil)
      return
    }
    if let blank = line.strangeBlank { throw .blank(line, at: blank) }
    var start = line.indent
    while line.isDash(at: start) {
      try enter(start, isList: true, line)
      open = .value
      guard let next = line.next(start + 1) else { return }
      start = next
    }
    guard let colon = line.colon(from: start) else { return try text(line, at: start) }
    try enter(start, isList: false, line)
    try value(line, from: colon + 1)
  }

  /// Reads what is neither a key nor a dash: a value on a line of its own, or more of one.
  private mutating func text(_ line: SlipLine, at start: Int) throws(Slip) {
    let isDeeper = start > (levels.last?.column ?? -1)
    switch open {
    case .value where isDeeper:
      let isAlone = start == line.indent
      try value(line, from: start)
      if isAlone, case .text = open { suspect = suspect ?? .noKey(line, at: start) }
    case .text where isDeeper && !levels.isEmpty:
      if let colon = line.plainColon(from: start) { throw suspect ?? .secondColon(line, at: colon) }
    case .nothing where levels.isEmpty:
      try value(line, from: start)
      if case .text = open { suspect = .noKey(line, at: start) }
    default: throw suspect ?? .noKey(line, at: start)
    }
  }

  /// Reads a value, or that there is none.
  private mutating func value(_ line: SlipLine, from index: Int) throws(Slip) {
    guard let start = line.next(afterProperties: index) else { return open = .value }
    switch line.scalars[start] {
    case "|", ">": open = .block(below: levels.last?.column ?? -1, first: nil)
    case "\"", "'":
      let quote = line.scalars[start]
      guard let end = line.endOfQuote(from: start + 1, quote) else {
        return open = .quote(quote, line.position(start))
      }
      try finish(line, at: end + 1)
    case "[", "{":
      var brackets = SlipBrackets(below: levels.last?.column ?? -1)
      let end = try brackets.read(line, from: start)
      open = .brackets(brackets)
      if let end { try finish(line, at: end) }
    case "]", "}": throw .closesNothing(line, at: start)
    case "@", "`", "%": throw .reserved(line, at: start)
    default:
      if let colon = line.colon(from: start) { throw .secondColon(line, at: colon) }
      open = .text
    }
  }

  /// Ends a value that is whole, after which nothing may follow.
  private mutating func finish(_ line: SlipLine, at end: Int) throws(Slip) {
    if let rest = line.next(end) { throw .after(line, at: rest) }
    open = .nothing
  }
}

// Levels.
extension SlipFinder {
  /// Takes up a key or a dash at its column, in the mapping or list that it belongs to.
  private mutating func enter(_ column: Int, isList: Bool, _ line: SlipLine) throws(Slip) {
    let isAwaited = if case .value = open { true } else { false }
    open = .nothing
    let level = SlipLevel(column: column, isList: isList, first: line.number, last: line.number)
    guard let top = levels.last else {
      if let suspect { throw suspect }
      return levels = [level]
    }
    // A list may begin in the column of its key.
    let isNested = column > top.column || (isList && !top.isList && column == top.column)
    if isAwaited, isNested { return levels.append(level) }
    if column > top.column { throw suspect ?? deeper(line, at: column, than: top) }
    let inner = leave(to: column, isList: isList)
    guard let outer = levels.last else {
      throw .indentedRoot(lines[inner.first - 1], at: inner.column)
    }
    guard outer.column == column else {
      throw oddOne(of: [inner, outer], beside: column)
        ?? .between(line, at: column, outer, inner)
    }
    guard outer.isList == isList else {
      throw isList
        ? .itemAmongKeys(line, at: column, outer) : .keyAmongItems(line, at: column, outer)
    }
    levels[levels.endIndex - 1].last = line.number
    suspect = nil
  }

  /// Leaves all levels that are deeper than a column; returns the last one.
  private mutating func leave(to column: Int, isList: Bool) -> SlipLevel {
    var inner = levels[levels.endIndex - 1]
    while let last = levels.last, last.column > column {
      inner = last
      levels.removeLast()
    }
    let isEndOfList =
      levels.count > 1 && levels[levels.endIndex - 1].isList && !isList
      && levels[levels.endIndex - 2].column == column
    if isEndOfList { levels.removeLast() }
    return inner
  }

  /// Blames a line that is deeper than the one above it, or that one.
  private func deeper(_ line: SlipLine, at column: Int, than top: SlipLevel) -> Slip {
    oddOne(of: [top], beside: column) ?? .deeper(line, at: column, than: top)
  }

  /// Blames the first line of a block when that one alone is indented otherwise than all below it.
  ///
  /// Of two lines it is the one in an odd column: people indent by two or four.
  private func oddOne(of blocks: [SlipLevel], beside column: Int) -> Slip? {
    let others = lines[current...].prefix { $0.isEmpty || $0.indent >= column }
      .count { !$0.isEmpty && $0.indent == column }
    let odd = blocks.first { block in
      let isAlone = block.first == block.last && abs(block.column - column) == 1
      return isAlone && (others > 1 || block.column % 2 == 1)
    }
    return odd.map { .first(lines[$0.first - 1], of: $0, others: column) }
  }
}
