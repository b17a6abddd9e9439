import Encoding
import Rollouts

/// Reads a matrix of samples, byte by byte: a general decoder takes several times as long, and this is most of what a
/// controller at rest does.
struct MatrixReader {
  private var scanner: JSONScanner
  private var series: [SampledSeries] = []

  /// The answer, its data, the list, a series, its values, and a pair; a histogram has some more.
  private static let rules = JSONScanner.Rules(deepest: 16)
  /// Beyond every moment that is meant, in seconds: the year 5138.
  private static let endOfTime = 1e11

  /// Why it goes no further.
  private enum Stop: Error {
    case shape
    /// A matrix all the same, with something in it that is none of ours.
    case refused(PrometheusError)
  }

  private init(_ count: Int) { scanner = JSONScanner(0..<count, Self.rules) }

  /// Returns the series; nil of what is no whole and successful answer with a matrix.
  static func series(_ body: [UInt8]) throws(PrometheusError) -> [SampledSeries]? {
    var reader = Self(body.count)
    do throws(Stop) {
      try reader.answer(body.span)
      return reader.series
    } catch {
      guard case .refused(let reason) = error else { return nil }
      throw reason
    }
  }

  // MARK: The answer

  private mutating func answer(_ bytes: Span<UInt8>) throws(Stop) {
    var (isSuccess, isMatrix) = (false, false)
    try object(bytes) { reader, key, bytes throws(Stop) in
      switch key {
      case "status": isSuccess = try reader.text(bytes) == "success"
      case "data": isMatrix = try reader.contents(bytes)
      case "warnings":
        var count = 0
        try reader.list(bytes) { reader, bytes throws(Stop) in
          try reader.skip(bytes)
          count += 1
        }
        guard count == 0 else { throw Stop.shape }
      default: try reader.skip(bytes)
      }
    }
    guard isSuccess, isMatrix, scanner.isAtEnd(bytes) else { throw Stop.shape }
  }

  /// Returns whether it is a matrix.
  private mutating func contents(_ bytes: Span<UInt8>) throws(Stop) -> Bool {
    var (isMatrix, hasResult) = (false, false)
    try object(bytes) { reader, key, bytes throws(Stop) in
      switch key {
      case "resultType": isMatrix = try reader.text(bytes) == "matrix"
      case "result":
        try reader.list(bytes) { reader, bytes throws(Stop) in try reader.item(bytes) }
        hasResult = true
      default: try reader.skip(bytes)
      }
    }
    return isMatrix && hasResult
  }

  // MARK: A series

  private mutating func item(_ bytes: Span<UInt8>) throws(Stop) {
    var labels: [String: String]?
    var (pairs, hasHistograms) = ([Pair](), false)
    try object(bytes) { reader, key, bytes throws(Stop) in
      switch key {
      case "metric": labels = try reader.labels(bytes)
      case "values": pairs = try reader.pairs(bytes)
      case "histograms":
        try reader.skip(bytes)
        hasHistograms = true
      default: try reader.skip(bytes)
      }
    }
    guard let labels else { throw Stop.shape }
    do throws(PrometheusError) {
      guard !hasHistograms, !pairs.isEmpty else {
        throw labels.refusal(.shape, "has native histograms or no samples")
      }
      series.append(SampledSeries(labels: labels, samples: try Self.samples(pairs, of: labels)))
    } catch {
      throw .refused(error)
    }
  }

  private mutating func labels(_ bytes: Span<UInt8>) throws(Stop) -> [String: String] {
    var labels: [String: String] = [:]
    try object(bytes) { reader, key, bytes throws(Stop) in labels[key] = try reader.text(bytes) }
    return labels
  }

  /// [1700000000.123, "42"].
  private struct Pair {
    var seconds = Double.nan
    var value = ""
  }

  private mutating func pairs(_ bytes: Span<UInt8>) throws(Stop) -> [Pair] {
    var pairs: [Pair] = []
    try list(bytes) { reader, bytes throws(Stop) in pairs.append(try reader.pair(bytes)) }
    return pairs
  }

  private mutating func pair(_ bytes: Span<UInt8>) throws(Stop) -> Pair {
    var (pair, count) = (Pair(), 0)
    try list(bytes) { reader, bytes throws(Stop) in
      switch count {
      case 0: pair.seconds = try reader.number(bytes)
      case 1: pair.value = try reader.text(bytes)
      default: throw Stop.shape
      }
      count += 1
    }
    guard count == 2 else { throw Stop.shape }
    return pair
  }

