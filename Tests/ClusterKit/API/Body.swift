import Encoding
import Manifests

// What bodies of requests hold.

extension Request {
  /// The object in the body, as JSON or YAML.
  func object(_ kind: String) throws(APIError) -> JSONValue {
    switch contentType {
    case "application/json", "": return try json(kind)
    case "application/yaml", "application/apply-patch+yaml": return try yaml(kind)
    default:
      throw APIError(
        code: 415, reason: "UnsupportedMediaType",
        message: "the body of the request was in an unknown format - accepted media types include: "
          + "application/json, application/yaml, application/vnd.kubernetes.protobuf")
    }
  }

  func json(_ kind: String) throws(APIError) -> JSONValue {
    guard let value = try? JSONValue(parsing: body) else {
      let text = String(decoding: body, as: UTF8.self)
      throw .badRequest(
        "the object provided is unrecognized (must be of type \(kind)): couldn't get version/kind; "
          + "json parse error: unexpected end of JSON input (\(text))")
    }
    return value
  }

  private func yaml(_ kind: String) throws(APIError) -> JSONValue {
    if body.first == UInt8(ascii: "{") { return try json(kind) }
    let findings = Findings(path: "body")
    let documents = Documents(body, findings: findings)
    guard findings.diagnostics.isEmpty, let root = documents.roots.first else {
      throw .badRequest("error decoding YAML: \(findings.diagnostics.first?.message ?? "nothing")")
    }
    return JSONValue(root)
  }
}

extension JSONValue {
  /// What a YAML document says, by the rules of YAML's JSON schema.
  init(_ node: Node) {
    switch node.content {
    case .sequence(let items): self = .array(items.map(JSONValue.init))
    case .mapping(let entries):
      self = .object(Dictionary(entries.map { ($0.key, JSONValue($0.value)) }) { $1 })
    case .scalar(let scalar):
      guard scalar.isPlain else {
        self = .string(scalar.text)
        return
      }
      if node.isNull {
        self = .null
      } else if let number = Int64(scalar.text) {
        self = .int(number)
      } else if ["true", "false"].contains(scalar.text) {
        self = .bool(scalar.text == "true")
      } else {
        self = .string(scalar.text)
      }
    }
  }
}
