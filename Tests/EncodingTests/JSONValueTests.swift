import Encoding
import Foundation
import Testing

@Suite struct JSONValueTests {
  @Test(
    arguments: [
      (.null, "null"), (true, "true"), (.int(.min), "-9223372036854775808"), ("", "\"\""),
      ([], "[]"),
      ([:], "{}"), ([1, "a", .null], "[1,\"a\",null]"),
      (["b": 1, "a": ["d": 2, "c": false]], "{\"a\":{\"c\":false,\"d\":2},\"b\":1}"),
      ("\"\\/\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}", #""\"\\/\b\t\n\f\r\u0001\u001f\#u{7F}""#),
      ("é€😀\u{2028}", "\"é€😀\u{2028}\""),
      // By UTF-8 bytes a capital comes first and an astral character after U+FFFD.
      (
        ["é": 1, "z": 2, "Z": 3, "😀": 4, "\u{FFFD}": 5],
        "{\"Z\":3,\"z\":2,\"é\":1,\"\u{FFFD}\":5,\"😀\":4}"
      ),
    ] as [(JSONValue, String)])
  func canonical(value: JSONValue, text: String) throws {
    #expect(value.canonical == text)
    #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    #expect(try JSONValue(parsing: Array(value.indented.utf8)) == value)
    #expect(try JSONValue(encoding: value) == value)
  }

  @Test(arguments: ["0.1", "1e99", "18446744073709551616", "[1.5]", "", "{", "nul", "\"\\ud800\""])
  func isNoValue(text: String) {
    #expect(throws: (any Error).self) { try JSONValue(parsing: Array(text.utf8)) }
  }

  struct Record: Codable, Equatable {
    var step: Int
    var name: String?
    var flags: [Bool]
  }

  @Test func encodesAndDecodesValues() throws {
    let record = Record(step: 3, name: nil, flags: [true])
    let value = try JSONValue(encoding: record)
    #expect(value.canonical == "{\"flags\":[true],\"step\":3}")
    #expect(try value.decoded(as: Record.self) == record)
  }

  @Test func floatingPointIsRefused() {
    #expect(throws: (any Error).self) { try JSONValue(encoding: ["ratio": 0.5]) }
    #expect(throws: (any Error).self) { try JSONValue(encoding: ["ratio": 1.0]) }
    #expect(throws: (any Error).self) { try JSONValue(encoding: UInt64.max) }
    #expect(throws: (any Error).self) { try JSONValue.int(1).decoded(as: Double.self) }
  }

  /// Every way in which a compiler's or a person's coding asks for a container.
  enum Shape: Codable, Equatable {
    case empty
    case pair(Int8, text: String?)
    indirect case list([Shape?], [String: UInt16], [Int: Bool])
    case raw(JSONValue)
  }

  @Test(
    arguments: [
      .empty, .pair(-3, text: nil), .pair(4, text: "é\n"), .list([], [:], [:]),
      .list([.empty, nil, .pair(0, text: "")], ["a": 65535, "": 0], [-1: true]),
      .raw(.null), .raw(["a": [1, .null, ["b": false]]]),
    ] as [Shape])
  func shapesAreThoseOfFoundation(shape: Shape) throws {
    let value = try JSONValue(encoding: shape)
    let text = try JSONEncoder().encode(shape)
    #expect(try JSONDecoder().decode(JSONValue.self, from: text) == value)
    #expect(try JSONDecoder().decode(Shape.self, from: Data(value.file)) == shape)
    #expect(try value.decoded(as: Shape.self) == shape)
  }

  /// Containers that stay open while others are written.
  struct Interleaved: Encodable {
    enum Key: String, CodingKey { case a, b, c }

    func encode(to encoder: any Encoder) throws {
      var outer = encoder.container(keyedBy: Key.self)
      var list = outer.nestedUnkeyedContainer(forKey: .a)
      try list.encode(1)
      var inner = list.nestedContainer(keyedBy: Key.self)
      var deep = list.nestedUnkeyedContainer()
      try outer.encode(true, forKey: .b)
      try list.encode("last")
      try inner.encodeNil(forKey: .c)
      try deep.encodeNil()
      #expect(list.count == 4)
    }
  }

  @Test func openContainersAreWrittenLater() throws {
    #expect(
      try JSONValue(encoding: Interleaved()).canonical
        == "{\"a\":[1,{\"c\":null},[null],\"last\"],\"b\":true}")
  }

  @Test(
    arguments: [
      (["step": "3", "flags": []], "\"step\" is no integer of this size"),
      (["flags": []], "\"step\" is missing"),
      (["step": 3, "flags": 3], "the value is no list"),
      (["step": 3, "flags": [1]], "the value is no boolean"), (3, "the value is no object"),
      (["step": 3, "name": 3, "flags": []], "\"name\" is no text"),
    ] as [(JSONValue, String)])
  func whatDoesNotFitIsNamed(value: JSONValue, why: String) {
    let error = #expect(throws: DecodingError.self) { try value.decoded(as: Record.self) }
    #expect(error.map { "\($0)" }?.contains(why) == true)
  }
}

@Suite struct DigestTests {
  /// FIPS 180-2's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func knownDigests(text: String, hexadecimal: String) {
    #expect(sha256Hex(text.utf8) == hexadecimal)
    #expect(sha256Hex(Array(text.utf8).lazy.map { $0 }) == hexadecimal)
    #expect(Digest(of: text.utf8).description == "sha256:" + hexadecimal)
    #expect(Digest("sha256:" + hexadecimal)?.hexadecimal == hexadecimal)
  }

  @Test(arguments: [
    "", "sha256:", "sha256:" + String(repeating: "a", count: 63),
    "sha256:" + String(repeating: "A", count: 64), "sha512:" + String(repeating: "a", count: 64),
    "sha256:" + String(repeating: "é", count: 32), "sha256:" + String(repeating: "g", count: 64),
  ])
  func isNoDigest(text: String) { #expect(Digest(text) == nil) }
}