  /// The samples in their order, each moment once.
  private static func samples(
    _ pairs: [Pair], of labels: [String: String]
  ) throws(PrometheusError) -> [SampledSeries.Sample] {
    var samples: [SampledSeries.Sample] = []
    samples.reserveCapacity(pairs.count)
    for pair in pairs {
      guard (0...endOfTime).contains(pair.seconds), let value = Double(pair.value) else {
        throw labels.refusal(.value, "has no number for a value")
      }
      samples.append(
        .init(at: Instant(milliseconds: Int64((pair.seconds * 1000).rounded())), value: value))
    }
    return try inOrder(samples, of: labels)
  }

  private static func inOrder(
    _ samples: [SampledSeries.Sample], of labels: [String: String]
  ) throws(PrometheusError) -> [SampledSeries.Sample] {
    let isAscending = zip(samples, samples.dropFirst()).allSatisfy { $0.at < $1.at }
    guard !isAscending else { return samples }
    var kept: [SampledSeries.Sample] = []
    for sample in samples.sorted(by: { $0.at < $1.at }) where sample != kept.last {
      guard sample.at != kept.last?.at else {
        throw labels.refusal(.shape, "has two values at one moment")
      }
      kept.append(sample)
    }
    return kept
  }
}

// The parts of JSON.
extension MatrixReader {
  private mutating func pass<Result>(
    _ bytes: Span<UInt8>,
    _ step: (inout JSONScanner, Span<UInt8>) throws(JSONProblem) -> Result
  ) throws(Stop) -> Result {
    do throws(JSONProblem) { return try step(&scanner, bytes) } catch { throw Stop.shape }
  }

  private mutating func enter(
    _ token: JSONScanner.Token, _ bytes: Span<UInt8>
  ) throws(Stop) {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    guard next == token else { throw Stop.shape }
    try pass(bytes) { scanner, _ throws(JSONProblem) in try scanner.open() }
  }

  private mutating func object(
    _ bytes: Span<UInt8>,
    _ member: (inout Self, String, Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) {
    try enter(.object, bytes)
    while let key = try pass(
      bytes, { scanner, bytes throws(JSONProblem) in try scanner.key(bytes) })
    {
      try member(&self, try string(key, bytes), bytes)
    }
  }

  private mutating func list(
    _ bytes: Span<UInt8>, _ item: (inout Self, Span<UInt8>) throws(Stop) -> Void
  ) throws(Stop) {
    try enter(.list, bytes)
    while try pass(bytes, { scanner, bytes throws(JSONProblem) in try scanner.item(bytes) }) {
      try item(&self, bytes)
    }
  }

  private mutating func text(_ bytes: Span<UInt8>) throws(Stop) -> String {
    scanner.skipBlanks(bytes)
    guard scanner.next(bytes) == UInt8(ascii: "\"") else { throw Stop.shape }
    return try string(
      pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.text(bytes) }, bytes)
  }

  private mutating func string(
    _ text: JSONScanner.Text, _ bytes: Span<UInt8>
  ) throws(Stop) -> String {
    guard text.hasEscapes else {
      return bytes.extracting(text.range).withUnsafeBufferPointer {
        String(decoding: $0, as: UTF8.self)
      }
    }
    var said: [UInt8] = []
    do throws(JSONProblem) {
      try scanner.unescape(bytes, text, .replaced, into: &said)
    } catch {
      throw Stop.shape
    }
    return String(decoding: said, as: UTF8.self)
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(Stop) -> Double {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    guard next == .number else { throw Stop.shape }
    let start = scanner.position
    passNumber(bytes)
    let digits = bytes.extracting(start..<scanner.position).withUnsafeBufferPointer {
      String(decoding: $0, as: UTF8.self)
    }
    guard let value = Double(digits) else { throw Stop.shape }
    return value
  }

  private mutating func passNumber(_ bytes: Span<UInt8>) {
    while "+-.0123456789Ee".utf8.contains(scanner.next(bytes)) { scanner.position += 1 }
  }

  /// Passes over a value that says nothing here.
  private mutating func skip(_ bytes: Span<UInt8>) throws(Stop) {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    switch next {
    case .object: try object(bytes) { reader, _, bytes throws(Stop) in try reader.skip(bytes) }
    case .list: try list(bytes) { reader, bytes throws(Stop) in try reader.skip(bytes) }
    case .text: _ = try text(bytes)
    case .number: _ = try number(bytes)
    case .yes: try word(bytes, "true")
    case .no: try word(bytes, "false")
    case .null: try word(bytes, "null")
    }
  }

  private mutating func word(_ bytes: Span<UInt8>, _ word: StaticString) throws(Stop) {
    try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.literal(bytes, word) }
  }
}

extension [String: String] {
  /// Says what is wrong with the series that has these labels.
  fileprivate func refusal(_ kind: PrometheusError.Kind, _ what: String) -> PrometheusError {
    PrometheusError(kind, "\(self["__name__"] ?? "a series") \(what)")
  }
}
