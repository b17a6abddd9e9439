import Encoding

extension Form where Value == String {
  /// The name of a branch, by git's rules for references.
  static let branch = Form.scalar(
    "the name of a branch", example: "write it like main",
    schema: ["type": "string", "minLength": 1, "maxLength": 255]
  ) { scalar throws(TextRefusal) in
    let name = scalar.text
    try checkLine(name, atMost: 255)
    let isSpelt =
      !name.contains { " ~^:?*[\\".contains($0) } && !name.contains("..") && !name.contains("@{")
      && !name.hasPrefix("-") && !name.hasSuffix(".")
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let areParts = parts.allSatisfy {
      !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock")
    }
    guard isSpelt, areParts else {
      throw TextRefusal(message: "\"\(name.shortened)\" is not the name of a branch")
    }
    return name
  }

  /// A folder inside a repository.
  static let folder = Form.scalar(
    "a folder", example: "write it like models or teams/payments",
    schema: ["type": "string", "minLength": 1, "maxLength": 1024]
  ) { scalar throws(TextRefusal) in
    try checkLine(scalar.text, atMost: 1024)
    let parts = scalar.text.split(separator: "/", omittingEmptySubsequences: false)
    let isInside = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    guard isInside else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not a folder of the repository",
        hint: "write it from the repository's root, like models or teams/payments")
    }
    return scalar.text
  }

  /// A commit by its whole name: the beginning of one may be that of another one day.
  static let commit = Form.scalar(
    "the whole name of a commit", example: "git rev-parse prints it",
    schema: ["type": "string", "pattern": "^[0-9a-f]{40}$"]
  ) { scalar throws(TextRefusal) in
    let digits = scalar.text.utf8
    guard digits.count == 40, digits.allSatisfy("0123456789abcdef".utf8.contains) else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the whole name of a commit",
        hint: "git rev-parse prints its 40 digits")
    }
    return scalar.text
  }

  /// A name or an address in a commit, where "<" and ">" divide them.
  static let signature = Form.scalar(
    "text", example: "write it like serin",
    schema: ["type": "string", "pattern": "^[^<>]+$", "maxLength": 255]
  ) { scalar throws(TextRefusal) in
    try checkLine(scalar.text, atMost: 255)
    guard !scalar.text.contains(where: { "<>".contains($0) }) else {
      throw TextRefusal(message: "\"<\" and \">\" are not allowed here")
    }
    return scalar.text
  }
}
