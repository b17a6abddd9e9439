/// A request header and its value, by which a client asks for the candidate.
package struct HeaderMatch: Hashable, Sendable {
  /// In small letters, as a request has it when it is looked at.
  package let header: String
  /// What the header has to be, letter for letter.
  package let value: String

  /// What testers send to see a version before a switch.
  package static let preview = HeaderMatch(unchecked: "serin-preview", "true")

  /// What fits a line of a record.
  package static let mostBytes = 100

  private init(unchecked header: String, _ value: String) {
    self.header = header
    self.value = value
  }

  /// - Returns: nil when no request carries them: the name is 1 to 100 small letters, digits, hyphens and
  ///   underscores, the value 1 to 100 visible characters of ASCII.
  package init?(header: String, value: String) {
    let counts = 1...Self.mostBytes
    guard counts.contains(header.utf8.count), header.utf8.allSatisfy(Self.isOfName),
      counts.contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { return nil }
    self.init(unchecked: header, value)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}

extension HeaderMatch: Codable {
  private enum CodingKeys: CodingKey { case header, value }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let header = try values.decode(String.self, forKey: .header)
    let value = try values.decode(String.self, forKey: .value)
    guard let match = HeaderMatch(header: header, value: value) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no header of a request"))
    }
    self = match
  }
}
