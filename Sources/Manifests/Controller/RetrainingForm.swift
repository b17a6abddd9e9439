import Encoding
/// `spec.retraining`: whom to ask for a model to be trained again.
enum RetrainingForm {
  static let form: Form<RetrainingSettings> = .object(
    required("url", url, "The address that is posted to; {namespace} and {name} are filled in."),
    defaulted("headers", headers, default: [:], "What to send beside the body."),
    defaulted("body", body, default: "cloudevent", "What to send: the event, or JSON around it."),
    defaulted(
      "coolDown", Form.duration(.seconds(60)...longestDuration), default: "1d",
      "For how long nobody is asked again about the same deployment."),
    defaulted(
      "timeout", Form.duration(.seconds(1)...Duration.seconds(60)), default: "10s",
      "How long one request may take."),
    optional("caFile", Form.text(), "The certificates to trust instead of the system's.")
  ) { _, url, headers, body, coolDown, timeout, caFile in
    RetrainingSettings(
      url: url, headers: headers, body: body, coolDown: coolDown, timeout: timeout, caFile: caFile)
  }

  // MARK: The address

  private static let urlExample = "write it like https://host/hooks/{namespace}/{name}"

  private static let url: Form<Template> = .scalar(
    "a URL", example: urlExample, schema: ["type": "string", "pattern": "^https?://"]
  ) { scalar throws(TextRefusal) in
    do throws(TextRefusal) {
      return try template(scalar.text)
    } catch {
      // Hooks are often let in by a part of their path: the line is not shown.
      var refusal = error
      refusal.isConfidential = true
      throw refusal
    }
  }

  private static func template(_ text: String) throws(TextRefusal) -> Template {
    try Form.checkSecrets(text, hint: "name a file that holds the secret: headers")
    try Form.checkLine(text, atMost: 2048)
    guard let address = Address(text), !address.host.isEmpty else {
      throw TextRefusal(message: "this is not a URL", hint: urlExample)
    }
    try check(address)
    guard !text.contains(where: { $0.isWhitespace || "\\#".contains($0) }) else {
      throw TextRefusal(message: "the URL has blanks, backslashes or a fragment", hint: urlExample)
    }
    return try Template(text, holes: [.namespace, .name])
  }

  private static func check(_ address: Address) throws(TextRefusal) {
    guard address.scheme == "https" || address.scheme == "http" else {
      throw TextRefusal(message: "unknown scheme \"\(address.scheme.shortened)\"", hint: urlExample)
    }
    guard address.scheme == "https" || address.isLoopback else {
      throw TextRefusal(message: "http is for this machine alone", hint: "write https")
    }
    guard !address.host.contains(where: { "{}".contains($0) }) else {
      throw TextRefusal(message: "the host has a hole in it", hint: urlExample)
    }
  }

  // MARK: The headers

  private static let written = Form.map(of: headerValue.located)

  static let headers: Form<[RetrainingHeader]> = Form(schema: written.schema) { node, findings in
    guard let values = written.read(node, findings) else { return nil }
    let headers = values.sorted { $0.key < $1.key }
    var isGood = true
    for (name, value) in headers {
      do throws(TextRefusal) {
        try check(name, value.value)
      } catch {
        findings.error(
          error.message, at: value.position, hint: error.hint,
          isConfidential: error.isConfidential)
        isGood = false
      }
    }
    return isGood ? headers.map { RetrainingHeader(name: $0.key, value: $0.value.value) } : nil
  }

  private static func check(_ name: String, _ value: RetrainingHeader.Value) throws(TextRefusal) {
    let isToken = name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
    guard !name.isEmpty, isToken else {
      throw TextRefusal(message: "\"\(name.shortened)\" is not the name of a header")
    }
    let small = name.lowercased()
    guard !["host", "content-length", "transfer-encoding", "connection"].contains(small) else {
      throw TextRefusal(message: "the header \"\(name)\" is set by serin")
    }
    guard case .text = value, mayHoldSecret(small) else { return }
    throw TextRefusal(
      message: "the header \"\(name)\" is a secret",
      hint: "name a file that holds it: {file: /run/secrets/token, scheme: Bearer}",
      isConfidential: true)
  }

  private static func mayHoldSecret(_ name: String) -> Bool {
    ["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"]
      .contains { name.contains($0) }
  }

  private static let headerValue: Form<RetrainingHeader.Value> = .either(
    scalar: Form.text().map { .text($0) },
    mapping: .object(
      required("file", Form.text(), "The file that holds the value; read for each request."),
      optional("scheme", scheme, "The word before it.")
    ) { _, file, scheme in .file(file, scheme: scheme) })

  private static let schemes = ["Bearer", "Basic", "Token"]

  /// A word that is none of them may be the secret itself, and is not shown unless it is nearly one.
  private static let scheme: Form<String> = .scalar(
    "one of \(schemes.joined(separator: ", "))", example: "write Bearer",
    schema: ["type": "string", "enum": .array(schemes.map(JSONValue.string))]
  ) { scalar throws(TextRefusal) in
    guard !schemes.contains(scalar.text) else { return scalar.text }
    let rest = "is not one of \(schemes.joined(separator: ", "))"
    guard let near = Suggestion.closest(to: scalar.text, in: schemes) else {
      throw TextRefusal(
        message: "the scheme \(rest)", hint: "the secret belongs into the file alone",
        isConfidential: true)
    }
    throw TextRefusal(message: "\"\(scalar.text)\" \(rest)", hint: "did you mean \"\(near)\"?")
  }

  // MARK: The body

  static let body: Form<RetrainingBody> = .either(
    scalar: .word([("cloudevent", .event)]),
    mapping: Form(schema: ["type": "object"]) { node, findings in read(node, findings) })

  private static func read(_ node: Node, _ findings: Findings) -> RetrainingBody? {
    switch node.content {
    case .sequence(let nodes):
      let items = nodes.compactMap { read($0, findings) }
      return items.count == nodes.count ? .list(items) : nil
    case .mapping(let entries):
      let members = entries.compactMap { entry in
        read(entry.value, findings).map { (entry.key, $0) }
      }
      return members.count == entries.count
        ? .object(Dictionary(members) { first, _ in first }) : nil
    case .scalar(let scalar):
      do throws(TextRefusal) {
        return node.isNull ? .constant(.null) : try read(scalar)
      } catch {
        findings.error(error.message, at: node.position, hint: error.hint)
        return nil
      }
    }
  }

  private static func read(_ scalar: Node.Scalar) throws(TextRefusal) -> RetrainingBody {
    if let constant = try scalar.constant() { return .constant(constant) }
    let template = try Template(scalar.text, holes: Template.Hole.allCases)
    if template.isOnly(.event) { return .event }
    guard !template.has(.event) else {
      throw TextRefusal(
        message: "{event} is an object and cannot be part of a text",
        hint: "let it be the whole value: \"{event}\"")
    }
    return .text(template)
  }
}
