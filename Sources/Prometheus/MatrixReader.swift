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

  /// Says that the bytes are no whole and successful answer with a matrix.
  private struct Shapeless: Error {}

  private init(_ count: Int) { scanner = JSONScanner(0..<count, Self.rules) }

  /// Returns the series; nil of what is no whole and successful answer with a matrix.
  static func series(_ body: [UInt8]) -> [SampledSeries]? {
    var reader = Self(body.count)
    do throws(Shapeless) { try reader.answer(body.span) } catch { return nil }
    return reader.series
  }

  // MARK: The answer

  private mutating func answer(_ bytes: Span<UInt8>) throws(Shapeless) {
    var (isSuccess, isMatrix) = (false, false)
    try object(bytes) { reader, key, bytes throws(Shapeless) in
      switch key {
      case "status": isSuccess = try reader.text(bytes) == "success"
      case "data": isMatrix = try reader.contents(bytes)
      case "warnings":
        guard try reader.isEmpty(bytes) else { throw Shapeless() }
      default: try reader.skip(bytes)
      }
    }
    guard isSuccess, isMatrix, scanner.isAtEnd(bytes) else { throw Shapeless() }
  }

  /// Returns whether it is a matrix.
  private mutating func contents(_ bytes: Span<UInt8>) throws(Shapeless) -> Bool {
    var (isMatrix, hasResult) = (false, false)
    try object(bytes) { reader, key, bytes throws(Shapeless) in
      switch key {
      case "resultType":
        guard try reader.text(bytes) == "matrix" else { throw Shapeless() }
        isMatrix = true
      case "result":
        guard !hasResult else { throw Shapeless() }
        try reader.list(bytes) { reader, bytes throws(Shapeless) in try reader.item(bytes) }
        hasResult = true
      default: try reader.skip(bytes)
      }
    }
    return isMatrix && hasResult
  }

  // MARK: A series

  private mutating func item(_ bytes: Span<UInt8>) throws(Shapeless) {
    var labels: [String: String]?
    var (pairs, hasHistograms) = ([Pair](), false)
    try object(bytes) { reader, key, bytes throws(Shapeless) in
      switch key {
      case "metric": labels = try reader.labels(bytes)
      case "values": pairs = try reader.pairs(bytes)
      case "histograms": hasHistograms = try !reader.isEmpty(bytes)
      default: try reader.skip(bytes)
      }
    }
    guard let labels else { throw Shapeless() }
    do throws(PrometheusError) {
      guard !hasHistograms, !pairs.isEmpty else {
        throw labels.refusal(.shape, "has native histograms or no samples")
      }
      series.append(SampledSeries(labels: labels, samples: try Self.samples(pairs, of: labels)))
    } catch {
      series.append(SampledSeries(labels: labels, samples: [], refusal: error))
    }
  }

  private mutating func labels(_ bytes: Span<UInt8>) throws(Shapeless) -> [String: String] {
    var labels: [String: String] = [:]
    try object(bytes) { reader, key, bytes throws(Shapeless) in
      labels[key] = try reader.text(bytes)
    }
    return labels
  }

  /// [1700000000.123, "42"].
  private struct Pair {
    var seconds = Double.nan
    var value = ""
  }

  private mutating func pairs(_ bytes: Span<UInt8>) throws(Shapeless) -> [Pair] {
    var pairs: [Pair] = []
    try list(bytes) { reader, bytes throws(Shapeless) in pairs.append(try reader.pair(bytes)) }
    return pairs
  }

  private mutating func pair(_ bytes: Span<UInt8>) throws(Shapeless) -> Pair {
    var (pair, count) = (Pair(), 0)
    try list(bytes) { reader, bytes throws(Shapeless) in
      switch count {
      case 0: pair.seconds = try reader.number(bytes)
      case 1: pair.value = try reader.text(bytes)
      default: throw Shapeless()
      }
      count += 1
    }
    guard count == 2 else { throw Shapeless() }
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
  ) throws(Shapeless) -> Result {
    do throws(JSONProblem) { return try step(&scanner, bytes) } catch { throw Shapeless() }
  }

  private mutating func enter(
    _ token: JSONScanner.Token, _ bytes: Span<UInt8>
  ) throws(Shapeless) {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    guard next == token else { throw Shapeless() }
    try pass(bytes) { scanner, _ throws(JSONProblem) in try scanner.open() }
  }

  private mutating func object(
    _ bytes: Span<UInt8>,
    _ member: (inout Self, String, Span<UInt8>) throws(Shapeless) -> Void
  ) throws(Shapeless) {
    try enter(.object, bytes)
    while let key = try pass(
      bytes, { scanner, bytes throws(JSONProblem) in try scanner.key(bytes) })
    {
      try member(&self, try string(key, bytes), bytes)
    }
  }

  private mutating func list(
    _ bytes: Span<UInt8>, _ item: (inout Self, Span<UInt8>) throws(Shapeless) -> Void
  ) throws(Shapeless) {
    try enter(.list, bytes)
    while try pass(bytes, { scanner, bytes throws(JSONProblem) in try scanner.item(bytes) }) {
      try item(&self, bytes)
    }
  }

  /// Passes over a list, and says whether nothing is in it; so it is when it is null.
  private mutating func isEmpty(_ bytes: Span<UInt8>) throws(Shapeless) -> Bool {
    scanner.skipBlanks(bytes)
    guard scanner.next(bytes) == UInt8(ascii: "[") else {
      try word(bytes, "null")
      return true
    }
    var isEmpty = true
    try list(bytes) { reader, bytes throws(Shapeless) in
      try reader.skip(bytes)
      isEmpty = false
    }
    return isEmpty
  }

  private mutating func text(_ bytes: Span<UInt8>) throws(Shapeless) -> String {
    scanner.skipBlanks(bytes)
    guard scanner.next(bytes) == UInt8(ascii: "\"") else { throw Shapeless() }
    return try string(
      pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.text(bytes) }, bytes)
  }

  private mutating func string(
    _ text: JSONScanner.Text, _ bytes: Span<UInt8>
  ) throws(Shapeless) -> String {
    guard text.hasEscapes else {
      return bytes.extracting(text.range).withUnsafeBufferPointer {
        String(decoding: $0, as: UTF8.self)
      }
    }
    var said: [UInt8] = []
    do throws(JSONProblem) {
      try scanner.unescape(bytes, text, .replaced, into: &said)
    } catch {
      throw Shapeless()
    }
    return String(decoding: said, as: UTF8.self)
  }

  private mutating func number(_ bytes: Span<UInt8>) throws(Shapeless) -> Double {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    guard next == .number else { throw Shapeless() }
    let start = scanner.position
    passNumber(bytes)
    let digits = bytes.extracting(start..<scanner.position).withUnsafeBufferPointer {
      String(decoding: $0, as: UTF8.self)
    }
    guard let value = Double(digits) else { throw Shapeless() }
    return value
  }

  private mutating func passNumber(_ bytes: Span<UInt8>) {
    while "+-.0123456789Ee".utf8.contains(scanner.next(bytes)) { scanner.position += 1 }
  }

  /// Passes over a value that says nothing here.
  private mutating func skip(_ bytes: Span<UInt8>) throws(Shapeless) {
    let next = try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.peek(bytes) }
    switch next {
    case .object: try object(bytes) { reader, _, bytes throws(Shapeless) in try reader.skip(bytes) }
    case .list: try list(bytes) { reader, bytes throws(Shapeless) in try reader.skip(bytes) }
    case .text: _ = try text(bytes)
    case .number: _ = try number(bytes)
    case .yes: try word(bytes, "true")
    case .no: try word(bytes, "false")
    case .null: try word(bytes, "null")
    }
  }

  private mutating func word(_ bytes: Span<UInt8>, _ word: StaticString) throws(Shapeless) {
    try pass(bytes) { scanner, bytes throws(JSONProblem) in try scanner.literal(bytes, word) }
  }
}

extension [String: String] {
  /// Says what is wrong with the series that has these labels.
  fileprivate func refusal(_ kind: PrometheusError.Kind, _ what: String) -> PrometheusError {
    PrometheusError(kind, "\(self["__name__"] ?? "a series") \(what)")
  }
}
