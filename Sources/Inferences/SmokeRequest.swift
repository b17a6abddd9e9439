import Encoding
import Foundation
import Payloads
package import Rollouts

/// An inference that a loaded model must answer before any client reaches it, and what it has to say.
///
/// Runtimes ask it, each its own servers: a manifest means the same thing on a machine and in a cluster.
package struct SmokeRequest: Equatable, Sendable {
  /// The body of a V2 request, as JSON text.
  package let body: String
  /// What it must be answered; nil when any answer with outputs will do.
  package let expected: ExpectedAnswer?

  /// What is tried: the reasons of both runtimes begin with it.
  package static let operation = "answer a smoke inference"
  /// What a server does meanwhile.
  package static let progress = "answering a smoke inference"

  package init(body: String, expected: ExpectedAnswer?) {
    (self.body, self.expected) = (body, expected)
  }

  /// Takes the one that a manifest gives; nil when it gives none.
  package init?(of model: Model) {
    guard let body = model.smoke else { return nil }
    self.init(body: body, expected: model.answer)
  }

  /// Returns what is wrong about an answer, in words that are safe to show; nil when it is right.
  package func problem(status: Int, answer: [UInt8]) -> String? {
    guard status == 200 else { return "it answered \(status): \(Self.start(of: answer))" }
    guard (try? JSONDecoder().decode(Inference.self, from: Data(answer))) != nil else {
      return "its answer is no JSON with outputs"
    }
    guard let expected else { return nil }
    var comparison = AnswerComparison()
    let outcome = comparison.compare(
      stable: Array(expected.body.utf8), candidate: answer, by: expected.agreement)
    return outcome == .same
      ? nil : "it is not the answer that the manifest expects: \(Self.start(of: answer))"
  }

  /// How an answer begins: it is a model's own, and ends up in statuses and commits.
  static func start(of answer: [UInt8]) -> String {
    let text = String(decoding: answer.prefix(400), as: UTF8.self)
    var line = String.UnicodeScalarView()
    line.append(contentsOf: text.unicodeScalars.map { DisplayText.isUnsafe($0) ? " " : $0 })
    return String(line).trimmingCharacters(in: .whitespaces)
  }
}

/// An answer to an inference; what the outputs hold is the model's business.
private struct Inference: Decodable {
  struct Output: Decodable {}

  let outputs: [Output]
}
