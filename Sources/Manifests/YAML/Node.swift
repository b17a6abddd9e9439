import Encoding
/// One value of a YAML document, with its place in the file.
package struct Node: Hashable, Sendable {
  package let content: Content
  /// Where the value begins.
  package let position: TextPosition
  /// Where the key that holds it begins; nil for the root and for the items of a list.
  package let keyPosition: TextPosition?

  package enum Content: Hashable, Sendable {
    case scalar(Scalar)
    case sequence([Node])
    case mapping([Entry])
  }

  /// Text, and whether it was written without quotes, which alone can be a number or a boolean.
  package struct Scalar: Hashable, Sendable {
    package let text: String
    package let isPlain: Bool
  }

  package struct Entry: Hashable, Sendable {
    package let key: String
    package let value: Node
  }

  init(_ content: Content, at position: TextPosition, keyPosition: TextPosition? = nil) {
    self.content = content
    self.position = position
    self.keyPosition = keyPosition
  }

  /// Where to report what is missing inside: the key is what a person looks for.
  var place: TextPosition { keyPosition ?? position }

  /// Where to report a text that should be something else: at its key, unless it has a line of its own.
  var textPlace: TextPosition { text == nil || position.line == place.line ? place : position }

  /// Whether nothing was written: "", "~" or "null".
  package var isNull: Bool {
    guard case .scalar(let scalar) = content, scalar.isPlain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
  }

  /// The text of a scalar that is not null.
  package var text: String? {
    guard case .scalar(let scalar) = content, !isNull else { return nil }
    return scalar.text
  }

  package subscript(key: String) -> Node? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  /// What was found, for "expected a duration, found …".
  var kind: String {
    switch content {
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .scalar: isNull ? "nothing" : "text"
    }
  }
}

extension Node {
  /// Makes the node that a person would have written for a default.
  init(_ value: JSONValue, at position: TextPosition) {
    func scalar(_ text: String, isPlain: Bool) -> Content {
      .scalar(Scalar(text: text, isPlain: isPlain))
    }
    let content: Content =
      switch value {
      case .null: scalar("null", isPlain: true)
      case .bool(let value): scalar(String(value), isPlain: true)
      case .int(let value): scalar(String(value), isPlain: true)
      case .string(let text): scalar(text, isPlain: false)
      case .array(let items): .sequence(items.map { Node($0, at: position) })
      case .object(let members):
        .mapping(
          members.sorted { $0.key < $1.key }
            .map { Entry(key: $0.key, value: Node($0.value, at: position)) })
      }
    self.init(content, at: position, keyPosition: position)
  }
}

extension String {
  /// The beginning of a text that is too long for a message.
  var shortened: String { count <= 60 ? self : prefix(59) + "…" }
}
