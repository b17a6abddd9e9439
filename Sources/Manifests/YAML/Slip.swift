/// What a person most likely got wrong in a file that is no YAML.
struct Slip: Error, Equatable {
  let position: TextPosition
  let message: String
  let hint: String

  init(_ message: String, at position: TextPosition, hint: String) {
    self.message = message
    self.position = position
    self.hint = hint
  }
}

// Indentation.
extension Slip {
  /// A line that is deeper than the one above, below which nothing can be.
  static func deeper(_ line: SlipLine, at column: Int, than level: SlipLevel) -> Slip {
    let same = level.isList ? "the items of one list" : "the keys of one mapping"
    return Slip(
      "the indentation is wrong: \(spaces(column)), and line \(level.last) above has "
        + "\(level.column)",
      at: line.position(column),
      hint: "\(same) begin in the same column; if this belongs below line \(level.last), that line "
        + "must end in \":\"")
  }

  /// The first line of a block from which all others differ.
  static func first(_ line: SlipLine, of level: SlipLevel, others: Int) -> Slip {
    Slip(
      "the indentation is wrong: \(spaces(level.column)), and the lines below have \(others)",
      at: line.position(level.column),
      hint: "\(level.isList ? "the items of one list" : "the keys of one mapping") begin in the "
        + "same column")
  }

  /// A line whose column is that of no line above.
  static func between(
    _ line: SlipLine, at column: Int, _ outer: SlipLevel, _ inner: SlipLevel
  ) -> Slip {
    Slip(
      "the indentation is wrong: \(spaces(column)), and the lines above have \(outer.column) or "
        + "\(inner.column)",
      at: line.position(column),
      hint: "\(spaces(outer.column)) as line \(outer.last), or \(inner.column) as line "
        + "\(inner.last)")
  }

  static func indentedRoot(_ line: SlipLine, at column: Int) -> Slip {
    Slip(
      "the indentation is wrong: \(spaces(column)) before the first key of the file",
      at: line.position(column), hint: "begin it in the first column")
  }

  static func keyAmongItems(_ line: SlipLine, at column: Int, _ list: SlipLevel) -> Slip {
    guard line.scalars[column] != "-" else { return noKey(line, at: column) }
    return Slip(
      "a key between the items of a list", at: line.position(column),
      hint: "the list goes on from line \(list.last): begin this line with \"- \", or indent it as "
        + "the key that it belongs to")
  }

  static func itemAmongKeys(_ line: SlipLine, at column: Int, _ keys: SlipLevel) -> Slip {
    Slip(
      "a list item between keys", at: line.position(column),
      hint: "line \(keys.last) is no list: remove the \"- \", or put it below the key of its list")
  }

  static func blank(_ line: SlipLine, at index: Int) -> Slip {
    let isTab = line.scalars[index] == "\t"
    return Slip(
      isTab ? "a tab in the indentation" : "a special space in the indentation",
      at: line.position(index),
      hint: isTab ? "indent with spaces: YAML has no tabs there" : "indent with plain spaces")
  }

  static func shallowText(_ line: SlipLine, _ indent: Int, first: Int) -> Slip {
    Slip(
      "the indentation is wrong: \(spaces(indent)), and the text's first line has \(first)",
      at: line.position(indent), hint: "give every line of a text as many, or more")
  }

  private static func spaces(_ count: Int) -> String {
    count == 1 ? "1 space" : "\(count) spaces"
  }
}

// Colons, dashes, quotes and brackets.
extension Slip {
  /// A line that stands where a key must, and has none.
  static func noKey(_ line: SlipLine, at start: Int) -> Slip {
    let text = line.text(from: start)
    if ["<<<<<<<", "=======", ">>>>>>>"].contains(where: text.hasPrefix) {
      return Slip(
        "git left a conflict here", at: line.position(start), hint: "resolve it and commit again")
    }
    if text.hasPrefix("{{") {
      return Slip(
        "a template is no YAML", at: line.position(start), hint: "render it before it is committed")
    }
    if let colon = line.tightColon(from: start) {
      return Slip(
        "no space after the colon", at: line.position(colon + 1),
        hint: "a key is followed by a colon and a space")
    }
    if text.hasPrefix("-") {
      return Slip(
        "no space after the dash", at: line.position(start + 1),
        hint: "a list item begins with a dash and a space")
    }
    return Slip(
      "a key without a colon", at: line.position(start),
      hint: "a key is followed by a colon and a space")
  }

  static func secondColon(_ line: SlipLine, at colon: Int) -> Slip {
    Slip(
      "a second colon with a space after it", at: line.position(colon),
      hint: "put the value in quotes, or each key on a line of its own")
  }

  static func reserved(_ line: SlipLine, at start: Int) -> Slip {
    Slip(
      "no value can begin with \"\(line.scalars[start])\"", at: line.position(start),
      hint: "put the text in quotes")
  }

  static func openQuote(at position: TextPosition) -> Slip {
    Slip(
      "the quote that opens here is not closed", at: position,
      hint: "close it at the end of the text")
  }

  static func after(_ line: SlipLine, at index: Int) -> Slip {
    let scalar = line.scalars[index]
    guard !"]}".unicodeScalars.contains(scalar) else { return closesNothing(line, at: index) }
    return Slip(
      "text after the end of the value", at: line.position(index),
      hint: "remove it, or put the whole value in quotes")
  }

  static func closesNothing(_ line: SlipLine, at index: Int) -> Slip {
    Slip(
      "\"\(line.scalars[index])\" closes nothing", at: line.position(index), hint: "remove it")
  }

  static func openBracket(_ bracket: SlipBrackets.Bracket) -> Slip {
    Slip(
      "the \"\(bracket.scalar)\" that opens here is not closed", at: bracket.position,
      hint: "close it with \"\(bracket.closing)\"")
  }

  static func wrongBracket(
    _ line: SlipLine, at index: Int, for bracket: SlipBrackets.Bracket
  ) -> Slip {
    Slip(
      "\"\(line.scalars[index])\" cannot close the \"\(bracket.scalar)\" of line "
        + "\(bracket.position.line)",
      at: line.position(index), hint: "close it with \"\(bracket.closing)\"")
  }

  static func noComma(_ line: SlipLine, at index: Int) -> Slip {
    Slip(
      "a comma is missing before this", at: line.position(index),
      hint: "in brackets, entries have commas between them")
  }
}
