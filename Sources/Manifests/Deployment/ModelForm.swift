import Encoding
import Foundation
import Rollouts

/// `spec.model`: the fields that make a revision.
enum ModelForm {
  static let form: Form<(model: Model, profile: ProfileReference?)> = .object(
    required("version", version, "The model's version, as its makers call it."),
    required("uri", Form.modelURI, "Where the artifact is: file or https."),
    optional("digest", Form.digest, "The artifact's SHA-256, checked before it is loaded."),
    required("format", format, "What made the model."),
    optional("smoke", smoke, "A request that the loaded model must answer."),
    defaulted(
      "retry", Form.integer(0...1_000_000), default: 0,
      "Raise it to try a rejected model again."),
    optional(
      "profile", ProfileReference.form.located,
      "The file of its DataProfile, from the manifest's folder."),
    planned: ["evaluation"]
  ) { fields, version, uri, digest, format, smoke, retry, profile in
    if digest == nil, fields.values["digest"] == nil {
      fields.warning(
        "the artifact is not verified", hint: "add digest: \"sha256:…\" to the model")
    }
    let model = Model(
      version: version, uri: uri, digest: digest, format: format, smoke: smoke?.request,
      retry: retry, answer: smoke?.answer)
    return (model, profile.map { ProfileReference(path: $0.value, position: $0.position) })
  }

  /// A server's command may have it as an argument, where "-" begins an option.
  private static let version = Form<String>(
    schema: Form.text(atMost: 128).schema.merging(["pattern": "^[^-]"]) { $1 }
  ) { node, findings in
    guard let version = Form.text(atMost: 128).read(node, findings) else { return nil }
    guard version.hasPrefix("-") else { return version }
    findings.error(
      "the version begins with \"-\"", at: node.position,
      hint: "a server would take it for an option: write it like v1")
    return nil
  }

  static let format = Form.word(
    ["sklearn", "xgboost", "lightgbm", "mlflow", "custom"].map { ($0, $0) })

  /// `spec.model.smoke`: what the loaded model is asked, and what it must answer.
  private struct WrittenSmoke {
    let request: String
    let answer: ExpectedAnswer?
  }

  private static let smoke: Form<WrittenSmoke> = .object(
    required("request", request, "The JSON body of one V2 inference request."),
    optional(
      "answer", answer,
      "The JSON body of the answer that is expected: every output in it must be in the model's."),
    AgreementForm.usual, AgreementForm.outputs
  ) { fields, request, answer, usual, outputs in
    guard let answer else {
      for key in ["usual", "outputs"] where fields.values[key] != nil {
        fields.error("\(key) compares an answer, and none is given", on: key, hint: "add answer: …")
      }
      return WrittenSmoke(request: request, answer: nil)
    }
    let agreement = AgreementForm.agreement(usual, outputs)
    return WrittenSmoke(
      request: request, answer: ExpectedAnswer(body: answer, agreement: agreement))
  }

  /// A smoke request asks for one answer; a batch belongs in a test.
  private static let largestRequest = 64 * 1024

  private static let answerHint =
    "write the body of a V2 answer: {\"outputs\": [{\"name\": …, \"shape\": …, \"data\": …}]}"
  private static let requestHint = "write the body of a V2 request: {\"inputs\": [{\"name\": …}]}"

  private static let request = body("request", with: "inputs", hint: requestHint) { _ in true }

  /// Tensors without one of their three parts can be compared with nothing.
  private static let answer = body("answer", with: "outputs", hint: answerHint) { output in
    let output = output as? [String: Any]
    return output?["name"] is String && output?["shape"] is [Any] && output?["data"] is [Any]
  }

  private static func body(
    _ what: String, with tensors: String, hint: String,
    where isTensor: @escaping @Sendable (Any) -> Bool
  ) -> Form<String> {
    .scalar(
      "JSON text", example: hint,
      schema: ["type": "string", "contentMediaType": "application/json"]
    ) { scalar throws(TextRefusal) in
      try read(scalar, what, with: tensors, hint: hint, where: isTensor)
    }
  }

  private static func read(
    _ scalar: Node.Scalar, _ what: String, with tensors: String, hint: String,
    where isTensor: (Any) -> Bool
  ) throws(TextRefusal) -> String {
    guard scalar.text.utf8.count <= largestRequest else {
      throw TextRefusal(
        message: "the \(what) has \(scalar.text.utf8.count) bytes, at most \(largestRequest) are "
          + "allowed")
    }
    // The text is part of the revision: blank lines around it do not make another one.
    let text = scalar.text.trimmingCharacters(in: .whitespacesAndNewlines)
    let value: Any
    do {
      value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    } catch {
      throw TextRefusal(message: "the \(what) is not JSON", hint: hint)
    }
    guard let body = value as? [String: Any], let named = body[tensors] as? [Any], !named.isEmpty
    else { throw TextRefusal(message: "the \(what) has no \"\(tensors)\"", hint: hint) }
    guard named.allSatisfy(isTensor) else {
      throw TextRefusal(message: "one of the \(tensors) lacks a name, a shape or data", hint: hint)
    }
    return text
  }
}
