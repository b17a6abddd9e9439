import Encoding
import Rollouts

/// `match` of a step: a header and its value, by which clients ask for the new model.
enum MatchForm {
  static let form: Form<HeaderMatch> = .object(
    required(
      "header", StrategyForm.field("a header").map { $0.lowercased() }, "The name of the header."),
    required("value", value, "The value that it must have, letter for letter.")
  ) { fields, header, value in
    if let refusal = refusal(of: header) {
      fields.error(
        "\"\(header)\" cannot be matched: \(refusal)", on: "header",
        hint: "take a name of your own, like x-beta")
      return nil
    }
    return HeaderMatch(header: header, value: value)
  }

  private static let value = Form.scalar(
    "the value of a header", example: "write it like \"true\"",
    schema: ["type": ["string", "number", "boolean"], "pattern": "^[!-~]{1,100}$"]
  ) { scalar throws(TextRefusal) in
    guard HeaderMatch(header: "x", value: scalar.text) != nil else {
      throw TextRefusal(
        message: "\"\(scalar.text.shortened)\" is not the value of a header",
        hint: "visible characters of ASCII, at most \(HeaderMatch.mostBytes)")
    }
    return scalar.text
  }

  /// Returns why a header says nothing about what a client asked for; nil when it may.
  private static func refusal(of header: String) -> String? {
    if ofConnection.contains(header) || header.hasPrefix("proxy-") {
      return "it is about the connection, not about the request"
    }
    if secret.contains(header) { return "its value is a secret, and many read the manifest" }
    let isReserved = header.hasPrefix("serin-") && header != HeaderMatch.preview.header
    if isReserved || ofEnvoy.contains(header) || header.hasPrefix("x-envoy-") {
      return "Serin or Envoy writes it"
    }
    return nil
  }

  private static let ofConnection: Set = [
    "connection", "content-length", "expect", "host", "keep-alive", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]
  private static let secret: Set = ["authorization", "cookie"]
  private static let ofEnvoy: Set = [
    "x-client-request-id", "x-forwarded-client-cert", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-port", "x-forwarded-proto", "x-request-id",
  ]
}
