import Charts
import Encoding

/// A piece of a page that can be put into it as it is.
///
/// Text is escaped on its way in, and only elements and pictures of our own are markup: there is no
/// other way into a page.
struct HTML: Equatable, Sendable {
  let markup: String

  /// Users wrote it: neither markup nor anything that turns or hides text comes through.
  init(_ text: String) { markup = Self.escaped(text) }

  init(_ chart: TimeChart) { markup = chart.svg }

  init(_ chart: PanelChart) { markup = chart.svg }

  init(joining pieces: [HTML], by separator: String = "") {
    markup = pieces.map(\.markup).joined(separator: separator)
  }

  private init(markup: String) { self.markup = markup }

  /// Returns an element around what it contains.
  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: HTML...
  ) -> HTML {
    HTML(markup: start(name, attributes) + content.map(\.markup).joined() + "</\(name)>")
  }

  /// Returns an element with a line for each thing that it contains.
  static func block(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ content: [HTML]
  ) -> HTML {
    let lines = content.map(\.markup).filter { !$0.isEmpty }
    return HTML(
      markup: ([start(name, attributes)] + lines + ["</\(name)>"]).joined(separator: "\n"))
  }

  /// Returns an element that contains nothing and has no end.
  static func void(_ name: String, _ attributes: KeyValuePairs<String, String>) -> HTML {
    HTML(markup: start(name, attributes))
  }

  /// Where a line ends within a cell.
  static let lineBreak = HTML(markup: "<br>")

  /// Returns a style sheet of our own, which needs no escapes.
  static func style(_ rules: String) -> HTML { HTML(markup: "<style>\(rules)</style>") }

  private static func start(
    _ name: String, _ attributes: KeyValuePairs<String, String>
  ) -> String {
    "<\(name)" + attributes.map { " \($0)=\"\(escaped($1))\"" }.joined() + ">"
  }

  private static func escaped(_ text: String) -> String {
    DisplayText.safe(text).reduce(into: "") { escaped, character in
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.append(character)
      }
    }
  }
}

extension HTML: ExpressibleByStringInterpolation {
  init(stringLiteral text: String) { self.init(text) }
}
