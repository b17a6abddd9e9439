/// What the loaded model must answer to its smoke request before it gets any traffic.
package struct ExpectedAnswer: Hashable, Sendable, Codable {
  /// The body of a V2 answer, as JSON text.
  package let body: String
  /// When what it answered says the same.
  package let agreement: Agreement

  package init(body: String, agreement: Agreement = .standard) {
    self.body = body
    self.agreement = agreement
  }

  /// What is hashed of it: the rules in one line, then the body.
  var canonicalForm: String { "\(agreement)\n\(body)" }
}

extension Agreement: CustomStringConvertible {
  /// "close 1e-08 1e-05; 5:class exact; 6:scores rank 3": a name by its length, since it may hold anything.
  package var description: String {
    let named = outputs.sorted { $0.key < $1.key }.map {
      "\($0.key.utf8.count):\($0.key) \($0.value)"
    }
    return ([usual.description] + named).joined(separator: "; ")
  }
}

extension Agreement.Rule: CustomStringConvertible {
  package var description: String {
    switch self {
    case .exact: "exact"
    case .close(let absolute, let relative): "close \(absolute) \(relative)"
    case .argMax: "argMax"
    case .rank(let first): "rank \(first)"
    }
  }
}
