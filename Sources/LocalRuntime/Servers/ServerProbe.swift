import Foundation
package import HTTP
import Inferences
package import Rollouts
import Encoding

/// Asks one model server, in the V2 protocol, whether it answers.
package struct ServerProbe: Sendable {
  package enum Answer: Equatable, Sendable {
    case ready
    /// The server runs and does not know the model.
    case unknownModel
    case notReady(String)
    /// Another process has its port, as it is named here.
    case taken(String)
  }

  package let client: HTTPClient
  package let address: ServerAddress
  package let name: String
  package let version: String

  /// Longer than a model that answers in its only thread usually takes.
  private static let timeout: Duration = .seconds(5)

  private var base: String {
    let host = if case .port(let port) = address { "127.0.0.1:\(port)" } else { "localhost" }
    return "http://\(host)/v2/models/\(name)"
  }

  private func request(_ url: String) -> HTTPRequest {
    var request = HTTPRequest(url)
    switch address {
    case .port: break
    case .socket(let path): request.unixSocket = path
    case .closed: request.unixSocket = ServerAddress.closedPath
    }
    return request
  }

  /// Asks for this very version, or for the model when the server knows no versions.
  package func ask() async -> Answer {
    let version =
      version.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", "."])) ?? ""
    for url in ["\(base)/versions/\(version)/ready", "\(base)/ready"] {
      do {
        let response = try await get(url)
        if response.status == 200 { return .ready }
        guard response.status == 404 else { return .notReady("it answered \(response.status)") }
      } catch {
        return .notReady((error as? HTTPError)?.message ?? "\(error)")
      }
    }
    return .unknownModel
  }

  /// Has the model answer one inference: the given one, or one made from its metadata.
  ///
  /// - Parameters:
  ///   - body: What it is asked; nil when nothing is given.
  ///   - expected: What it must answer; nil when any answer with outputs will do.
  ///   - timeout: How long it may take.
  /// - Returns: Whether there was anything to ask.
  /// - Throws: `LocalRuntimeError` with what was wrong about the answer.
  package func infer(
    _ body: String?, expecting expected: ExpectedAnswer? = nil, timeout: Duration
  ) async throws -> Bool {
    var body = body
    if body == nil { body = await madeUpBody() }
    guard let body else { return false }
    let response: HTTPResponse
    do {
      response = try await client.send(inference(Array(body.utf8), timeout: timeout))
    } catch let error as HTTPError {
      throw Self.problem(error.message)
    }
    let request = SmokeRequest(body: body, expected: expected)
    if let problem = request.problem(status: response.status, answer: response.body) {
      throw Self.problem(problem)
    }
    return true
  }

  /// Returns the request for one inference.
  func inference(_ body: [UInt8], timeout: Duration) -> HTTPRequest {
    var request = request("\(base)/infer")
    request.infer(body, timeout: timeout)
    return request
  }

  private static func problem(_ message: String) -> LocalRuntimeError {
    LocalRuntimeError(.server, SmokeRequest.operation, message)
  }

  private func get(_ url: String) async throws -> HTTPResponse {
    var request = request(url)
    request.timeout = Self.timeout
    return try await client.send(request, limit: 1 << 20)
  }

  /// Makes a request of zeros for the inputs that the model says it has; nil when it names none.
  func madeUpBody() async -> String? {
    guard let response = try? await get(base), response.status == 200 else { return nil }
    return ModelMetadata.madeUpRequest(response.body)
  }
}
