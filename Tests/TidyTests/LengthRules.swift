extension Rule {
  /// Long enough for one idea; a file that outgrows it holds two.
  static let longestFile = 400

  static let fileLength = Rule(name: "the length of files") { file in
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    return count > longestFile ? ["\(count) lines"] : []
  }

  /// What still fits on one screen.
  static let longestFunction = 70

  static let functionLength = Rule(name: "the length of functions", files: SourceFile.all) { file in
    let lines = file.lines
    return lines.indices.compactMap { line in
      guard let length = bodyLength(lines[line...]), length > longestFunction else { return nil }
      return "line \(line + 1): a body of \(length) lines"
    }
  }

  /// Returns how many lines the body has of the function that the first line begins; nil when it
  /// begins none.
  ///
  /// The formatter puts the last brace as deep as the first word, and only what belongs to the head
  /// between the first line and the brace that opens the body.
  private static func bodyLength(_ lines: ArraySlice<Substring>) -> Int? {
    guard let first = lines.first, beginsFunction(first) else { return nil }
    let indent = first.prefix { $0 == " " }
    let head = lines.dropFirst().prefix { $0.hasPrefix(indent + " ") || $0.hasPrefix(indent + ")") }
    guard let opening = lines[..<head.endIndex].firstIndex(where: { $0.hasSuffix("{") }),
      let closing = lines[opening...].dropFirst().firstIndex(where: { $0 == indent + "}" })
    else { return nil }
    return closing - opening - 1
  }

  private static let beginnings: Set = ["func", "init", "deinit", "subscript", "var"]
  /// What else a line may begin with that holds one of those words.
  private static let others: Set = [
    "if", "guard", "while", "for", "case", "return", "self", "super",
  ]

  private static func beginsFunction(_ line: Substring) -> Bool {
    let text = line.drop { $0 == " " }
    let words = text.split { !$0.isLetter }
    guard let first = words.first, !text.hasPrefix("//"), !others.contains(String(first)) else {
      return false
    }
    return words.contains { beginnings.contains(String($0)) }
  }
}
