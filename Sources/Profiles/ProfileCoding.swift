// Numbers are decimal text that round-trips, since readers of JSON do not agree on floating point.

extension ProfileColumn.Kind: Codable {
  private enum CodingKeys: String, CodingKey { case kind, edges, values, dimension }
  private enum Name: String, Codable { case number, category, text, vector }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(Name.self, forKey: .kind) {
    case .number: self = .number(edges: try Self.edges(in: container))
    case .text: self = .text(edges: try Self.edges(in: container))
    case .category: self = .category(values: try container.decode([String].self, forKey: .values))
    case .vector:
      self = .vector(
        dimension: try container.decode(Int.self, forKey: .dimension),
        edges: try Self.edges(in: container))
    }
  }

  private static func edges(in container: KeyedDecodingContainer<CodingKeys>) throws -> [Double] {
    let texts = try container.decode([String].self, forKey: .edges)
    let edges = try texts.map { try number($0, container) }
    guard zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .edges, in: container, debugDescription: "the edges do not ascend")
    }
    return edges
  }

  private static func number(
    _ text: String, _ container: KeyedDecodingContainer<CodingKeys>
  ) throws -> Double {
    guard let value = Double(text), value.isFinite else {
      throw DecodingError.dataCorruptedError(
        forKey: .edges, in: container, debugDescription: "\(text) is no number")
    }
    return value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if let edges { try container.encode(edges.map(\.description), forKey: .edges) }
    switch self {
    case .number: try container.encode(Name.number, forKey: .kind)
    case .text: try container.encode(Name.text, forKey: .kind)
    case .category(let values):
      try container.encode(Name.category, forKey: .kind)
      try container.encode(values, forKey: .values)
    case .vector(let dimension, _):
      try container.encode(Name.vector, forKey: .kind)
      try container.encode(dimension, forKey: .dimension)
    }
  }
}

extension ValueRange: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let numbers = try container.decode([String].self).compactMap { Double($0) }
    guard numbers.count == 2, let range = ValueRange(numbers[0], numbers[1]) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no range")
    }
    self = range
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([least.description, largest.description])
  }
}
