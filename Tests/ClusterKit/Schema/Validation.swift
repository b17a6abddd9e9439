import Encoding
import Foundation

// What the server refuses of a custom object.

extension Schema {
  /// Returns what is wrong with a whole object.
  func problems(of object: JSONValue) -> [FieldProblem] {
    var problems: [FieldProblem] = []
    check(object, at: "", &problems)
    guard hasRules else { return problems }
    if problems.contains(where: \.isBlocking) {
      problems.append(
        FieldProblem(
          field: "<nil>", reason: .invalid,
          message: "Invalid value: null: some validation rules were not checked because the object "
            + "was invalid; correct the existing errors to complete validation"))
    } else {
      checkRules(object, at: "", &problems)
    }
    return problems
  }

  private var hasRules: Bool {
    !rules.isEmpty || properties.values.contains(where: \.hasRules)
      || additional?.hasRules == true || element?.hasRules == true
  }

  private func check(_ value: JSONValue, at path: String, _ problems: inout [FieldProblem]) {
    if value == .null, isNullable { return }
    guard accepts(value) else {
      problems.append(wrongType(value, path))
      return
    }
    if !allowed.isEmpty, !allowed.contains(value) {
      let list = allowed.map(\.canonical).joined(separator: ", ")
      problems.append(
        FieldProblem(
          field: path, reason: .notSupported,
          message: "Unsupported value: \(value.canonical): supported values: \(list)"))
    }
    switch value {
    case .object(let members): check(members, at: path, &problems)
    case .array(let items): check(items, at: path, &problems)
    case .int(let number): check(Int(number), at: path, &problems)
    case .string(let text): check(text, at: path, &problems)
    default: break
    }
  }

  private func accepts(_ value: JSONValue) -> Bool {
    switch (kind, value) {
    case (_, .int) where isIntegerOrText, (_, .string) where isIntegerOrText: true
    case (nil, _), (.object, .object), (.array, .array), (.string, .string): true
    case (.integer, .int), (.number, .int), (.boolean, .bool): true
    default: false
    }
  }

  private func wrongType(_ value: JSONValue, _ path: String) -> FieldProblem {
    let found = value.typeName
    return FieldProblem(
      field: path, reason: .wrongType,
      message:
        "Invalid value: \"\(found)\": \(path) in body must be of type \(kind?.rawValue ?? ""): \"\(found)\""
    )
  }

  private func check(
    _ members: [String: JSONValue], at path: String, _ problems: inout [FieldProblem]
  ) {
    for name in required.sorted() where members[name] == nil {
      problems.append(.required(Self.join(path, name)))
    }
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      member(name)?.check(value, at: Self.join(path, name), &problems)
    }
  }

  private func check(_ items: [JSONValue], at path: String, _ problems: inout [FieldProblem]) {
    if let most = limits.maxItems, items.count > most {
      problems.append(
        FieldProblem(
          field: path, reason: .tooMany,
          message: "Too many: \(items.count): must have at most \(most) items"))
    }
    if let least = limits.minItems, items.count < least {
      let shown = JSONValue.number(items.count)
      problems.append(
        .invalid(path, shown, "\(path) in body should have at least \(least) items"))
    }
    for (index, item) in items.enumerated() {
      element?.check(item, at: "\(path)[\(index)]", &problems)
    }
  }

  private func check(_ number: Int, at path: String, _ problems: inout [FieldProblem]) {
    if let least = limits.minimum, number < least {
      problems.append(
        .invalid(
          path, .number(number), "\(path) in body should be greater than or equal to \(least)"))
    }
    if let most = limits.maximum, number > most {
      problems.append(
        .invalid(path, .number(number), "\(path) in body should be less than or equal to \(most)"))
    }
  }

  private func check(_ text: String, at path: String, _ problems: inout [FieldProblem]) {
    if let most = limits.maxLength, text.unicodeScalars.count > most {
      problems.append(
        FieldProblem(
          field: path, reason: .tooLong,
          message: "Too long: may not be more than \(most) bytes"))
    }
    if let least = limits.minLength, text.unicodeScalars.count < least {
      problems.append(
        .invalid(path, .string(text), "\(path) in body should be at least \(least) chars long"))
    }
    if let pattern = limits.pattern, text.range(of: pattern, options: .regularExpression) == nil {
      problems.append(.invalid(path, .string(text), "\(path) in body should match '\(pattern)'"))
    }
  }

  private func checkRules(_ value: JSONValue, at path: String, _ problems: inout [FieldProblem]) {
    for message in rules where !Rules.holds(message, value) {
      problems.append(
        FieldProblem(field: path, reason: .invalid, message: "Invalid value: \(message)"))
    }
    for (name, inner) in value.members.sorted(by: { $0.key < $1.key }) {
      member(name)?.checkRules(inner, at: Self.join(path, name), &problems)
    }
    for (index, item) in value.items.enumerated() {
      element?.checkRules(item, at: "\(path)[\(index)]", &problems)
    }
  }

  static func join(_ path: String, _ name: String) -> String {
    path.isEmpty ? name : path + "." + name
  }
}

extension JSONValue {
  fileprivate var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .int: "integer"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// The rules in CEL that ClusterKit checks, by their messages; others are taken as kept.
enum Rules {
  typealias Rule = @Sendable (JSONValue) -> Bool

  static func holds(_ message: String, _ value: JSONValue) -> Bool {
    if let rule = table[message] { return rule(value) }
    return filters[message]?(value) ?? true
  }

  private static let table: [String: Rule] = [
    "Must have port for Service reference": { reference in
      reference["kind"]?.string != "Service" || reference["group"]?.string != ""
        || reference["port"] != nil
    },
    "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter": { mirror in
      mirror["percent"] == nil || mirror["fraction"] == nil
    },
  ]

  /// A filter has what its type names, and nothing of another type.
  private static let filters: [String: Rule] = {
    var rules: [String: Rule] = [:]
    for (field, type) in [
      ("requestMirror", "RequestMirror"), ("requestRedirect", "RequestRedirect"),
      ("requestHeaderModifier", "RequestHeaderModifier"),
      ("responseHeaderModifier", "ResponseHeaderModifier"), ("urlRewrite", "URLRewrite"),
      ("extensionRef", "ExtensionRef"),
    ] {
      rules["filter.\(field) must be specified for \(type) filter.type"] = { filter in
        filter["type"]?.string != type || filter[field] != nil
      }
      rules["filter.\(field) must be nil if the filter.type is not \(type)"] = { filter in
        filter["type"]?.string == type || filter[field] == nil
      }
    }
    return rules
  }()
}
