/// Text that came from outside: what a runtime or a model server says, as people are to read it.
///
/// It stands beside a reason and is shown. Any two are equal, so that no decision, no replay and no
/// comparison can rest on what a server chooses to say.
package struct Detail: Equatable, Sendable, Codable, CustomStringConvertible {
  package let description: String

  /// As much as a person reads in a line or two.
  package static let longest = 200

  /// Keeps the beginning of a text; nil when there is none.
  package init?(_ text: String) {
    guard !text.isEmpty else { return nil }
    description = String(text.unicodeScalars.prefix(Self.longest))
  }

  package static func == (_: Detail, _: Detail) -> Bool { true }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    description = try container.decode(String.self)
    guard (1...Self.longest).contains(description.unicodeScalars.count) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not 1 to \(Self.longest) characters")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Why a decision was recorded after it took effect.
package struct Lateness: Equatable, Sendable, Codable {
  /// What kept it from being recorded in time.
  package let detail: Detail?

  package init(detail: Detail?) { self.detail = detail }
}
