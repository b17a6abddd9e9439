import Encoding
extension Form where Value == String {
  /// Text of one line, as it is written: `8` reads as "8".
  static func text(atMost limit: Int = 1024) -> Form {
    .scalar(
      "text", example: "put it in quotes if YAML reads it as something else",
      schema: [
        "type": ["string", "number", "boolean"], "minLength": 1, "maxLength": .int(Int64(limit)),
      ]
    ) { scalar throws(TextRefusal) in
      try checkLine(scalar.text, atMost: limit)
      return scalar.text
    }
  }

  /// Text that may be empty or have several lines: labels, annotations, environment.
  static let anyText = Form.scalar(
    "text", example: "put it in quotes if YAML reads it as something else",
    schema: ["type": ["string", "number", "boolean"]]
  ) { scalar throws(TextRefusal) in
    guard !scalar.text.unicodeScalars.contains("\0") else {
      throw TextRefusal(message: "the text has a NUL in it")
    }
    return scalar.text
  }

  /// A DNS label, which is what names of Kubernetes and of hosts are made of.
  static let name = Form.scalar(
    "a name", example: nameExample,
    schema: [
      "type": "string", "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    ]
  ) { scalar throws(TextRefusal) in
    let isSpelt = scalar.text.utf8.allSatisfy { byte in
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
    guard isSpelt, (1...63).contains(scalar.text.utf8.count), !scalar.text.hasPrefix("-"),
      !scalar.text.hasSuffix("-")
    else {
      throw TextRefusal(message: "\"\(scalar.text.shortened)\" is not a name", hint: nameExample)
    }
    return scalar.text
  }

  /// The `metadata` of a kind that lives alone in its file: a name, and what other tools want.
  static func metadata(_ summary: String) -> Form {
    let ignored = Form<[String: String]>.map(of: anyText)
    return .object(
      required("name", name, summary),
      optional("labels", ignored, "For other tools; Serin ignores them."),
      optional("annotations", ignored, "For other tools; Serin ignores them.")
    ) { _, name, _, _ in name }
  }

  /// The SHA-256 of an artifact.
  static let digest = Form.scalar(
    "a digest", example: digestExample,
    schema: ["type": "string", "pattern": "^sha256:[0-9a-f]{64}$"]
  ) { scalar throws(TextRefusal) in
    guard let digest = Digest(scalar.text) else {
      let small = scalar.text.lowercased()
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a digest",
        hint: Digest(small) == nil ? digestExample : "write it in small letters")
    }
    return digest.description
  }

  /// One certain text.
  static func constant(_ value: String) -> Form {
    .scalar(
      "\"\(value)\"", example: "write \(value)", schema: ["const": .string(value)]
    ) { scalar throws(TextRefusal) in
      guard scalar.text == value else {
        throw TextRefusal(
          message: "expected \"\(value)\", found \"\(scalar.text.shortened)\"")
      }
      return value
    }
  }

  private static let nameExample =
    "small letters, digits and \"-\", at most 63, a letter or digit first and last"
  private static let digestExample = "write \"sha256:\" and 64 hexadecimal digits"

  /// Refuses text that would not show as it is on one line of a log.
  static func checkLine(_ text: String, atMost limit: Int) throws(TextRefusal) {
    guard !text.isEmpty else { throw TextRefusal(message: "the text is empty") }
    guard text.utf8.count <= limit else {
      throw TextRefusal(
        message: "the text has \(text.utf8.count) bytes, at most \(limit) are allowed")
    }
    guard !text.unicodeScalars.contains(where: DisplayText.isUnsafe) else {
      throw TextRefusal(message: "the text has invisible characters or several lines")
    }
  }
}

extension Form {
  /// One of some words.
  static func word(_ words: [(String, Value)]) -> Form {
    let names = words.map(\.0)
    return .scalar(
      "one of \(names.joined(separator: ", "))", example: "write \(names.first ?? "")",
      schema: ["type": "string", "enum": .array(names.map(JSONValue.string))]
    ) { scalar throws(TextRefusal) in
      if let match = words.first(where: { $0.0 == scalar.text }) { return match.1 }
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not one of \(names.joined(separator: ", "))",
        hint: Suggestion.closest(to: scalar.text, in: names).map { "did you mean \"\($0)\"?" })
    }
  }
}
