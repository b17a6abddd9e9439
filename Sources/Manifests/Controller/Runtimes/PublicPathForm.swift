import Encoding

/// `kubernetes.path`: parts without escapes, so that they are compared letter for letter, and holes.
enum PublicPathForm {
  private static let example = "write it like /ml/{namespace}/{name}"
  private static let longest = 256
  private static let holes: [Template.Hole] = [.namespace, .name]

  static let form: Form<PublicPath> = .scalar(
    "a path", example: example,
    schema: [
      "type": "string", "maxLength": .number(longest),
      "pattern": #"^(/([A-Za-z0-9_~:.-]+|\{namespace\}|\{name\}))+$"#,
    ]
  ) { scalar throws(TextRefusal) in
    let text = scalar.text
    let template = try Template(text, holes: holes)
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 1, parts[0].isEmpty, parts.dropFirst().allSatisfy(isPart),
      text.utf8.count <= longest
    else {
      throw TextRefusal(
        message: "\"\(text.shortened)\" is not a path that a route can have", hint: example)
    }
    guard template.has(.name) else {
      throw TextRefusal(
        message: "\"\(text.shortened)\" is the same for all deployments",
        hint: "put {name} into it: \(example)")
    }
    return PublicPath(template)
  }

  private static func isPart(_ part: Substring) -> Bool {
    if holes.contains(where: { part == "{\($0.rawValue)}" }) { return true }
    return part.wholeMatch(of: /[A-Za-z0-9_~:.-]+/) != nil && part != "." && part != ".."
  }
}
