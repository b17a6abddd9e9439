package import Control
import Foundation
import HTTP
import Encoding
package import Manifests
import Rollouts
import Wording

/// A trainer behind a URL: GitHub, Kubeflow, Argo, Airflow, or anything else that takes JSON.
package struct WebTrainer: Trainer {
  private let settings: RetrainingSettings
  private let controller: String
  private let client = HTTPClient()

  /// Makes sure that every file with a secret can be read; their contents are kept nowhere.
  ///
  /// - Parameters:
  ///   - settings: Where and how to ask.
  ///   - controller: The name of the controller.
  /// - Throws: `TrainerError` for a file that cannot be read or holds something else.
  package init(_ settings: RetrainingSettings, controller: String) throws(TrainerError) {
    self.settings = settings
    self.controller = controller
    for header in settings.headers { _ = try Self.value(of: header) }
  }

  package func ask(_ request: RetrainingRequest) async throws {
    let (head, body) = try await open(message(request))
    // The status says it all, and a body may repeat what it was sent.
    body.cancel()
    guard (200..<300).contains(head.status) else {
      throw TrainerError(description: "the trainer answered \(head.status)\(Self.hint(head))")
    }
  }

  /// Errors name the host alone: hooks are often let in by a part of their path.
  private func open(_ message: HTTPRequest) async throws -> (HTTPHead, HTTPBody) {
    do {
      return try await client.open(message)
    } catch let error as HTTPError {
      let host = URL(string: message.url)?.host() ?? "the trainer"
      throw HTTPError(kind: error.kind, operation: "POST to \(host)", message: error.message)
    }
  }

  private func message(_ request: RetrainingRequest) throws -> HTTPRequest {
    let event = request.event(from: controller)
    var message = HTTPRequest(settings.url.filled { request.value(of: $0).percentEncoded })
    message.method = "POST"
    message.headers = try headers()
    message.body = Array(
      settings.body.filled(with: event, request.value(of:)).canonical.utf8)
    message.timeout = settings.timeout
    message.caFile = settings.caFile
    return message
  }

  /// The configured headers, and what the body is unless they say it.
  private func headers() throws(TrainerError) -> [(name: String, value: String)] {
    var headers: [(name: String, value: String)] = []
    for header in settings.headers { headers.append((header.name, try Self.value(of: header))) }
    guard !headers.contains(where: { $0.name.lowercased() == "content-type" }) else {
      return headers
    }
    let kind = settings.body == .event ? "cloudevents+json" : "json"
    return headers + [("Content-Type", "application/\(kind)")]
  }

  /// Read each time: what Kubernetes puts into a pod changes by the hour.
  private static func value(of header: RetrainingHeader) throws(TrainerError) -> String {
    switch header.value {
    case .text(let text): return text
    case .file(let path, let scheme):
      guard let data = FileManager.default.contents(atPath: path) else {
        throw TrainerError(description: "\(path) cannot be read")
      }
      let secret = String(decoding: data, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
      let isPlain = secret.utf8.allSatisfy { (0x20...0x7E).contains($0) }
      guard !secret.isEmpty, isPlain, secret.utf8.count <= largestSecret else {
        throw TrainerError(description: "\(path) does not hold one line of plain text")
      }
      return scheme.map { "\($0) \(secret)" } ?? secret
    }
  }

  /// In bytes: what servers accept of all headers together.
  private static let largestSecret = 8 << 10

  private static func hint(_ head: HTTPHead) -> String {
    switch head.status {
    case 300..<400: ", a redirection, which is not followed"
    case 401, 403: ": it lets nobody in with these headers"
    default: ""
    }
  }
}

/// A trainer that could not be asked, without anything that may be secret.
package struct TrainerError: Error, Equatable, CustomStringConvertible {
  package let description: String
}

extension RetrainingRequest {
  /// Returns what fills a hole.
  fileprivate func value(of hole: Template.Hole) -> String {
    switch hole {
    case .namespace: deployment.namespace
    case .name: deployment.name
    case .version: decision.revision?.model.version ?? ""
    case .reason: decision.sentence
    case .event: preconditionFailure("the event is no text")
    }
  }
}

extension String {
  /// Every byte but RFC 3986's unreserved ones as %XX, so that it stays one part of a path.
  fileprivate var percentEncoded: String {
    utf8.map { byte in
      let isUnreserved =
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte)
        || "-._~".utf8.contains(byte)
      let digits = String(byte, radix: 16, uppercase: true)
      return isUnreserved
        ? String(UnicodeScalar(byte)) : (byte < 16 ? "%0\(digits)" : "%\(digits)")
    }.joined()
  }
}
