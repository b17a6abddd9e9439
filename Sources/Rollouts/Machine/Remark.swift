/// What a reader of a decision should know: it is allowed, and rarely meant.
package enum Remark: String, Equatable, Sendable, Codable, CaseIterable {
  /// The candidate has the digest of stable under another version or URI: it is the same model.
  case digestOfStable
}

extension Remark {
  /// Returns what is to be said of a candidate that is to replace stable.
  package static func all(on candidate: Revision, replacing stable: Revision?) -> [Remark] {
    guard let stable, candidate.model.isAlias(of: stable.model) else { return [] }
    return [.digestOfStable]
  }
}

extension Model {
  /// Whether both are one artifact by their digests, under another version or URI.
  package func isAlias(of other: Model) -> Bool {
    guard let digest, digest == other.digest else { return false }
    return version != other.version || uri != other.uri
  }
}
