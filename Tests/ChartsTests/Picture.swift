import Foundation
import FoundationXML

/// A picture as an XML reader sees it.
struct Picture {
  struct Element {
    let name: String
    let attributes: [String: String]
    fileprivate(set) var text = ""

    func number(_ attribute: String) -> Double {
      attributes[attribute].flatMap(Double.init) ?? .nan
    }
  }

  private(set) var elements: [Element] = []

  /// Reads a picture; throws when it is not well-formed.
  init(_ svg: String) throws {
    let reader = Reader()
    let parser = XMLParser(data: Data(svg.utf8))
    parser.delegate = reader
    guard parser.parse() else { throw parser.parserError ?? CocoaError(.coderInvalidValue) }
    elements = reader.elements
  }

  func elements(_ kind: String) -> [Element] { elements.filter { $0.attributes["class"] == kind } }

  func texts(_ kind: String) -> [String] { elements(kind).map(\.text) }

  func paths(_ kind: String) -> [String] { elements(kind).compactMap { $0.attributes["d"] } }

  private final class Reader: NSObject, XMLParserDelegate {
    var elements: [Element] = []
    private var open: [Int] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      open.append(elements.count)
      elements.append(Element(name: name, attributes: attributes))
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
      if let last = open.last { elements[last].text += text }
    }

    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) { open.removeLast() }
  }
}
