import Foundation
import Rollouts

/// One series of an answer: its labels, and its samples in the order of time.
struct SampledSeries: Equatable, Sendable {
  struct Sample: Equatable, Sendable {
    /// By the clock of the Prometheus that scraped it.
    let at: Instant
    let value: Double
  }

  let labels: [String: String]
  let samples: [Sample]
  /// Why its samples cannot be used, where that is so: others of the answer can.
  var refusal: PrometheusError?

  var name: String { labels["__name__"] ?? "" }
}

/// Reads what `/api/v1/query` answers to a raw range selector.
enum Answer {
  static func series(_ body: [UInt8], status: Int) throws(PrometheusError) -> [SampledSeries] {
    // What is as it should be is read once: it is the largest thing that the controller reads.
    guard status == 200, let series = MatrixReader.series(body) else {
      throw refusal(Data(body), status)
    }
    return series
  }

  /// Says why an answer cannot be used.
  private static func refusal(_ data: Data, _ status: Int) -> PrometheusError {
    let envelope = try? JSONDecoder().decode(Envelope.self, from: data)
    if status == 401 || status == 403 {
      return PrometheusError(.credentials, "the server refuses the credentials (\(status))")
    }
    guard status == 200, envelope?.status != "error" else {
      return PrometheusError(.refused, "\(status): \(envelope?.error ?? "no reason is given")")
    }
    guard let envelope, envelope.status == "success", let contents = envelope.data else {
      return PrometheusError(.shape, "the answer is not what Prometheus answers")
    }
    if let warning = envelope.warnings?.first {
      return PrometheusError(.partial, "the answer may be incomplete: \(warning)")
    }
    guard let type = contents.resultType, type != "matrix" else {
      return PrometheusError(.shape, "the answer is not a matrix of samples")
    }
    return PrometheusError(.shape, "the answer is a \(type), not a matrix")
  }
}

/// What every answer says of itself.
private struct Envelope: Decodable {
  struct Contents: Decodable {
    let resultType: String?

    private enum CodingKeys: CodingKey { case resultType }

    init(from decoder: any Decoder) {
      let container = try? decoder.container(keyedBy: CodingKeys.self)
      resultType = try? container?.decode(String.self, forKey: .resultType)
    }
  }

  let status: String
  let error: String?
  let warnings: [String]?
  let data: Contents?
}
