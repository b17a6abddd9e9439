/// When two answers to one request say the same, output by output.
///
/// A part of the promise: with other rules it is another promise, whose evidence starts from nothing.
package struct Agreement: Hashable, Sendable, Codable {
  /// How the values of one output are compared.
  package enum Rule: Hashable, Sendable {
    /// Texts and numbers are equal.
    case exact
    /// Each number differs from stable's by no more than `absolute + relative * |stable's|`, as in
    /// NumPy's `allclose`; texts are equal.
    case close(absolute: Double, relative: Double)
    /// The largest number of each row stands in the same place.
    case argMax
    /// The `first` largest numbers of each row stand in the same places, in the same order.
    case rank(first: Int)

    /// What rounding does on another machine, and no more: NumPy's own.
    package static let usual = Rule.close(absolute: 1e-8, relative: 1e-5)
  }

  /// Of the outputs that are not named.
  package let usual: Rule
  /// By the name of the output.
  package let outputs: [String: Rule]

  package init(usual: Rule = .usual, outputs: [String: Rule] = [:]) {
    self.usual = usual
    self.outputs = outputs
  }

  package static let standard = Agreement()

  package func rule(of output: String) -> Rule { outputs[output] ?? usual }
}

extension Agreement.Rule: Codable {
  private enum CodingKeys: CodingKey { case exact, close, argMax, rank }
  private enum CloseKeys: CodingKey { case absolute, relative }

  /// `"exact"`, `"argMax"`, or an object with numbers, of which fractions are decimal texts.
  package init(from decoder: any Decoder) throws {
    if let word = try? decoder.singleValueContainer().decode(String.self) {
      guard word == "exact" || word == "argMax" else { throw Self.unknown(decoder) }
      self = word == "exact" ? .exact : .argMax
      return
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let first = try values.decodeIfPresent(Int.self, forKey: .rank) {
      self = .rank(first: first)
      return
    }
    let close = try values.nestedContainer(keyedBy: CloseKeys.self, forKey: .close)
    let numbers = try [CloseKeys.absolute, .relative].map {
      Double(try close.decode(String.self, forKey: $0)) ?? .nan
    }
    guard numbers.allSatisfy({ $0.isFinite && $0 >= 0 }) else { throw Self.unknown(decoder) }
    self = .close(absolute: numbers[0], relative: numbers[1])
  }

  private static func unknown(_ decoder: any Decoder) -> DecodingError {
    .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no rule of agreement"))
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .exact: try encode("exact", to: encoder)
    case .argMax: try encode("argMax", to: encoder)
    case .rank(let first):
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(first, forKey: .rank)
    case .close(let absolute, let relative):
      var values = encoder.container(keyedBy: CodingKeys.self)
      var close = values.nestedContainer(keyedBy: CloseKeys.self, forKey: .close)
      try close.encode(absolute.description, forKey: .absolute)
      try close.encode(relative.description, forKey: .relative)
    }
  }

  private func encode(_ word: String, to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}
