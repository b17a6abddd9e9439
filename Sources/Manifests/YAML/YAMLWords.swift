/// libyaml's complaints in words of ours, for what `SlipFinder` does not know.
struct YAMLWords {
  let message: String
  let position: TextPosition
  let hint: String?

  init(_ error: YAMLSyntaxError) {
    let words = Self.known[error.message]
    let position = (words?.isAtContext == true ? error.context : nil) ?? error.position
    let start = error.context.flatMap { context in
      context.line < position.line
        ? "what it is part of begins on line \(context.line)" : nil
    }
    message = words?.message ?? error.message
    hint = words?.hint ?? start
    self.position = position
  }

  private struct Words {
    let message: String
    var hint: String?
    /// Whether what is wrong is where libyaml began, and not where it gave up.
    var isAtContext = false
  }

  private static let known: [String: Words] = [
    "did not find expected key": Words(message: "a key cannot begin here"),
    "did not find expected '-' indicator": Words(message: "a list item cannot begin here"),
    "block sequence entries are not allowed in this context": Words(
      message: "a list item cannot begin here", hint: "begin the list on a line of its own"),
    "mapping values are not allowed in this context": Words(
      message: "a key cannot end here", hint: "put a value that has a colon in quotes"),
    "could not find expected ':'": Words(
      message: "a key without a colon", hint: "a key is followed by a colon and a space",
      isAtContext: true),
    "did not find expected ',' or ']'": Words(
      message: "a list in brackets is not closed, or a comma is missing", isAtContext: true),
    "did not find expected ',' or '}'": Words(
      message: "a mapping in brackets is not closed, or a comma is missing", isAtContext: true),
    "did not find expected node content": Words(message: "a value is missing here"),
    "did not find expected <document start>": Words(
      message: "a second document begins here without a line \"---\""),
    "found unexpected end of stream": Words(
      message: "the quote that opens here is not closed", isAtContext: true),
    "found unknown escape character": Words(
      message: "no such escape in double quotes",
      hint: "put the text in single quotes, where \\ is a character as any other"),
    "found character that cannot start any token": Words(
      message: "no value can begin with this character", hint: "put the text in quotes"),
    "found a tab character that violates indentation": Words(
      message: "a tab in the indentation", hint: "indent with spaces: YAML has no tabs there"),
    "did not find expected alphabetic or numeric character": Words(
      message: "\"*\" and \"&\" begin a name here", hint: "put the text in quotes"),
  ]
}
