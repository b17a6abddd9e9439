import Encoding
/// One key of a mapping: its name, its form, whether it may be absent, and what it is for.
struct Key<Value: Sendable>: Sendable {
  let name: String
  let isRequired: Bool
  let schema: JSONValue
  let read: @Sendable (Fields) -> Value?
}

/// A key that must be there.
func required<Value>(_ name: String, _ form: Form<Value>, _ summary: String) -> Key<Value> {
  Key(name: name, isRequired: true, schema: described(form.schema, summary)) { fields in
    if let node = fields.values[name] { return form.read(node, fields.findings) }
    fields.reportMissing(name)
    return nil
  }
}

/// A key that may be absent, and then reads as if `fallback` had been written.
func defaulted<Value>(
  _ name: String, _ form: Form<Value>, default fallback: JSONValue, _ summary: String
) -> Key<Value> {
  var schema = form.schema
  schema["default"] = fallback
  return Key(name: name, isRequired: false, schema: described(schema, summary)) { fields in
    let node = fields.values[name] ?? Node(fallback, at: fields.node.place)
    return form.read(node, fields.findings)
  }
}

/// A key that may be absent.
func optional<Wrapped>(
  _ name: String, _ form: Form<Wrapped>, _ summary: String
) -> Key<Wrapped?> {
  Key(name: name, isRequired: false, schema: described(form.schema, summary)) { fields in
    guard let node = fields.values[name] else { return .some(nil) }
    return form.read(node, fields.findings).map(Optional.some)
  }
}

private func described(_ schema: [String: JSONValue], _ summary: String) -> JSONValue {
  .object(schema.merging(["description": .string(summary)]) { $1 })
}

/// Keys that are known, and belong to another mapping than the one in which they were found.
struct Misplaced: Sendable {
  let keys: Set<String>
  /// What follows the key in a sentence.
  let why: String
  let hint: String
}

/// The values of one mapping by key, after its keys were checked.
struct Fields {
  let node: Node
  let values: [String: Node]
  let findings: Findings
  /// Whether the mapping has no key but those that it may have.
  let areKnown: Bool
  /// Required keys that a misspelt one probably stands for: they are not missed a second time.
  private let misspelt: Set<String>

  /// Checks the keys of a mapping; nil when the node is none.
  ///
  /// - Parameters:
  ///   - node: The mapping.
  ///   - known: The keys that it may have.
  ///   - planned: Keys of Serin's manifests that this version does not read.
  ///   - misplaced: Keys that belong to another mapping.
  ///   - findings: Where to tell of the others.
  init?(
    _ node: Node, known: [String], planned: Set<String>, misplaced: Misplaced? = nil,
    findings: Findings
  ) {
    guard case .mapping(let entries) = node.content else {
      findings.error(
        "expected a mapping, found \(node.kind)", at: node.textPlace,
        hint: Self.spaceHint(node.text))
      return nil
    }
    var misspelt: Set<String> = []
    for entry in entries where !known.contains(entry.key) {
      if planned.contains(entry.key) {
        findings.error(Self.unsupported("\"\(entry.key)\""), at: entry.value.place)
        continue
      }
      if let misplaced, misplaced.keys.contains(entry.key) {
        findings.error(
          "\"\(entry.key)\" \(misplaced.why)", at: entry.value.place, hint: misplaced.hint)
        continue
      }
      if let meant = Suggestion.closest(to: entry.key, in: known) { misspelt.insert(meant) }
      findings.error(
        "unknown key \"\(entry.key.shortened)\"", at: entry.value.place,
        hint: Self.spaceHint(entry.value.isNull ? entry.key : nil)
          ?? Suggestion.hint(for: entry.key, in: known, calling: "known keys"))
    }
    areKnown = entries.allSatisfy { known.contains($0.key) }
    self.node = node
    self.findings = findings
    self.misspelt = misspelt
    values = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
  }

  /// What to do about "below:1%", which is one text.
  static func spaceHint(_ text: String?) -> String? {
    guard let text, text.contains(":") else { return nil }
    return "put a space after the colon"
  }

  func reportMissing(_ name: String) {
    guard !misspelt.contains(name) else { return }
    findings.error("missing key \"\(name)\"", at: node.place)
  }

  /// Reports a problem with the value of one key, or with the mapping when it has no such key.
  func error(_ message: String, on key: String? = nil, hint: String? = nil) {
    findings.error(message, at: place(of: key), hint: hint)
  }

  func warning(_ message: String, on key: String? = nil, hint: String? = nil) {
    findings.warning(message, at: place(of: key), hint: hint)
  }

  private func place(of key: String?) -> TextPosition {
    key.flatMap { values[$0]?.position } ?? node.place
  }

  static func unsupported(_ what: String) -> String {
    "\(what) is not supported by this version of serin yet"
  }
}
