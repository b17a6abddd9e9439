extension Rule {
  /// A comment is read alone, in a list or beside a call: it names what it is about.
  static let subjects = Rule(
    name: "no doc comment begins with \"The same\"",
    files: SourceFile.sources
  ) { file in
    let comments = file.lines.map { $0.drop { $0 == " " } }
    return comments.indices.compactMap { line in
      let isFirst = line == 0 || !comments[line - 1].hasPrefix("///")
      guard isFirst, comments[line].hasPrefix("/// The same") else { return nil }
      return "line \(line + 1): say what is the same as what"
    }
  }
}
