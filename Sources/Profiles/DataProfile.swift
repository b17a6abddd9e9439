/// How each feature and each output of a model was distributed when it was trained.
///
/// What live traffic is compared with. It holds counts and edges only, never a row.
package struct DataProfile: Hashable, Sendable, Codable {
  /// The rows that were counted.
  package let rows: Int
  /// Where they came from, for a person: "train.csv".
  package let source: String
  package let features: [ProfileColumn]
  package let outputs: [ProfileColumn]
  /// How wrong the model was on its test set; nil when the profile does not say.
  package let testResult: TestResult?

  package init(
    rows: Int, source: String, features: [ProfileColumn], outputs: [ProfileColumn],
    testResult: TestResult? = nil
  ) {
    self.rows = rows
    self.source = source
    self.features = features
    self.outputs = outputs
    self.testResult = testResult
  }

  /// This profile with what the model reached on its test set.
  package func with(_ testResult: TestResult) -> DataProfile {
    DataProfile(
      rows: rows, source: source, features: features, outputs: outputs, testResult: testResult)
  }
}

/// One feature or output: its bins, and how often the training data hit each.
package struct ProfileColumn: Hashable, Sendable, Codable {
  /// What of a value is counted, and into which bins.
  package enum Kind: Hashable, Sendable {
    /// Numbers, into ranges between ascending edges: below the first, …, from the last on.
    case number(edges: [Double])
    /// Texts or whole numbers, each of those named and all others.
    case category(values: [String])
    /// Texts, by their length in characters; the edges are as for numbers.
    case text(edges: [Double])
    /// Lists of so many numbers, by their Euclidean norm; the edges are as for numbers.
    case vector(dimension: Int, edges: [Double])
  }

  package let name: String
  package let kind: Kind
  /// Of each bin of the kind in its order, then of missing values.
  package let counts: [Int]
  /// What a value may be: outside of it a number, or its length or norm, breaks the contract; nil
  /// when anything goes.
  package let range: ValueRange?
  /// Whether a value may be missing.
  package let isOptional: Bool

  package init(
    name: String, kind: Kind, counts: [Int], range: ValueRange? = nil, isOptional: Bool = false
  ) {
    precondition(counts.count == kind.bins + 1, "\(name): \(counts.count) counts")
    self.name = name
    self.kind = kind
    self.counts = counts
    self.range = range
    self.isOptional = isOptional
  }

  /// How many bins there are, with that of missing values, which is the last.
  package var bins: Int { counts.count }

  /// The share of a bin among all that was counted, 0 to 1.
  package func share(of bin: Int) -> Double {
    Double(counts[bin]) / max(1, counts.reduce(0) { $0 + Double($1) })
  }
}

/// The least and the largest value allowed.
package struct ValueRange: Hashable, Sendable {
  package let least: Double
  package let largest: Double

  /// - Returns: nil unless both are finite and in order.
  package init?(_ least: Double, _ largest: Double) {
    guard least.isFinite, largest.isFinite, least <= largest else { return nil }
    self.least = least
    self.largest = largest
  }

  package func contains(_ value: Double) -> Bool { value >= least && value <= largest }
}

extension ProfileColumn.Kind {
  /// How many bins there are for values that are not missing.
  package var bins: Int { edges.map { $0.count + 1 } ?? values.count + 1 }

  /// The edges between ranges, ascending; nil for categories.
  package var edges: [Double]? {
    switch self {
    case .number(let edges), .text(let edges), .vector(_, let edges): edges
    case .category: nil
    }
  }

  private var values: [String] {
    if case .category(let values) = self { values } else { [] }
  }
}

extension ProfileColumn {
  /// What a person calls a bin: "3.2 to 4.1", "large", "others", "missing".
  package func label(ofBin index: Int) -> String {
    guard index < kind.bins else { return "missing" }
    if case .category(let values) = kind {
      return index < values.count ? values[index] : "others"
    }
    guard let edges = kind.edges, let first = edges.first, let last = edges.last else {
      return "any"
    }
    if index == 0 { return "below \(plain(first))" }
    if index == edges.count { return "\(plain(last)) or more" }
    return "\(plain(edges[index - 1])) to \(plain(edges[index]))"
  }
}

/// A whole number without ".0"; every other as the shortest text that reads back.
package func plain(_ value: Double) -> String {
  abs(value) < 1e15 && value == value.rounded() ? "\(Int(value))" : "\(value)"
}
