import Foundation
import HTTP
import Manifests

/// The query API of one Prometheus server.
struct Endpoint: Sendable {
  let settings: PrometheusSettings
  let client: HTTPClient

  /// Counters of a thousand deployments take a third of it.
  static let largestAnswer = 64 << 20
  static let timeout = Duration.seconds(20)

  /// Asks for every sample that a range selector selects, up to now by the server's clock.
  func samples(of query: String) async throws -> [SampledSeries] {
    let request = try request(query)
    let response: HTTPResponse
    do {
      response = try await client.send(request, limit: Self.largestAnswer)
    } catch let error as HTTPError {
      throw PrometheusError(error.kind == .tooLarge ? .size : .unreachable, error.description)
    }
    return try Answer.series(response.body, status: response.status)
  }

  /// A POST: labels of a thousand deployments are too long for a URL.
  private func request(_ query: String) throws(PrometheusError) -> HTTPRequest {
    var request = HTTPRequest(settings.url + "/api/v1/query")
    request.method = "POST"
    request.timeout = Self.timeout
    request.caFile = settings.caFile
    request.headers.append((name: "Content-Type", value: "application/x-www-form-urlencoded"))
    request.body = Array("query=\(query.urlEncoded)&timeout=15s".utf8)
    try authorize(&request)
    return request
  }

  private func authorize(_ request: inout HTTPRequest) throws(PrometheusError) {
    switch settings.credentials {
    case nil: break
    case .bearer(let file): request.authorize(bearer: try word(file))
    case .basic(let user, let file): request.authorize(user: user, password: try word(file))
    }
    guard let certificate = settings.certificate else { return }
    request.identity = HTTPRequest.Identity(
      certificate: try contents(certificate.file), key: try contents(certificate.keyFile))
  }

  /// A secret without the line break that ends its file.
  private func word(_ file: String) throws(PrometheusError) -> String {
    String(decoding: try contents(file), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func contents(_ file: String) throws(PrometheusError) -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: file),
      let data = try? handle.read(upToCount: 4 << 20), !data.isEmpty
    else { throw PrometheusError(.credentials, "\(file) cannot be read, or is empty") }
    return Array(data)
  }
}
