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

  var name: String { labels["__name__"] ?? "" }
}

/// Reads what `/api/v1/query` answers to a raw range selector.
enum Answer {
  static func series(_ body: [UInt8], status: Int) throws(PrometheusError) -> [SampledSeries] {
    let data = Data(body)
    // What is as it should be is read once: it is the largest thing that the controller reads.
    guard status == 200, let matrix = try? JSONDecoder().decode(Matrix.self, from: data),
      matrix.status == "success", matrix.warnings?.first == nil, let items = matrix.data.result
    else { throw refusal(data, status) }
    var series: [SampledSeries] = []
    series.reserveCapacity(items.count)
    for item in items { series.append(try item.series()) }
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

private struct Matrix: Decodable {
  struct Contents: Decodable {
    let resultType: String
    /// Nil of what is no matrix.
    let result: [Item]?

    enum CodingKeys: String, CodingKey { case resultType, result }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      resultType = try container.decode(String.self, forKey: .resultType)
      result = resultType == "matrix" ? try container.decode([Item].self, forKey: .result) : nil
    }
  }

  struct Item: Decodable {
    let metric: [String: String]
    /// Nil of a native histogram.
    let values: [Pair]?
    let histograms: [Skipped]?
  }

  struct Skipped: Decodable {
    init(from decoder: any Decoder) {}
  }

  /// [1700000000.123, "42"].
  struct Pair: Decodable {
    let seconds: Double
    let text: String

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      seconds = try container.decode(Double.self)
      text = try container.decode(String.self)
      guard container.isAtEnd else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a pair")
      }
    }
  }

  let status: String
  let warnings: [String]?
  let data: Contents
}

extension Matrix.Item {
  fileprivate func series() throws(PrometheusError) -> SampledSeries {
    guard histograms == nil, let values, !values.isEmpty else {
      throw PrometheusError(
        .shape, "\(metric["__name__"] ?? "a series") has native histograms or no samples")
    }
    var samples: [SampledSeries.Sample] = []
    for pair in values { samples.append(try pair.sample(of: metric)) }
    samples.sort { $0.at < $1.at }
    return SampledSeries(labels: metric, samples: try unique(samples))
  }

  /// The samples, each moment once.
  private func unique(
    _ samples: [SampledSeries.Sample]
  ) throws(PrometheusError) -> [SampledSeries.Sample] {
    var kept: [SampledSeries.Sample] = []
    for sample in samples {
      guard sample.at == kept.last?.at else {
        kept.append(sample)
        continue
      }
      guard sample == kept.last else {
        throw PrometheusError(
          .shape, "\(metric["__name__"] ?? "a series") has two values at one moment")
      }
    }
    return kept
  }
}

extension Matrix.Pair {
  /// Beyond every moment that is meant, in seconds: the year 5138.
  private static let endOfTime = 1e11

  fileprivate func sample(
    of metric: [String: String]
  ) throws(PrometheusError) -> SampledSeries.Sample {
    guard (0...Self.endOfTime).contains(seconds), let value = Double(text) else {
      throw PrometheusError(.value, "\(metric["__name__"] ?? "a series") has no number for a value")
    }
    return SampledSeries.Sample(
      at: Instant(milliseconds: Int64((seconds * 1000).rounded())), value: value)
  }
}
