/// The stored form: integers and decimal strings, one for each content.
extension DDSketch: Codable {
  private enum CodingKeys: String, CodingKey {
    case accuracyPerMille, largest, negative, positive, refused, smallest, zero
  }

  package init(from decoder: any Decoder) throws {
    let form = try decoder.container(keyedBy: CodingKeys.self)
    let accuracy = try form.decode(Int.self, forKey: .accuracyPerMille)
    guard LogarithmicScale.accuracies.contains(accuracy) else {
      throw DecodingError.dataCorruptedError(
        forKey: .accuracyPerMille, in: form,
        debugDescription: "\(accuracy) is not among \(LogarithmicScale.accuracies)")
    }
    self.init(
      scale: LogarithmicScale(accuracyPerMille: accuracy),
      positive: try form.decode(Bins.self, forKey: .positive),
      negative: try form.decode(Bins.self, forKey: .negative),
      zero: try form.decode(Int.self, forKey: .zero),
      refused: try form.decode(Int.self, forKey: .refused),
      range: try Self.range(in: form))
    guard isPossible else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no values have such a sketch"))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var form = encoder.container(keyedBy: CodingKeys.self)
    try form.encode(scale.accuracyPerMille, forKey: .accuracyPerMille)
    try form.encode(positive, forKey: .positive)
    try form.encode(negative, forKey: .negative)
    try form.encode(zero, forKey: .zero)
    try form.encode(refused, forKey: .refused)
    try form.encodeIfPresent(range?.lowerBound.description, forKey: .smallest)
    try form.encodeIfPresent(range?.upperBound.description, forKey: .largest)
  }

  private static func range(
    in form: KeyedDecodingContainer<CodingKeys>
  ) throws -> ClosedRange<Double>? {
    let texts = try [CodingKeys.smallest, .largest].map {
      try form.decodeIfPresent(String.self, forKey: $0)
    }
    if texts == [nil, nil] { return nil }
    let ends = texts.compactMap { $0 }.compactMap { Double($0) }.filter(\.isFinite)
    guard ends.count == 2, ends[0] <= ends[1] else {
      throw DecodingError.dataCorruptedError(
        forKey: .smallest, in: form, debugDescription: "the values have no such range")
    }
    return ends[0]...ends[1]
  }

  /// Whether values exist that have this sketch: a stored one may come from anybody.
  private var isPossible: Bool {
    let limits = 0...Bins.largestTotal
    guard limits.contains(zero), limits.contains(refused), limits.contains(count + refused),
      (count > 0) == (range != nil)
    else { return false }
    return [positive, negative].allSatisfy { bins in
      guard let first = bins.hit.first?.index, let last = bins.hit.last?.index else { return true }
      let possible = scale.indices
      return possible.contains(first) && possible.contains(last) && last - first < Self.span
    }
  }
}
